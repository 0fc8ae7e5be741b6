namespace Athanor.Data.Execution;

/// <summary>What became of documents, in whole numbers, so that tallies of parts add up to the same in any order.</summary>
internal sealed record StepTally
{
    /// <summary>Documents that came in.</summary>
    public long Documents { get; set; }

    /// <summary>UTF-16 code units of their texts.</summary>
    public long Characters { get; set; }

    /// <summary>Documents that were kept.</summary>
    public long Kept { get; set; }

    /// <summary>UTF-16 code units of their texts, as the steps left them.</summary>
    public long KeptCharacters { get; set; }

    /// <summary>Removed documents by step and rule: <c>length/too_short</c>.</summary>
    public SortedDictionary<string, long> Removed { get; init; } = new(StringComparer.Ordinal);

    public void Remove(string step, string rule)
    {
        string key = $"{step}/{rule}";
        Removed[key] = Removed.GetValueOrDefault(key) + 1;
    }

    public void Add(StepTally other)
    {
        Documents += other.Documents;
        Characters += other.Characters;
        Kept += other.Kept;
        KeptCharacters += other.KeptCharacters;
        foreach ((string rule, long count) in other.Removed)
            Removed[rule] = Removed.GetValueOrDefault(rule) + count;
    }
}
