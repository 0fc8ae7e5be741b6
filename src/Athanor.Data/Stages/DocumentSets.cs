using Athanor.Data.Documents;
using Athanor.Runs.Stages;

namespace Athanor.Data.Stages;

/// <summary>Documents that stay together.</summary>
/// <param name="Name">Null for those for training, else the name under which they are held out.</param>
/// <param name="Files">Their files, one an input that has some.</param>
internal sealed record DocumentSet(string? Name, IReadOnlyList<string> Files);

/// <summary>The sets of documents in an artifact: what is for training, and each set that is held out.</summary>
internal static class DocumentSets
{
    private const string Prefix = "val-", Ending = ".jsonl";

    public static string FileOf(string set) => Prefix + set + Ending;

    /// <summary>The set that a file holds.</summary>
    public static string NameOf(string file) => file[Prefix.Length..^Ending.Length];

    /// <summary>Names of the sets that are held out, sorted.</summary>
    public static IReadOnlyList<string> HeldOut(Artifact artifact) =>
        [.. artifact.Manifest.Files.Select(file => file.Path).Where(path => path.StartsWith(Prefix, StringComparison.Ordinal) && path.EndsWith(Ending, StringComparison.Ordinal))
            .Select(path => NameOf(path))];

    /// <summary>What is for training, then each set that is held out, by name.</summary>
    public static IReadOnlyList<DocumentSet> Of(IReadOnlyList<Artifact> inputs) =>
        [new DocumentSet(null, [.. inputs.Select(input => input.PathOf(DocumentFile.Name))]),
            .. inputs.SelectMany(HeldOut).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)
                .Select(set => new DocumentSet(set, [.. inputs.Where(input => HeldOut(input).Contains(set)).Select(input => input.PathOf(FileOf(set)))]))];

    /// <summary>A stage that only carries documents on would lose the sets that were held out.</summary>
    public static void RefuseHeldOut(Artifact artifact, string stage)
    {
        if (HeldOut(artifact).Count > 0)
            throw new InvalidOperationException($"'{stage}' takes documents of which some were held out already ({string.Join(", ", HeldOut(artifact))}). Put the split behind it.");
    }
}
