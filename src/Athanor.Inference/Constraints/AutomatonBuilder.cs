namespace Athanor.Inference.Constraints;

/// <summary>Turns a grammar into an automaton. Parts put edges out of their first state and into their last, never the other way, so parts can share states.</summary>
internal sealed class AutomatonBuilder
{
    // Repeats up to this size are written out; larger ones count at run time.
    private const int UnrolledStates = 48;
    private const int MaxNesting = 400;

    private readonly GrammarBook _book;
    private readonly int _maxStates;
    private readonly RuleUse _use;
    private readonly List<List<ByteEdge>?> _bytes = [];
    private readonly List<List<int>?> _empty = [];
    private readonly List<List<CallEdge>?> _calls = [];
    private readonly Dictionary<int, int> _ruleNumbers = [];
    private readonly Queue<(GrammarNode Body, int Start, int End)> _pending = new();
    private readonly List<(int Start, int End, string Name)> _rules = [];
    private readonly Dictionary<GrammarNode, int> _bodyNumbers = [];
    private int _edges;
    private int _nesting;

    private AutomatonBuilder(GrammarBook book, int start, int maxStates)
    {
        (_book, _maxStates) = (book, maxStates);
        _use = new RuleUse(book, start);
    }

    /// <summary>The automaton of a grammar whose texts are those of the rule <paramref name="start"/>, which becomes its rule 0.</summary>
    /// <exception cref="ConstraintException">It is too large, never ends, or begins with itself.</exception>
    public static Automaton Build(GrammarBook book, int start, int maxStates)
    {
        var builder = new AutomatonBuilder(book, start, maxStates);
        builder.NumberOf(start);
        while (builder._pending.TryDequeue(out (GrammarNode Body, int Start, int End) rule))
            builder.Add(rule.Body, rule.Start, rule.End);
        return AutomatonCheck.Finish(builder._bytes, builder._empty, builder._calls, builder._rules);
    }

    private int NumberOf(int rule)
    {
        if (!_ruleNumbers.TryGetValue(rule, out int number))
            _ruleNumbers[rule] = number = Begin(_book[rule], _book.NameOf(rule));
        return number;
    }

    private int NumberOf(GrammarNode body)
    {
        if (body is RuleNode rule)
            return NumberOf(rule.Rule);
        if (!_bodyNumbers.TryGetValue(body, out int number))
            _bodyNumbers[body] = number = Begin(body, "repeat");
        return number;
    }

    private int Begin(GrammarNode body, string name)
    {
        int start = State(), end = State();
        _rules.Add((start, end, name));
        _pending.Enqueue((body, start, end));
        return _rules.Count - 1;
    }

    private int State()
    {
        if (_bytes.Count >= _maxStates)
            throw TooLarge();
        _bytes.Add(null);
        _empty.Add(null);
        _calls.Add(null);
        return _bytes.Count - 1;
    }

    private ConstraintException TooLarge() => new(
        $"the automaton has more than {_maxStates} states; make the grammar, schema or expression smaller (shorter lists, fewer nested counts), or raise {nameof(ConstraintOptions.MaxStates)}");

    private void Edge<T>(List<List<T>?> lists, int from, T edge)
    {
        if (++_edges > 8L * _maxStates)
            throw TooLarge();
        (lists[from] ??= []).Add(edge);
    }

    private void Add(GrammarNode node, int from, int to)
    {
        if (++_nesting > MaxNesting)
            throw new ConstraintException($"parts are nested more than {MaxNesting} deep");
        switch (node)
        {
            case LiteralNode literal:
                AddBytes(literal.Bytes, from, to);
                break;
            case ClassNode characters:
                AddClass(characters.Set, from, to);
                break;
            case SequenceNode sequence:
                AddSequence(sequence, from, to);
                break;
            case ChoiceNode choice:
                foreach (GrammarNode item in choice.Items)
                    Add(item, from, to);
                break;
            case TextChoiceNode texts:
                AddTexts(texts, from, to);
                break;
            case RepeatNode repeat:
                AddRepeat(repeat, from, to);
                break;
            case RuleNode rule when _use.Inlines(rule.Rule) && _nesting < MaxNesting / 2:
                Add(_book[rule.Rule], from, to);
                break;
            case RuleNode rule:
                Edge(_calls, from, new CallEdge(NumberOf(rule.Rule), 1, 1, to));
                break;
            case ListNode list:
                AddList(list, from, to);
                break;
            case FreeTextNode free:
                AddFreeText(free, from, to);
                break;
            default:
                throw new NotSupportedException(node.GetType().Name);
        }
        _nesting--;
    }

    private void AddBytes(ReadOnlySpan<byte> bytes, int from, int to)
    {
        for (int i = 0; i < bytes.Length; i++)
        {
            int next = i == bytes.Length - 1 ? to : State();
            Edge(_bytes, from, new ByteEdge(bytes[i], bytes[i], next));
            from = next;
        }
    }

    private void AddClass(CodePointSet set, int from, int to)
    {
        // Ends of sequences are shared: nearly all are runs of continuation bytes.
        Dictionary<(int, ByteSpan), int> before = [];
        foreach (ByteSpan[] sequence in Utf8Ranges.Split(set))
        {
            int target = to;
            for (int i = sequence.Length - 1; i > 0; i--)
            {
                if (!before.TryGetValue((target, sequence[i]), out int state))
                {
                    before[(target, sequence[i])] = state = State();
                    Edge(_bytes, state, new ByteEdge(sequence[i].From, sequence[i].To, target));
                }
                target = state;
            }
            Edge(_bytes, from, new ByteEdge(sequence[0].From, sequence[0].To, target));
        }
    }

    private void AddSequence(SequenceNode sequence, int from, int to)
    {
        if (sequence.Items.Count == 0)
            Edge(_empty, from, to);
        for (int i = 0; i < sequence.Items.Count; i++)
        {
            int next = i == sequence.Items.Count - 1 ? to : State();
            Add(sequence.Items[i], from, next);
            from = next;
        }
    }

    private void AddTexts(TextChoiceNode node, int from, int to)
    {
        byte[][] texts = [.. node.Texts.OrderBy(text => text, ByteOrder.Instance)];
        // states[d] is where the first d bytes of the last text lead.
        List<int> states = [from];
        byte[] last = [];
        foreach (byte[] text in texts)
        {
            int same = text.AsSpan().CommonPrefixLength(last);
            states.RemoveRange(same + 1, states.Count - same - 1);
            for (int i = same; i < text.Length; i++)
            {
                int next = State();
                Edge(_bytes, states[i], new ByteEdge(text[i], text[i], next));
                states.Add(next);
            }
            Edge(_empty, states[text.Length], to);
            last = text;
        }
    }

    private void AddRepeat(RepeatNode repeat, int from, int to)
    {
        (GrammarNode body, int min, int max) = (repeat.Body, repeat.Min, repeat.Max);
        if (max == 0)
        {
            Edge(_empty, from, to);
            return;
        }
        long size = _use.Size(body);
        bool unrolls = max < 0 ? min <= 1 || min * size <= UnrolledStates : max == 1 || max * size <= UnrolledStates;
        if (!unrolls)
        {
            Edge(_calls, from, new CallEdge(NumberOf(body), min, max, to));
            return;
        }
        int copies = max < 0 ? Math.Max(0, min - 1) : max;
        for (int i = 0; i < copies; i++)
        {
            if (i >= min)
                Edge(_empty, from, to);
            int next = i == copies - 1 && max > 0 ? to : State();
            Add(body, from, next);
            from = next;
        }
        if (max < 0)
            AddLoop(body, min, from, to);
    }

    private void AddLoop(GrammarNode body, int min, int from, int to)
    {
        int begin = State(), end = min == 0 ? begin : State();
        Edge(_empty, from, begin);
        Add(body, begin, end);
        if (end != begin)
            Edge(_empty, end, begin);
        Edge(_empty, end, to);
    }

    // Two tracks, before and after the first part that is there, so that every part is built once.
    private void AddList(ListNode list, int from, int to)
    {
        int none = State(), some = -1;
        Edge(_empty, from, none);
        foreach ((GrammarNode item, bool required) in list.Items)
        {
            int begin = State(), end = State();
            if (none >= 0)
                Edge(_empty, none, begin);
            if (some >= 0)
                Add(list.Separator, some, begin);
            Add(item, begin, end);
            if (!required && some >= 0)
                Edge(_empty, some, end);
            some = end;
            if (required)
            {
                none = -1;
            }
            else if (none >= 0)
            {
                int next = State();
                Edge(_empty, none, next);
                none = next;
            }
        }
        if (list.More is { } more)
        {
            int begin = State(), end = State();
            if (none >= 0)
                Edge(_empty, none, begin);
            if (some >= 0)
                Add(list.Separator, some, begin);
            Add(more, begin, end);
            Add(list.Separator, end, begin);
            Edge(_empty, end, to);
        }
        if (none >= 0)
            Edge(_empty, none, to);
        if (some >= 0)
            Edge(_empty, some, to);
    }

    private void AddFreeText(FreeTextNode free, int from, int to)
    {
        var search = new TriggerSearch([.. free.Triggers.Select(trigger => trigger.Trigger)]);
        int[] states = new int[search.Count];
        for (int i = 0; i < states.Length; i++)
            states[i] = State();
        Edge(_empty, from, states[0]);
        var after = new int[free.Triggers.Count];
        for (int i = 0; i < after.Length; i++)
            Add(free.Triggers[i].Then, after[i] = State(), to);
        for (int node = 0; node < states.Length; node++)
        {
            if (free.MayEnd)
                Edge(_empty, states[node], to);
            for (int first = 0, next; first < 256; first = next)
            {
                int target = search.Next(node, (byte)first);
                for (next = first + 1; next < 256 && search.Next(node, (byte)next) == target; next++)
                {
                }
                Edge(_bytes, states[node], new ByteEdge((byte)first, (byte)(next - 1), target < 0 ? after[~target] : states[target]));
            }
        }
    }

    private sealed class ByteOrder : IComparer<byte[]>
    {
        public static readonly ByteOrder Instance = new();

        public int Compare(byte[]? x, byte[]? y) => x.AsSpan().SequenceCompareTo(y);
    }
}
