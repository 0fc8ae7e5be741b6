using Athanor.Data.Documents;
using Athanor.Data.Quality;
using Athanor.Data.Steps;

namespace Athanor.Benchmarks.Data;

/// <summary>Which documents the profiles keep, and on how many two of them decide alike: the table of docs/data-quality.md.</summary>
internal static class AgreementCases
{
    private static readonly string[] Profiles = ["gopher-paper", "fineweb-gopher-quality", "fineweb-gopher-repetition", "fineweb", "c4", "dolma", "dclm", "slimpajama"];

    public static void Run(Options options, Report report)
    {
        // Counts, no rates: only when asked for.
        if (options.Only.Count == 0 || !options.Wants("agreement"))
            return;
        foreach (DocumentCorpus corpus in DocumentCorpus.Find(options))
        {
            report.Group($"agreement/{corpus.Name}", FormattableString.Invariant($"{corpus.Megabytes:F1} MB in {corpus.Documents.Count} documents"));
            bool[][] kept = [.. Profiles.Select(profile => Kept(corpus, profile))];
            for (int i = 0; i < Profiles.Length; i++)
            {
                report.Add(new Result("", $"{Profiles[i]} keeps", 100.0 * kept[i].Count(keep => keep) / kept[i].Length, "%"));
                for (int j = i + 1; j < Profiles.Length; j++)
                    report.Add(new Result("", $"{Profiles[i]} = {Profiles[j]}", 100.0 * kept[i].Zip(kept[j]).Count(pair => pair.First == pair.Second) / kept[i].Length, "%"));
            }
        }
    }

    private static bool[] Kept(DocumentCorpus corpus, string profile)
    {
        DocumentStep step = new FilterQualitySettings { Profile = profile }.Prepare(1)();
        return [.. corpus.Documents.Select(document =>
        {
            Document work = document;
            return step.Apply(ref work, default) is null;
        })];
    }
}
