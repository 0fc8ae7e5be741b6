namespace Athanor.Tokenizers.Training;

/// <summary>
/// All distinct pieces as one line of slots, a slot a byte and a boundary between pieces. A token's id stands in its first slot, and as its
/// complement in its last one; so both neighbours of a token are found from its position and the lengths of tokens, without links.
/// Pieces stand in descending order of their counts, so that a position's count is found among the few distinct counts.
/// </summary>
internal sealed class PieceSymbols
{
    public const int Boundary = int.MinValue;
    public const int Inside = int.MinValue + 1;

    private readonly List<int> _runEnds = [];
    private readonly List<long> _runCounts = [];

    /// <summary>Lays out the pieces; those of one byte have no pairs and are left out.</summary>
    /// <param name="tokenize">Writes the first tokens of a piece; null makes every byte the token of <paramref name="byteIds"/>.</param>
    public PieceSymbols(PieceCounts pieces, int[] byteIds, Func<int, ReadOnlySpan<byte>, ReadOnlySpan<int>>? tokenize, Func<int, int>? lengthOf, CancellationToken cancellation)
    {
        long size = 1;
        UInt128 weight = 0;
        var kept = new int[pieces.Length];
        var keys = new long[pieces.Length];
        int count = 0;
        for (int i = 0; i < pieces.Length; i++)
        {
            if (pieces[i].Length < 2)
                continue;
            size += pieces[i].Length + 1;
            weight += (UInt128)(ulong)pieces.Count(i) * (uint)pieces[i].Length;
            keys[count] = -pieces.Count(i);
            kept[count++] = i;
        }
        if (size > Array.MaxLength)
        {
            throw new InvalidOperationException(
                $"The distinct pieces have {size} bytes, more than training can index ({Array.MaxLength}). Raise MinimumCount when counting, which leaves rare pieces out.");
        }
        if (weight > long.MaxValue)
            throw new InvalidOperationException("The counts of the pieces add up to more than 2^63 bytes; divide them all by the same number.");
        Array.Sort(keys, kept, 0, count);
        Slots = new int[size];
        Slots[0] = Boundary;
        int at = 1;
        for (int i = 0; i < count; i++)
        {
            if ((i & 0xFFFF) == 0)
                cancellation.ThrowIfCancellationRequested();
            ReadOnlySpan<byte> piece = pieces[kept[i]];
            if (_runCounts.Count == 0 || _runCounts[^1] != -keys[i])
            {
                _runCounts.Add(-keys[i]);
                _runEnds.Add(0);
            }
            if (tokenize is null)
            {
                foreach (byte value in piece)
                    Slots[at++] = byteIds[value];
            }
            else
            {
                foreach (int id in tokenize(kept[i], piece))
                {
                    int length = lengthOf!(id);
                    Place(at, length, id);
                    at += length;
                }
            }
            Slots[at++] = Boundary;
            _runEnds[^1] = at;
        }
        RunEnds = [.. _runEnds];
        RunCounts = [.. _runCounts];
    }

    /// <summary>The line.</summary>
    public int[] Slots { get; }

    /// <summary>Ends of the stretches of equal count, ascending.</summary>
    public int[] RunEnds { get; }

    /// <summary>The counts of these stretches, descending.</summary>
    public long[] RunCounts { get; }

    /// <summary>The stretch that <paramref name="position"/> lies in, at <paramref name="run"/> or behind.</summary>
    public int RunOf(int position, int run)
    {
        if (position < RunEnds[run])
            return run;
        int found = Array.BinarySearch(RunEnds, run + 1, RunEnds.Length - run - 1, position + 1);
        return found < 0 ? ~found : found;
    }

    private void Place(int at, int length, int id)
    {
        Slots.AsSpan(at, length).Fill(Inside);
        Slots[at + length - 1] = ~id;
        Slots[at] = id;
    }
}
