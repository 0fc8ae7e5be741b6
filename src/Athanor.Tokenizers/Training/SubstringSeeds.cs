namespace Athanor.Tokenizers.Training;

/// <summary>
/// The frequent substrings of the words: a suffix array, its longest common prefixes, and the substrings that branch, that is, that some occurrence
/// follows with another character (or the word's end) than another; all others are always part of the same longer one.
/// </summary>
/// <remarks>
/// Pieces are short, so suffixes are told apart by their first characters only: three-way radix quicksort to that depth, O(n (log n + depth)) at worst.
/// </remarks>
internal sealed class SubstringSeeds
{
    private readonly UnigramCorpus _corpus;
    private readonly int[] _text;
    private readonly int[] _suffixes;
    private readonly int _longest;

    /// <summary>Sorts the suffixes of all words.</summary>
    public SubstringSeeds(UnigramCorpus corpus, int longest, int threads, CancellationToken cancellation)
    {
        _corpus = corpus;
        _text = corpus.Text;
        _longest = longest;
        var heads = new int[corpus.Characters.Length + 1];
        foreach (int number in _text)
            heads[number + 1]++;
        heads[1] = 0;   // the zeros are no suffixes
        for (int i = 1; i < heads.Length; i++)
            heads[i] += heads[i - 1];
        _suffixes = new int[heads[^1]];
        var next = (int[])heads.Clone();
        for (int at = 0; at < _text.Length; at++)
        {
            if (_text[at] != 0)
                _suffixes[next[_text[at]]++] = at;
        }
        Parallel.For(1, corpus.Characters.Length, new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellation },
            number => Sort(heads[number], heads[number + 1], 1));
    }

    /// <summary>A substring: where it stands, its length in characters, how often it occurs.</summary>
    public readonly record struct Substring(int Start, int Length, long Count);

    /// <summary>Calls <paramref name="take"/> with every branching substring of two characters up to the longest length that occurs twice, in ascending order of text.</summary>
    public void ForEach(Action<Substring> take)
    {
        var weights = WordWeights();
        var open = new Stack<(int Depth, int Start, long Count)>();
        open.Push((0, 0, 0));
        int before = 0;
        for (int i = 0; i <= _suffixes.Length; i++)
        {
            int suffix = i < _suffixes.Length ? _suffixes[i] : 0;
            int common = i == 0 || i == _suffixes.Length ? 0 : Common(before, suffix);
            while (open.Peek().Depth > common)
            {
                (int depth, int start, long count) = open.Pop();
                if (depth >= 2 && depth <= _longest && count >= 2)
                    take(new Substring(start, depth, count));
                (int outerDepth, int outerStart, long outerCount) = open.Peek();
                if (outerDepth < common)
                {
                    open.Push((common, start, count));
                    continue;
                }
                open.Pop();
                open.Push((outerDepth, outerStart, outerCount + count));
            }
            if (i == _suffixes.Length)
                break;
            int length = 0;
            while (length <= _longest && _text[suffix + length] != 0)
                length++;
            long weight = weights(suffix);
            if (open.Peek().Depth == length)
            {
                (int depth, int start, long count) = open.Pop();
                open.Push((depth, start, count + weight));
            }
            else
            {
                open.Push((length, suffix, weight));
            }
            before = suffix;
        }
    }

    private Func<int, long> WordWeights()
    {
        int[] starts = _corpus.Starts;
        return position =>
        {
            int found = Array.BinarySearch(starts, position);
            return _corpus.Weights[found < 0 ? ~found - 1 : found];
        };
    }

    private int Common(int a, int b)
    {
        int length = 0;
        while (length <= _longest && _text[a + length] != 0 && _text[a + length] == _text[b + length])
            length++;
        return length;
    }

    /// <summary>Sorts suffixes that agree up to <paramref name="depth"/> (Bentley and Sedgewick 1997).</summary>
    private void Sort(int low, int high, int depth)
    {
        while (high - low > 1 && depth <= _longest)
        {
            if (high - low < 12)
            {
                for (int i = low + 1; i < high; i++)
                {
                    int suffix = _suffixes[i], at = i;
                    for (; at > low && Less(suffix, _suffixes[at - 1], depth); at--)
                        _suffixes[at] = _suffixes[at - 1];
                    _suffixes[at] = suffix;
                }
                return;
            }
            int pivot = Median(_text[_suffixes[low] + depth], _text[_suffixes[low + (high - low) / 2] + depth], _text[_suffixes[high - 1] + depth]);
            int less = low, more = high;
            for (int i = low; i < more;)
            {
                int symbol = _text[_suffixes[i] + depth];
                if (symbol == pivot)
                {
                    i++;
                    continue;
                }
                int other = symbol < pivot ? less++ : --more;
                (_suffixes[i], _suffixes[other]) = (_suffixes[other], _suffixes[i]);
                if (symbol < pivot)
                    i++;
            }
            Sort(low, less, depth);
            Sort(more, high, depth);
            if (pivot == 0)
                return;   // they all end here
            (low, high) = (less, more);
            depth++;
        }
    }

    private bool Less(int a, int b, int depth)
    {
        for (; depth <= _longest; depth++)
        {
            int symbolA = _text[a + depth], symbolB = _text[b + depth];
            if (symbolA != symbolB)
                return symbolA < symbolB;
            if (symbolA == 0)
                return false;
        }
        return false;
    }

    private static int Median(int a, int b, int c) => Math.Max(Math.Min(a, b), Math.Min(Math.Max(a, b), c));
}
