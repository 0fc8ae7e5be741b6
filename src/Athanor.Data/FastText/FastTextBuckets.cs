namespace Athanor.Data.FastText;

/// <summary>The rows behind those of the words, which runs of words and of characters share by their hash. Can be asked by several threads.</summary>
internal sealed class FastTextBuckets(int words, FastTextOptions options, IReadOnlyDictionary<int, int>? pruned)
{
    // fastText's factor between the hashes of words in a run.
    private const ulong Factor = 116049371;

    private readonly uint _buckets = (uint)options.Buckets;
    private readonly int _shortest = options.MinCharacters, _longest = options.MaxCharacters, _run = options.WordNgrams;

    /// <summary>Rows of the character n-grams of a word between &lt; and &gt;; an edge alone is none.</summary>
    public void AddCharacters(ReadOnlySpan<byte> word, RowList rows)
    {
        int length = word.Length + 2;
        for (int from = 0; from < length; from++)
        {
            if ((At(word, from) & 0xC0) == 0x80)
                continue;
            uint hash = FastTextHash.Basis;
            int to = from;
            for (int n = 1; to < length && n <= _longest; n++)
            {
                do
                    hash = FastTextHash.Append(hash, At(word, to++));
                while (to < length && (At(word, to) & 0xC0) == 0x80);
                if (n >= _shortest && !(n == 1 && (from == 0 || to == length)))
                    Add((int)(hash % _buckets), rows);
            }
        }
    }

    /// <summary>Rows of the runs of two words and more.</summary>
    public void AddRuns(ReadOnlySpan<WordMark> marks, RowList rows)
    {
        if (_run < 2)
            return;
        for (int i = 0; i < marks.Length; i++)
        {
            // Hashes are widened with their sign, as fastText keeps them in int32.
            ulong hash = (ulong)(int)marks[i].Hash;
            int last = (int)Math.Min(marks.Length, (long)i + _run);
            for (int j = i + 1; j < last; j++)
            {
                hash = (hash * Factor) + (ulong)(int)marks[j].Hash;
                Add((int)(hash % _buckets), rows);
            }
        }
    }

    private static byte At(ReadOnlySpan<byte> word, int at) => at == 0 ? (byte)'<' : at <= word.Length ? word[at - 1] : (byte)'>';

    private void Add(int bucket, RowList rows)
    {
        if (pruned is null)
            rows.Add(words + bucket);
        else if (pruned.TryGetValue(bucket, out int row))
            rows.Add(words + row);
    }
}

/// <summary>A word within a text.</summary>
internal readonly record struct WordMark(int Start, int Length, uint Hash);
