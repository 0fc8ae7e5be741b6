using System.Runtime.CompilerServices;
using Athanor.Data.Deduplication.Sorting;

namespace Athanor.Data.Deduplication.MinHash;

/// <summary>
/// Makes pairs of the documents that share a band: each with the few best-ranked of its group. All pairs of a group of thousands would be millions that say the same; the best
/// of a group are those that may stay.
/// </summary>
internal sealed class CandidatePairs(ExternalSorter<PlaceLink> pairs, Func<long, long> rankOf, long earlier, int partners)
{
    private const int Block = 4096;
    private readonly long[] _group = new long[Block];
    private readonly List<long> _best = [];
    private int _filled;

    /// <summary>Pairs added; a pair that shares several bands is there several times.</summary>
    public long Count { get; private set; }

    /// <summary>The largest group of a band.</summary>
    public long LargestGroup { get; private set; }

    /// <summary>Takes records in order of hashes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run(SortedReader<HashPlace> bands, RecordWriter<HashPlace>? copy, CancellationToken cancellation)
    {
        HashPlace last = default;
        long seen = 0, size = 0;
        while (bands.Next(out HashPlace record))
        {
            if ((++seen & 0xFFFFF) == 0)
                cancellation.ThrowIfCancellationRequested();
            if (copy is not null && (long)record.Place >= earlier)
                copy.Write(in record);
            // Most hashes stand alone: a group begins with the second.
            if (record.Hash == last.Hash && seen > 1)
            {
                if (size == 0)
                    Add(in last, ref size);
                Add(in record, ref size);
            }
            else if (size > 0)
                End(ref size);
            last = record;
        }
        End(ref size);
    }

    private void Add(in HashPlace record, ref long size)
    {
        if (_filled == Block)
            Flush();
        _group[_filled++] = rankOf((long)record.Place);
        size++;
    }

    private void End(ref long size)
    {
        if (size > 1)
        {
            LargestGroup = Math.Max(LargestGroup, size);
            Flush();
        }
        size = 0;
        _filled = 0;
        _best.Clear();
    }

    /// <summary>Pairs what has gathered with the best of it and of what came before.</summary>
    private void Flush()
    {
        Span<long> group = _group.AsSpan(0, _filled);
        group.Sort();
        foreach (long rank in group)
        {
            foreach (long best in _best)
            {
                // Those of earlier corpora stay whatever they are like.
                if (best == rank || (best < earlier && rank < earlier))
                    continue;
                pairs.Add(new PlaceLink((ulong)Math.Max(best, rank), (ulong)Math.Min(best, rank)));
                Count++;
            }
            if (_best.Count < partners)
                _best.Add(rank);
        }
        // A later block may hold better ones.
        _best.Sort();
        _filled = 0;
    }
}
