using Athanor.Data.Documents;

namespace Athanor.Data.Inspection;

/// <summary>Chooses documents of a stage's output to look at.</summary>
public static class DocumentInspection
{
    /// <summary>Documents that were kept, at random but the same each time.</summary>
    /// <param name="output">The stage's output.</param>
    /// <param name="set">Null for training, else a set that is held out.</param>
    /// <param name="count">How many.</param>
    public static IReadOnlyList<ShownDocument> Kept(StageOutput output, string? set, int count)
    {
        ArgumentNullException.ThrowIfNull(output);
        ShownDocument[] stored = [.. Lines(output.Samples(set), "kept").Where(document => document.Sample == "kept").Take(count)];
        return stored.Length >= count ? stored : Lowest(Lines(output.Documents(set), "kept"), count);
    }

    /// <summary>Documents that were removed: of each rule the closest calls, then others at random but the same each time.</summary>
    /// <param name="output">The stage's output.</param>
    /// <param name="set">Null for training, else a set that is held out.</param>
    /// <param name="rule">A rule, or a part of its name; null for all.</param>
    /// <param name="count">How many of each rule.</param>
    public static IReadOnlyList<ShownDocument> Removed(StageOutput output, string? set, string? rule, int count)
    {
        ArgumentNullException.ThrowIfNull(output);
        IEnumerable<ShownDocument> removed = Lines(output.Samples(set), "removed").Where(document => document.Sample != "kept");
        if (output.Samples(set) is null)
            removed = Lines(output.Removed(set), "removed");
        var shown = new List<ShownDocument>();
        foreach (IGrouping<string, ShownDocument> group in removed.Where(document => rule is null || document.Rule.Contains(rule, StringComparison.Ordinal)).GroupBy(document => document.Rule).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            ShownDocument[] closest = [.. group.Where(document => document.Sample == "closest").Take((count + 1) / 2)];
            shown.AddRange(closest);
            shown.AddRange(Lowest(group.Where(document => document.Sample == "removed" && closest.All(other => other.Id != document.Id)), count - closest.Length));
        }
        return shown;
    }

    /// <summary>The documents with the lowest hashes of their ids.</summary>
    private static List<ShownDocument> Lowest(IEnumerable<ShownDocument> documents, int count)
    {
        var lowest = new PriorityQueue<ShownDocument, double>();
        foreach (ShownDocument document in documents)
        {
            lowest.Enqueue(document, -ContentHash.Place(document.Id, 0));
            if (lowest.Count > count)
                lowest.Dequeue();
        }
        var shown = new List<ShownDocument>();
        while (lowest.TryDequeue(out ShownDocument? document, out _))
            shown.Add(document);
        shown.Reverse();
        return shown;
    }

    private static IEnumerable<ShownDocument> Lines(string? path, string sample)
    {
        if (path is null)
            yield break;
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.SequentialScan);
        foreach (TextLine line in TextLines.Read(stream, path))
        {
            if (line.Bytes.Length > 0)
                yield return ShownDocument.Parse(line.Bytes, sample);
        }
    }
}
