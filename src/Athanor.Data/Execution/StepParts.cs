using System.Globalization;
using Athanor.Runs.Stages;

namespace Athanor.Data.Execution;

/// <summary>Where parts of a set of documents lie below the set's own folder: <c>parts-8/00003</c>.</summary>
internal static class StepParts
{
    private const string Prefix = "parts-";

    public static string FolderOf(string folder, StagePart part) =>
        Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{part.Count}"), string.Create(CultureInfo.InvariantCulture, $"{part.Index:00000}"));

    /// <summary>Into how many parts the set was cut; 0 where it was not. Where it was cut more than once, the cut of which most was begun counts.</summary>
    public static int Find(string folder)
    {
        (int Begun, int Count) best = default;
        foreach (string cut in Directory.Exists(folder) ? Directory.EnumerateDirectories(folder, Prefix + "*") : [])
        {
            if (int.TryParse(Path.GetFileName(cut)[Prefix.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count > 0)
                best = ((int Begun, int Count))(Directory.EnumerateFiles(cut, StepCheckpoint.FileName, SearchOption.AllDirectories).Count(), count) is var found && found.CompareTo(best) > 0 ? found : best;
        }
        return best.Count;
    }
}
