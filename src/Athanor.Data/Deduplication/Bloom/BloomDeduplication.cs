using Athanor.Data.Deduplication.Exact;
using Athanor.Data.Deduplication.MinHash;
using Athanor.Data.Steps;
using Athanor.Runs.Stages;

namespace Athanor.Data.Deduplication.Bloom;

/// <summary>What a Bloom filter remembers.</summary>
public enum BloomMode
{
    /// <summary>Whole texts.</summary>
    Document,

    /// <summary>Lines, as Dolma's paragraphs.</summary>
    Paragraph,

    /// <summary>n-grams of words, against which paragraphs and documents are held: DCLM's BFF in its mode old-both.</summary>
    Ngrams,

    /// <summary>Bands of MinHash signatures, a filter each (LSHBloom, arXiv 2411.04257).</summary>
    Lsh,
}

/// <summary>How Bloom filters are used.</summary>
/// <param name="Mode">What they remember.</param>
/// <param name="Rate">The chance of a false positive once all entries are in.</param>
/// <param name="Expected">Entries; null to count them first.</param>
/// <param name="Memory">Bytes that the filters may take.</param>
internal sealed record BloomOptions(BloomMode Mode, double Rate, long? Expected, long Memory)
{
    public int Ngram { get; init; } = 13;

    public int LeastNgram { get; init; } = 13;

    public double Threshold { get; init; } = 0.8;

    public MinHashPlan? Plan { get; init; }
}

/// <summary>
/// Deduplication in one stream: a document is held against what came before, then remembered. Memory is the filters' alone; what is found cannot be named, for a filter knows
/// that something was there but not what.
/// </summary>
internal sealed class BloomDeduplication(StageContext context, string step, BloomOptions options) : IDisposable
{
    private const double BytesPerSecond = 5e7;
    private readonly List<BloomFilter> _filters = [];

    public void Run(CancellationToken cancellation)
    {
        using var parts = new DedupStageParts(context);
        int passes = options.Expected is null && options.Mode is not (BloomMode.Document or BloomMode.Lsh) ? 2 : 1;
        long expected = options.Expected ?? (passes == 2 ? CountEntries(parts, cancellation) : parts.Size.Documents);
        BloomSize size = Make(parts, expected, passes);
        using var output = new DedupOutput(context, step);
        DocumentPass.Run(parts.Files, parts.Workers, Units, static (units, document) => units.Cut(document), (document, units) =>
        {
            switch (options.Mode)
            {
                case BloomMode.Document:
                    if (_filters[0].Add(units[0].Entries[0]))
                        output.Remove(in document, new Removal("seen_before"), null);
                    else
                        output.Keep(document.Document);
                    break;
                case BloomMode.Lsh:
                    Lsh(in document, units, output);
                    break;
                case BloomMode.Paragraph:
                    Finish(in document, [.. units.Where(unit => _filters[0].Add(unit.Entries[0])).Select(unit => new RemovedSpan(unit.Span, null))], null, output);
                    break;
                default:
                    Ngrams(in document, units, output);
                    break;
            }
        }, parts.Pass(passes - 1, passes), cancellation);
        output.Complete();
        long entries = _filters.Sum(filter => filter.Count);
        context.Note("expected_entries", expected);
        context.Note("entries", entries);
        context.Note("filter_bytes", size.Bytes * _filters.Count);
        context.Note("peak_memory_bytes", size.Bytes * _filters.Count);
        context.Note("probes", size.Probes);
        context.Note("false_positive_rate_at_the_end", _filters.Max(filter => filter.Size.FalsePositives(filter.Count)));
        if (entries > expected * _filters.Count)
            context.Progress.Say($"the filters were sized for {expected:N0} entries and took {entries / _filters.Count:N0}: the chance of a false positive rose to {_filters.Max(filter => filter.Size.FalsePositives(filter.Count)):G2}. Raise expected.");
    }

    public void Dispose()
    {
        foreach (BloomFilter filter in _filters)
            filter.Dispose();
    }

    private IBloomUnits Units() => options.Mode switch
    {
        BloomMode.Document => new DocumentEntries(),
        BloomMode.Paragraph => new LineEntries(),
        BloomMode.Lsh => new BandEntries(options.Plan!),
        _ => new NgramEntries(options.Ngram, options.LeastNgram),
    };

    private long CountEntries(DedupStageParts parts, CancellationToken cancellation)
    {
        long entries = 0;
        context.Progress.Say("counting entries, for the size of the filter; expected: N saves this pass");
        DocumentPass.Run(parts.Files, parts.Workers, Units, static (units, document) => units.Cut(document).Sum(unit => (long)unit.Entries.Length), (_, count) => entries += count, parts.Pass(0, 2), cancellation);
        return entries;
    }

    private BloomSize Make(DedupStageParts parts, long expected, int passes)
    {
        int filters = options.Mode == BloomMode.Lsh ? options.Plan!.Bands.Bands : 1;
        // Any of the bands may be wrong, so each must be wrong more rarely.
        double rate = filters == 1 ? options.Rate : 1 - Math.Pow(1 - options.Rate, 1.0 / filters);
        BloomSize size = BloomSize.For(expected, rate);
        new DedupForecast(parts.Size, expected * filters, 0, size.Bytes * filters, passes * parts.Size.Bytes / BytesPerSecond).Announce(context, parts.Workers);
        if (size.Bytes * filters > options.Memory)
        {
            double possible = Math.Exp(-(double)options.Memory / filters * 8 / Math.Max(1, expected) * Math.Log(2) * Math.Log(2));
            throw new InvalidOperationException(FormattableString.Invariant($"'{context.Name}' needs {DedupForecast.Text(size.Bytes * filters)} for {expected:N0} entries at a false-positive rate of {options.Rate:G3}; memory allows {DedupForecast.Text(options.Memory)}. Raise memory, or accept false_positive_rate: {Math.Min(0.5, possible * 1.01):G3}."));
        }
        for (int i = 0; i < filters; i++)
            _filters.Add(new BloomFilter(size));
        return size;
    }

    private void Lsh(in NumberedDocument document, List<BloomUnit> units, DedupOutput output)
    {
        int shared = 0;
        if (units.Count > 0)
        {
            // All are added also where the document goes: what resembles it resembles what stays.
            for (int band = 0; band < _filters.Count; band++)
                shared += _filters[band].Add(units[0].Entries[band]) ? 1 : 0;
        }
        if (shared > 0)
            output.Remove(in document, new Removal("seen_before", (double)shared / _filters.Count, 1.0 / _filters.Count, Note: FormattableString.Invariant($"{shared} of {_filters.Count} bands")), null);
        else
            output.Keep(document.Document);
    }

    /// <summary>BFF's old-both: a paragraph goes when too many of its n-grams were there, else all of them are added; the document goes when too many of all were there.</summary>
    private void Ngrams(in NumberedDocument document, List<BloomUnit> units, DedupOutput output)
    {
        BloomFilter filter = _filters[0];
        long total = 0, found = 0;
        var spans = new List<RemovedSpan>();
        foreach (BloomUnit unit in units)
        {
            int contained = 0;
            foreach (ulong entry in unit.Entries)
                contained += filter.Contains(entry) ? 1 : 0;
            total += unit.Entries.Length;
            found += contained;
            if (unit.Entries.Length > 0 && (double)contained / unit.Entries.Length > options.Threshold)
                spans.Add(new RemovedSpan(unit.Span, null));
            else
            {
                foreach (ulong entry in unit.Entries)
                    filter.Add(entry);
            }
        }
        double share = total == 0 ? 0 : (double)found / total;
        Finish(in document, spans, share > options.Threshold ? new Removal("seen_ngrams", share, options.Threshold) : null, output);
    }

    private static void Finish(in NumberedDocument document, List<RemovedSpan> spans, Removal? gone, DedupOutput output)
    {
        if (spans.Count == 0 && gone is null)
        {
            output.Keep(document.Document);
            return;
        }
        string left = gone is null ? UnitDeduplication.Cut(document.Document.Text, spans) : "";
        if (gone is null && !left.AsSpan().IsWhiteSpace())
            output.KeepChanged(in document, document.Document with { Text = left }, "seen_paragraphs", spans);
        else
            output.Remove(in document, gone ?? new Removal("seen_paragraphs_all", 1, 1, Note: "nothing is left"), null, spans);
    }
}
