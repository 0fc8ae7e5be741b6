namespace Athanor.Data.Deduplication.MinHash;

/// <summary>All documents that are compared: those of earlier corpora first, then the present ones, numbered through; ranks likewise.</summary>
internal sealed class KnownDocuments
{
    private readonly IReadOnlyList<MinHashIndex> _indexes;
    private readonly DocumentTable _table;
    private readonly ShingleStore _shingles;
    private readonly DocumentRanks _ranks;

    public KnownDocuments(IReadOnlyList<MinHashIndex> indexes, DocumentTable table, ShingleStore shingles, DocumentRanks ranks)
    {
        (_indexes, _table, _shingles, _ranks) = (indexes, table, shingles, ranks);
        Earlier = indexes.Sum(index => index.Table.Count);
    }

    /// <summary>Documents of earlier corpora.</summary>
    public long Earlier { get; }

    public long Count => Earlier + _table.Count;

    public long RankOf(long number) => number < Earlier ? number : Earlier + _ranks.RankOf(number - Earlier);

    public long NumberOf(long rank) => rank < Earlier ? rank : Earlier + _ranks.NumberOf(rank - Earlier);

    public string Id(long number)
    {
        if (number >= Earlier)
            return _table.Id(number - Earlier);
        MinHashIndex index = Find(ref number);
        return index.Table.Id(number);
    }

    public ReadOnlySpan<uint> Shingles(long number)
    {
        if (number >= Earlier)
            return _shingles[number - Earlier];
        MinHashIndex index = Find(ref number);
        return index.Shingles[number];
    }

    private MinHashIndex Find(ref long number)
    {
        foreach (MinHashIndex index in _indexes)
        {
            if (number < index.Table.Count)
                return index;
            number -= index.Table.Count;
        }
        throw new ArgumentOutOfRangeException(nameof(number));
    }
}
