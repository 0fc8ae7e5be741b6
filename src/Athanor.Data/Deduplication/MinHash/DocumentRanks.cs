using Athanor.Data.Deduplication.Sorting;

namespace Athanor.Data.Deduplication.MinHash;

/// <summary>The order in which documents may stay: rank 0 is the best. Where the first one stays, rank and number are the same and nothing is stored; else both ways lie on disk.</summary>
internal sealed class DocumentRanks : IDisposable
{
    private readonly MappedFile? _ranks, _numbers;

    private DocumentRanks(MappedFile? ranks, MappedFile? numbers) => (_ranks, _numbers) = (ranks, numbers);

    public static DocumentRanks ByNumber { get; } = new(null, null);

    public long RankOf(long number) => _ranks is null ? number : _ranks.Read<long>(number * sizeof(long));

    public long NumberOf(long rank) => _numbers is null ? rank : _numbers.Read<long>(rank * sizeof(long));

    /// <summary>Sorts scores.</summary>
    /// <param name="scores">Records of the rank of a score and the document's number; sorted and disposed of here.</param>
    /// <param name="folder">Where the two tables lie.</param>
    /// <param name="memory">Bytes for the second sort.</param>
    public static DocumentRanks Of(ExternalSorter<PlaceLink> scores, string folder, long memory)
    {
        string ranks = Path.Combine(folder, "ranks"), numbers = Path.Combine(folder, "numbers");
        using var back = new ExternalSorter<PlaceLink>(folder, "ranks", memory);
        using (SortedReader<PlaceLink> sorted = scores.Sorted())
        using (var writer = new RecordWriter<long>(numbers))
        {
            while (sorted.Next(out PlaceLink score))
            {
                back.Add(new PlaceLink(score.Other, (ulong)writer.Count));
                writer.Write((long)score.Other);
            }
        }
        using (SortedReader<PlaceLink> sorted = back.Sorted())
        using (var writer = new RecordWriter<long>(ranks))
        {
            while (sorted.Next(out PlaceLink rank))
                writer.Write((long)rank.Other);
        }
        return new DocumentRanks(new MappedFile(ranks), new MappedFile(numbers));
    }

    public void Dispose()
    {
        _ranks?.Dispose();
        _numbers?.Dispose();
    }
}
