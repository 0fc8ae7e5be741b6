namespace Athanor.Inference.Speculation;

/// <summary>
/// Guesses that a text repeats itself: finds the longest earlier place that ends as the text ends now and copies what followed there (prompt lookup decoding,
/// Saxena 2023; LZ77's match). No model; good where answers quote their prompt, as code and summaries do. One object serves one text.
/// </summary>
public sealed class PromptLookup : ISpeculator
{
    // Longer agreement makes no better guess; so many places are looked at, the latest first.
    private const int Longest = 24, Places = 32;

    private readonly int _shortest;
    private readonly Dictionary<ulong, int> _last = [];
    private readonly List<int> _earlier = [];
    private int _seen;

    /// <summary>A guesser.</summary>
    /// <param name="shortest">So many last tokens must have occurred before; 1 to 8.</param>
    public PromptLookup(int shortest = 2)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(shortest, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(shortest, 8);
        _shortest = shortest;
    }

    /// <inheritdoc/>
    public bool ReadsHidden => false;

    /// <inheritdoc/>
    public void Propose(in SpeculationPlace place, DraftTree guesses, int most)
    {
        ArgumentNullException.ThrowIfNull(guesses);
        ReadOnlySpan<int> tokens = place.Tokens;
        Index(tokens);
        if (tokens.Length <= _shortest || !_last.TryGetValue(Hash(tokens[^_shortest..]), out int at))
            return;
        int best = -1, length = 0;
        for (int looked = 0; at >= 0 && looked < Places; looked++, at = _earlier[at])
        {
            int agreed = Agreement(tokens, at);
            if (agreed > length)
                (best, length) = (at, agreed);
            if (length == Longest)
                break;
        }
        if (length < _shortest)
            return;
        // The copy may run into itself: a period goes on.
        for (int i = 0, from = best, node = DraftTree.Root; i < most; i++, from++)
            node = guesses.Add(from < tokens.Length ? tokens[from] : guesses.Tokens[from - tokens.Length], node);
    }

    /// <summary>Notes behind which places each run of tokens stands, all but the last run, which is the question.</summary>
    private void Index(ReadOnlySpan<int> tokens)
    {
        if (tokens.Length < _seen)
        {
            // Another text.
            _last.Clear();
            _earlier.Clear();
            _seen = 0;
        }
        for (; _seen < tokens.Length; _seen++)
        {
            if (_seen < _shortest)
            {
                _earlier.Add(-1);
                continue;
            }
            ulong hash = Hash(tokens[(_seen - _shortest).._seen]);
            _earlier.Add(_last.TryGetValue(hash, out int before) ? before : -1);
            _last[hash] = _seen;
        }
    }

    private static int Agreement(ReadOnlySpan<int> tokens, int end)
    {
        int most = Math.Min(Longest, end), length = 0;
        while (length < most && tokens[end - 1 - length] == tokens[^(1 + length)])
            length++;
        return length;
    }

    private static ulong Hash(ReadOnlySpan<int> tokens)
    {
        ulong hash = 14695981039346656037;
        foreach (int token in tokens)
            hash = (hash ^ (uint)token) * 0x9E3779B97F4A7C15;
        return hash ^ (hash >> 29);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // Nothing is held beside memory.
    }
}
