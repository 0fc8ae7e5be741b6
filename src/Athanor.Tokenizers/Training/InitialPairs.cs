namespace Athanor.Tokenizers.Training;

/// <summary>The pairs of one part of the line before the first merge.</summary>
internal sealed class InitialPairs
{
    private readonly PieceSymbols _line;
    private readonly List<int> _tokenLengths;
    private readonly int _start, _end;

    /// <summary>Counts the pairs that begin in [start, end), which lies between two boundaries.</summary>
    public InitialPairs(PieceSymbols line, List<int> tokenLengths, int start, int end)
    {
        (_line, _tokenLengths, _start, _end) = (line, tokenLengths, start, end);
        int run = 0;
        for (int at = start; at < end;)
        {
            if (!TryPair(ref at, out int place, out ulong key))
                continue;
            int index = Table.FindOrAdd(key, Table.Count);
            if (index == Keys.Length)
            {
                int size = 2 * index;
                (Keys, Counts, Lengths) = (Grown(Keys, size), Grown(Counts, size), Grown(Lengths, size));
            }
            run = line.RunOf(place, run);
            Keys[index] = key;
            Counts[index] += line.RunCounts[run];
            Lengths[index]++;
        }
    }

    public PairIndex Table { get; } = new(1 << 12);

    public ulong[] Keys { get; private set; } = new ulong[1 << 12];

    public long[] Counts { get; private set; } = new long[1 << 12];

    /// <summary>Occurrences of each pair; for <see cref="WritePositions"/> where the next one is to be written, or -1.</summary>
    public int[] Lengths { get; private set; } = new int[1 << 12];

    /// <summary>Writes the position of each occurrence to its place.</summary>
    public void WritePositions(int[] positions)
    {
        for (int at = _start; at < _end;)
        {
            if (!TryPair(ref at, out int place, out ulong key))
                continue;
            ref int next = ref Lengths[Table.Find(key)];
            if (next >= 0)
                positions[next++] = place;
        }
    }

    private static T[] Grown<T>(T[] array, int size)
    {
        Array.Resize(ref array, size);
        return array;
    }

    /// <summary>The pair that begins at <paramref name="at"/>, if there is one, and the step to the next token.</summary>
    private bool TryPair(ref int at, out int place, out ulong key)
    {
        int[] slots = _line.Slots;
        place = at;
        key = 0;
        int left = slots[at];
        if (left == PieceSymbols.Boundary)
        {
            at++;
            return false;
        }
        at += _tokenLengths[left];
        int right = slots[at];
        if (right < 0)
            return false;
        key = PairIndex.Key(left, right);
        return true;
    }
}
