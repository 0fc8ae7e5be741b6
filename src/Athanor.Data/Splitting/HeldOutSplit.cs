using Athanor.Data.Documents;

namespace Athanor.Data.Splitting;

/// <summary>
/// Says which documents are held out of training. A document's place depends on its own text (or its group's name) and the seed alone, so it stays where
/// it is when others come or go, and equal texts are never on both sides.
/// </summary>
/// <param name="Seed">Changes which ones are held out.</param>
/// <param name="Share">Of all other documents, the share that is held out at random.</param>
/// <param name="GroupBy">Name of the metadata by which whole groups are held out, or null.</param>
/// <param name="GroupShare">The share of groups that is held out.</param>
public sealed record HeldOutSplit(long Seed, double Share, string? GroupBy = null, double GroupShare = 0)
{
    /// <summary>The set of documents that are held out one by one.</summary>
    public const string Random = "random";

    /// <summary>The set of groups that are held out as a whole: <c>type</c> makes <c>types</c>.</summary>
    public string? GroupSet => GroupBy is null ? null : GroupBy + "s";

    /// <summary>The set that a document is held out for, or null where it is for training.</summary>
    public string? SetOf(Document document)
    {
        ArgumentNullException.ThrowIfNull(document);
        if (GroupBy is not null && document.Metadata.TryGetValue(GroupBy, out string? group) && ContentHash.Place(group, Seed) < GroupShare)
            return GroupSet;
        return ContentHash.Place(document.Text, Seed) < Share ? Random : null;
    }
}
