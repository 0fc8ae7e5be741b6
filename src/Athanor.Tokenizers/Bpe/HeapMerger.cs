namespace Athanor.Tokenizers.Bpe;

/// <summary>
/// The merges of byte pair encoding by definition: while any neighbours merge, the pair of the lowest rank does, the leftmost of them first.
/// O(n log n) by a heap of (rank, position) whose stale entries are skipped. For texts too long for <see cref="WindowMerger"/> and for building its tables.
/// </summary>
internal sealed class HeapMerger
{
    private readonly PriorityQueue<Candidate, (uint Rank, int At)> _queue = new();
    private int[] _symbols = [], _next = [], _previous = [];

    private readonly record struct Candidate(int Left, int Right, int Merged);

    /// <summary>Calls back nothing: leaves the symbols in order in <paramref name="symbols"/>, which has a place for each byte, and returns how many there are.</summary>
    /// <param name="lastLeft">The left symbol of the last merge, -1 if there was none.</param>
    /// <param name="lastRight">The right symbol of the last merge, -1 if there was none.</param>
    public int Merge<TRanks>(ReadOnlySpan<byte> text, TRanks ranks, Span<int> symbols, out int lastLeft, out int lastRight)
        where TRanks : IMergeRanks
    {
        int n = text.Length;
        if (_symbols.Length < n)
            (_symbols, _next, _previous) = (new int[2 * n], new int[2 * n], new int[2 * n]);
        _queue.Clear();
        for (int i = 0; i < n; i++)
            (_symbols[i], _next[i], _previous[i]) = (ranks.Symbol(text[i]), i + 1, i - 1);
        for (int i = 0; i + 1 < n; i++)
            Consider(i, n, ranks);
        lastLeft = lastRight = -1;
        while (_queue.TryDequeue(out Candidate candidate, out (uint Rank, int At) key))
        {
            int at = key.At, right = _next[at];
            if (_symbols[at] != candidate.Left || right >= n || _symbols[right] != candidate.Right)
                continue;
            (lastLeft, lastRight) = (candidate.Left, candidate.Right);
            _symbols[at] = candidate.Merged;
            _symbols[right] = -1;
            int behind = _next[right];
            _next[at] = behind;
            if (behind < n)
                _previous[behind] = at;
            Consider(at, n, ranks);
            if (_previous[at] >= 0)
                Consider(_previous[at], n, ranks);
        }
        int count = 0;
        for (int i = 0; i < n; i = _next[i])
            symbols[count++] = _symbols[i];
        return count;
    }

    private void Consider<TRanks>(int at, int n, TRanks ranks)
        where TRanks : IMergeRanks
    {
        int right = _next[at];
        if (right < n && ranks.TryGet(_symbols[at], _symbols[right], out uint rank, out int merged))
            _queue.Enqueue(new Candidate(_symbols[at], _symbols[right], merged), (rank, at));
    }
}
