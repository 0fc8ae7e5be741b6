using System.Runtime.InteropServices;
using System.Text;
using Athanor.Data.Documents;
using Athanor.Data.Steps;

namespace Athanor.Data.Decontamination;

/// <summary>
/// Removes documents that hold copies of questions of tasks, or cuts the copies out. Brown et al., "Language models are few-shot learners", 2020, appendix C (n-grams);
/// Ben Allal et al., "Cosmopedia", 2024 (overlap); NeMo Curator's task decontamination (cut).
/// </summary>
internal sealed class DecontaminateStep(DecontaminateSettings settings, TaskIndex index) : DocumentStep
{
    private const int LongestNote = 200;
    private readonly WordScanner _words = new();
    private readonly List<SharedRun> _runs = [];
    private readonly Dictionary<int, bool[]> _covered = [];

    public override IReadOnlyList<string> Signals { get; } = ["longest_run", "share"];

    public override Removal? Apply(ref Document document, Span<float> signals)
    {
        _words.Scan(document.Text);
        index.Find(_words.Hashes, _runs);
        signals[0] = signals[1] = 0;
        if (_runs.Count == 0)
            return null;
        SharedRun longest = _runs.MaxBy(run => run.Length);
        (double share, int item) = Share();
        signals[0] = longest.Length;
        signals[1] = (float)share;
        if (settings.Rule == ContaminationRule.Overlap)
        {
            if (share < settings.Share)
                return null;
            longest = _runs.Where(run => run.Item == item).MaxBy(run => run.Length);
        }
        if (settings.Action == ContaminationAction.Cut)
            return Cut(ref document, longest, item);
        int words = Math.Min(settings.Words ?? 13, index.Words(longest.Item));
        return settings.Rule == ContaminationRule.Overlap
            ? new Removal("overlap", share, settings.Share, Span(longest), Note(document, longest))
            : new Removal(settings.Rule == ContaminationRule.Datatrove ? "datatrove" : "ngram", longest.Length, words, Span(longest), Note(document, longest));
    }

    /// <summary>The largest share of a question's words that are in runs, and whose it is.</summary>
    private (double Share, int Item) Share()
    {
        _covered.Clear();
        foreach (SharedRun run in _runs)
        {
            ref bool[]? words = ref CollectionsMarshal.GetValueRefOrAddDefault(_covered, run.Item, out _);
            (words ??= new bool[index.Words(run.Item)]).AsSpan(run.At, run.Length).Fill(true);
        }
        (double Share, int Item) best = (0, 0);
        foreach ((int item, bool[] words) in _covered)
        {
            double share = (double)words.AsSpan().Count(true) / words.Length;
            if (share > best.Share || (share == best.Share && item < best.Item))
                best = (share, item);
        }
        return best;
    }

    private Removal? Cut(ref Document document, SharedRun longest, int item)
    {
        string text = document.Text;
        var cuts = new List<(int Start, int End)>();
        foreach (SharedRun run in _runs.Where(run => settings.Rule != ContaminationRule.Overlap || run.Item == item).OrderBy(run => run.First))
        {
            TextSpan span = Span(run);
            (int start, int end) = (Math.Max(0, span.Start - settings.CutAround), Math.Min(text.Length, span.Start + span.Length + settings.CutAround));
            if (cuts.Count > 0 && start <= cuts[^1].End)
                cuts[^1] = (cuts[^1].Start, Math.Max(end, cuts[^1].End));
            else
                cuts.Add((start, end));
        }
        if (cuts.Count > settings.MaxCuts)
            return new Removal("cuts", cuts.Count, settings.MaxCuts, Span(longest), Note(document, longest));
        var rest = new StringBuilder();
        int from = 0;
        foreach ((int start, int end) in cuts.Append((text.Length, text.Length)))
        {
            ReadOnlySpan<char> part = Whole(text.AsSpan(from, start - from)).Trim();
            if (part.Length >= Math.Max(1, settings.MinRest))
                rest.Append(rest.Length > 0 ? "\n\n" : "").Append(part);
            from = end;
        }
        if (rest.Length == 0)
            return new Removal("nothing_left", 0, settings.MinRest, Span(longest), Note(document, longest));
        document = document with
        {
            Text = rest.ToString(),
            Metadata = new Dictionary<string, string>(document.Metadata, StringComparer.Ordinal) { ["decontaminated"] = string.Join(' ', _runs.Select(run => index.Name(run.Item)).Distinct()) },
        };
        return null;
    }

    /// <summary>Without halves of surrogate pairs at its ends.</summary>
    private static ReadOnlySpan<char> Whole(ReadOnlySpan<char> part)
    {
        if (part.Length > 0 && char.IsLowSurrogate(part[0]))
            part = part[1..];
        return part.Length > 0 && char.IsHighSurrogate(part[^1]) ? part[..^1] : part;
    }

    private TextSpan Span(SharedRun run)
    {
        int start = _words[run.First].Start;
        return new TextSpan(start, _words[run.First + run.Length - 1].End - start);
    }

    private string Note(Document document, SharedRun run)
    {
        TextSpan span = Span(run);
        return $"{index.Name(run.Item)}: {document.Text.AsSpan(span.Start, Math.Min(span.Length, LongestNote))}";
    }
}
