using System.Buffers;

namespace Athanor.Tokenizers;

/// <summary>
/// Finds added tokens in text, leftmost and then longest. Skips ahead to bytes that start one; from there a trie is walked,
/// so the time is linear in the text for tokens of bounded length.
/// </summary>
internal sealed class AddedTokenMatcher
{
    private readonly AddedToken[] _tokens;
    private readonly SearchValues<byte> _starts;
    private readonly int[] _root = new int[256];      // node for a first byte, 0 where there is none
    private readonly int[] _firstEdge, _token;        // of a node; token -1 where none ends
    private readonly byte[] _edgeBytes;
    private readonly int[] _edgeNodes;

    /// <summary>A matcher of the given patterns; of two equal ones the first counts.</summary>
    private AddedTokenMatcher(List<(byte[] Pattern, AddedToken Token)> patterns)
    {
        _tokens = [.. patterns.Select(pattern => pattern.Token)];
        _starts = SearchValues.Create([.. patterns.Select(pattern => pattern.Pattern[0]).Distinct()]);
        List<SortedDictionary<byte, int>> children = [[]];
        List<int> ends = [-1];
        for (int i = 0; i < patterns.Count; i++)
        {
            int node = 0;
            foreach (byte value in patterns[i].Pattern)
            {
                if (!children[node].TryGetValue(value, out int child))
                {
                    child = children.Count;
                    children[node].Add(value, child);
                    children.Add([]);
                    ends.Add(-1);
                }
                node = child;
            }
            if (ends[node] < 0)
                ends[node] = i;
        }
        _token = [.. ends];
        _firstEdge = new int[children.Count + 1];
        for (int node = 0; node < children.Count; node++)
            _firstEdge[node + 1] = _firstEdge[node] + children[node].Count;
        _edgeBytes = [.. children.SelectMany(edges => edges.Keys)];
        _edgeNodes = [.. children.SelectMany(edges => edges.Values)];
        foreach ((byte value, int child) in children[0])
            _root[value] = child;
    }

    /// <summary>A matcher, or null without patterns.</summary>
    public static AddedTokenMatcher? Create(List<(byte[] Pattern, AddedToken Token)> patterns) =>
        patterns.Count == 0 ? null : new AddedTokenMatcher(patterns);

    /// <summary>
    /// The next token at or behind <paramref name="search"/>: its place, widened over white space as its flags say but not to before <paramref name="open"/>.
    /// Moves <paramref name="search"/> behind the match.
    /// </summary>
    public AddedToken? Next(ReadOnlySpan<byte> text, ref int search, int open, out int start, out int end)
    {
        while (Find(text, search, out start, out end) is { } token)
        {
            search = end;
            if (token.SingleWord && (start > 0 && Utf8Text.IsWord(Utf8Text.ReadBack(text, start, out _))
                || end < text.Length && Utf8Text.IsWord(Utf8Text.Read(text, end, out _))))
                continue;
            while (token.LStrip && start > open && Utf8Text.IsWhiteSpace(Utf8Text.ReadBack(text, start, out int length)))
                start -= length;
            start = Math.Max(start, open);
            while (token.RStrip && end < text.Length && Utf8Text.IsWhiteSpace(Utf8Text.Read(text, end, out int length)))
                end += length;
            return token;
        }
        return null;
    }

    private AddedToken? Find(ReadOnlySpan<byte> text, int from, out int start, out int end)
    {
        for (start = from; start < text.Length; start++)
        {
            int skip = text[start..].IndexOfAny(_starts);
            if (skip < 0)
                break;
            start += skip;
            int node = _root[text[start]], found = -1;
            end = start;
            for (int at = start + 1; ; at++)
            {
                if (_token[node] >= 0)
                    (found, end) = (_token[node], at);
                if (at == text.Length)
                    break;
                int first = _firstEdge[node];
                int edge = _edgeBytes.AsSpan(first, _firstEdge[node + 1] - first).IndexOf(text[at]);
                if (edge < 0)
                    break;
                node = _edgeNodes[first + edge];
            }
            if (found >= 0)
                return _tokens[found];
        }
        start = end = text.Length;
        return null;
    }
}
