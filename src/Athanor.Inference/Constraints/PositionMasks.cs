namespace Athanor.Inference.Constraints;

/// <summary>The tokens that a position allows whatever lies below it, and the nodes of the trie from which the rest of a token depends on what lies below.</summary>
/// <param name="Always">Tokens allowed in any case.</param>
/// <param name="AtOnce">Whether all that is known may have ended before the token begins.</param>
/// <param name="Escapes">Nodes at which it may have ended.</param>
internal sealed record LocalMask(TokenSet Always, bool AtOnce, int[] Escapes);

/// <summary>
/// Computes which tokens may come next at a position. As in XGrammar (Dong et al. 2024), what depends only on the rule in hand is computed once and
/// remembered; at run time only tokens that go beyond the rule's end are tried, and only from there on.
/// </summary>
internal sealed class PositionMasks(Machine machine, TokenTrie trie)
{
    // A mask is remembered when it is asked for again: places inside counted texts never come back.
    private const int AsksToRemember = 2;
    private const int MaxNestedCounts = 8;

    private static readonly FrameView s_tooDeep = new(Frame.Unknown, null, MaxNestedCounts);

    [ThreadStatic]
    private static Position[]? s_path;

    private readonly int _words = (trie.Width + 31) >> 5;

    /// <summary>Words of a mask.</summary>
    public int Words => _words;

    /// <summary>Adds the tokens that may come next to <paramref name="bits"/>, which are clear.</summary>
    public void Fill(Position position, Span<uint> bits)
    {
        bits = bits[.._words];
        if (position.Mask is { } mask)
        {
            mask.AddTo(bits);
            return;
        }
        HashSet<Position>? done = null;
        Stack<Position>? after = null;
        Position? next = position;
        do
        {
            if (next.Mask is { } known)
            {
                known.AddTo(bits);
            }
            else if (!next.IsCrowded && PartsOf(next) is { } parts)
            {
                foreach (PositionPart part in parts)
                {
                    LocalMask local = part.Local.Local ?? Compute(part.Local);
                    local.Always.AddTo(bits);
                    if (part.After is null)
                        continue;
                    foreach (int node in local.Escapes)
                        Walk(part.After, node, bits, null);
                    if (local.AtOnce && (done ??= [position]).Add(part.After))
                        (after ??= new()).Push(part.After);
                }
            }
            else
            {
                Walk(next, -1, bits, null);
            }
        }
        while (after is not null && after.TryPop(out next));
        if (++position.Asked >= AsksToRemember)
        {
            position.Mask = new TokenSet(bits, trie.Width);
            machine.Charge(position.Mask.Bytes);
        }
    }

    private LocalMask Compute(Position local)
    {
        var bits = new uint[_words];
        List<int> escapes = [];
        int same = CountedBytes(local);
        if (same > 1)
        {
            // Tokens too short to come to the end of a count are those of the place where all counts are far from it.
            Position far = FarFromEnds(local);
            LocalMask mask = far.Local ?? Compute(far);
            mask.Always.AddTo(bits);
            ReadOnlySpan<uint> shorter = trie.ShorterThan(same);
            for (int i = 0; i < bits.Length; i++)
                bits[i] &= shorter[i];
            foreach (int node in mask.Escapes)
            {
                if (trie.Nodes[node].Depth < same)
                    escapes.Add(node);
            }
        }
        Walk(local, -1, bits, escapes, same);
        var computed = new LocalMask(new TokenSet(bits, trie.Width), local.Escapes, [.. escapes]);
        local.Local = computed;
        machine.Charge(computed.Always.Bytes + 4L * escapes.Count);
        return computed;
    }

    /// <summary>Tries the tokens below a node (-1 for all) from a position on, those only that have at least so many bytes.</summary>
    private void Walk(Position from, int node, Span<uint> bits, List<int>? escapes, int least = 0)
    {
        if (s_path is null || s_path.Length < trie.Longest + 1)
            s_path = new Position[Math.Max(64, trie.Longest + 1)];
        Position[] path = s_path;
        TrieNode[] nodes = trie.Nodes;
        ReadOnlySpan<byte> classOf = machine.ClassOf;
        int end = node < 0 ? nodes.Length : nodes[node].Skip, shallow = node < 0 ? 0 : nodes[node].Depth;
        path[0] = from;
        for (int i = node + 1; i < end;)
        {
            TrieNode at = nodes[i];
            int depth = at.Depth - shallow, byteClass = classOf[at.Value];
            Position before = path[depth - 1];
            Position after;
            if ((least > 1 && trie.DeepestAt(i) < least) || (after = before.Next[byteClass] ?? machine.StepSlowly(before, byteClass)).IsDead)
            {
                i = at.Skip;
                continue;
            }
            path[depth] = after;
            if (depth >= least)
            {
                foreach (int token in trie.TokensAt(i))
                    bits[token >> 5] |= 1u << token;
                if (after.Escapes)
                    escapes!.Add(i);
            }
            i++;
        }
    }

    /// <summary>Bytes that can be read before any count comes to its least or to its end; 0 where there is none.</summary>
    private int CountedBytes(Position local)
    {
        int least = int.MaxValue;
        HashSet<Frame> seen = [];
        foreach (Item item in local.Kernel)
            Visit(item.Frame);
        return least > trie.Longest ? 0 : least;

        void Visit(Frame frame)
        {
            if (frame.Rule < 0 || !seen.Add(frame))
                return;
            if (frame.Needed > 0)
                least = Math.Min(least, frame.Needed);
            if (frame.Remaining >= 0)
                least = Math.Min(least, frame.Remaining);
            foreach (FrameEdge edge in frame.Edges)
                Visit(edge.Parent);
        }
    }

    private Position FarFromEnds(Position local)
    {
        int reach = Math.Max(trie.Longest + 1, 2);
        Dictionary<Frame, Frame> far = [];
        var items = new Item[local.Kernel.Length];
        for (int i = 0; i < items.Length; i++)
            items[i] = local.Kernel[i] with { Frame = Far(local.Kernel[i].Frame) };
        return machine.At(items);

        Frame Far(Frame frame)
        {
            if (frame.Rule < 0)
                return frame;
            if (!far.TryGetValue(frame, out Frame? known))
            {
                List<FrameEdge> edges = [];
                foreach (FrameEdge edge in frame.Edges)
                    edges.Add(edge with { Parent = Far(edge.Parent) });
                far[frame] = known = machine.FrameOf(frame.Rule, frame.Needed > 0 ? reach : 0, frame.Remaining < 0 ? -1 : reach, edges);
            }
            return known;
        }
    }

    /// <summary>The parts of a position; null where what lies below some frame is not one frame.</summary>
    private PositionPart[]? PartsOf(Position position)
    {
        if (position.Parts is { } known)
            return known.Length == 0 ? null : known;
        List<PositionPart> parts = [];
        Item[] kernel = position.Kernel;
        for (int i = 0, end; i < kernel.Length; i = end)
        {
            Frame frame = kernel[i].Frame;
            for (end = i + 1; end < kernel.Length && kernel[end].Frame == frame; end++)
            {
            }
            FrameView view = ViewOf(frame);
            if (view.Below is null)
            {
                position.Parts = [];
                return null;
            }
            var items = new Item[end - i];
            for (int k = i; k < end; k++)
                items[k - i] = kernel[k] with { Frame = view.Local };
            parts.Add(new PositionPart(machine.At(items), AfterOf(view.Below)));
        }
        return position.Parts = [.. parts];
    }

    private Position? AfterOf(Frame below)
    {
        if (below.Rule < 0)
            return null;
        var items = new Item[below.Edges.Length];
        for (int i = 0; i < items.Length; i++)
            items[i] = new Item(below.Edges[i].State, below.Edges[i].Parent);
        Position after = machine.At(items);
        return after.IsDead ? null : after;
    }

    // Counts above what a token can reach are all alike, so places in a counted text share their masks.
    private FrameView ViewOf(Frame frame, int depth = 0)
    {
        if (frame.View is { } known)
            return known;
        // Rules that count themselves stack counts as high as the text is deep; such places are looked at as a whole.
        if (depth > MaxNestedCounts)
            return s_tooDeep;
        if (!frame.Counts || frame.Rule < 0)
            return frame.View = new FrameView(Frame.Unknown, frame, 0);
        Frame? below = null;
        bool one = true;
        int deepest = 0;
        List<FrameEdge> edges = [];
        foreach (FrameEdge edge in frame.Edges)
        {
            FrameView parent = ViewOf(edge.Parent, depth + 1);
            deepest = Math.Max(deepest, parent.Depth);
            one &= parent.Below is not null && (below is null || below == parent.Below);
            below = parent.Below;
            edges.Add(edge with { Parent = parent.Local });
        }
        if (deepest >= MaxNestedCounts)
            one = false;
        int reach = trie.Longest + 1;
        Frame local = machine.FrameOf(frame.Rule, Math.Min(frame.Needed, reach), frame.Remaining < 0 ? -1 : Math.Min(frame.Remaining, Math.Max(reach, 2)), edges);
        return frame.View = one ? new FrameView(local, below, deepest + 1) : new FrameView(Frame.Unknown, null, deepest + 1);
    }
}
