using Athanor.Data.Deduplication.Sorting;
using Athanor.Data.Steps;
using Athanor.Runs.Stages;

namespace Athanor.Data.Deduplication.Exact;

/// <summary>How parts of documents are compared and removed.</summary>
/// <param name="Step">The stage kind.</param>
/// <param name="Rule">Named in removals.</param>
/// <param name="Units">Makes what cuts documents, one a worker.</param>
/// <param name="Memory">Bytes for sorting.</param>
internal sealed record UnitPlan(string Step, string Rule, Func<ITextUnits> Units, long Memory)
{
    public KeepPolicy Keep { get; init; }

    public string? ScoreField { get; init; }

    /// <summary>Whether a unit is the document.</summary>
    public bool Whole { get; init; }

    /// <summary>Why a document that lost parts goes as a whole; null where it stays. Takes the text that is left.</summary>
    public Func<string, Removal?>? Left { get; init; }

    /// <summary>Units of a document, for the forecast.</summary>
    public double UnitsPerKilobyte { get; init; }
}

/// <summary>
/// Exact duplicates beyond memory: hashes of all parts with their places are sorted, every group of equal hashes names the part that stays, and a second pass over the
/// documents drops the others.
/// </summary>
internal static class UnitDeduplication
{
    // A place is the document's number and the part's number within it: 2^34 documents of up to 2^30 parts.
    private const int PartBits = 30;
    private const double RecordsPerSecond = 2e7, BytesPerSecond = 8e7;

    public static void Run(StageContext context, UnitPlan plan, CancellationToken cancellation)
    {
        using var parts = new DedupStageParts(context);
        long records = plan.Whole ? parts.Size.Documents : (long)(parts.Size.Bytes / 1000.0 * plan.UnitsPerKilobyte) + parts.Size.Documents;
        // Two thirds for the sort of hashes, a third for that of removals, which grows while the first is read.
        long hashMemory = plan.Memory / 3 * 2, linkMemory = plan.Memory - hashMemory;
        new DedupForecast(parts.Size, records, parts.Size.Documents * 48 + 2 * records * (32 + 24), plan.Memory, 2 * parts.Size.Bytes / BytesPerSecond + records / RecordsPerSecond).Announce(context, parts.Workers);
        string table = Path.Combine(parts.Folder, "table");
        using var hashes = new ExternalSorter<WideHashPlace>(parts.Folder, "hashes", hashMemory);
        using (var documents = new DocumentTable.Writer(table))
        {
            DocumentPass.Run(parts.Files, parts.Workers, plan.Units, static (units, document) => units.Cut(document), (document, units) =>
            {
                documents.Add(document.Document.Id);
                ulong rank = plan.Keep == KeepPolicy.First ? 0 : KeepScores.Rank(KeepScores.Of(plan.Keep, plan.ScoreField, document.Document));
                int part = 0;
                foreach (TextUnit128 unit in units)
                    hashes.Add(new WideHashPlace(unit.Hash, rank, ((ulong)document.Number << PartBits) + (ulong)part++));
            }, parts.Pass(0, 2), cancellation);
        }
        using DocumentTable rows = DocumentTable.Open(table);
        using var links = new ExternalSorter<PlaceLink>(parts.Folder, "links", linkMemory);
        long groups = Link(hashes, links, cancellation);
        using var output = new DedupOutput(context, plan.Step);
        using SortedReader<PlaceLink> removals = links.Sorted();
        Write(parts, plan, rows, removals, output, cancellation);
        output.Complete();
        context.Note("records", hashes.Count);
        context.Note("groups", groups);
        context.Note("disk_bytes", hashes.SpilledBytes + links.SpilledBytes);
        context.Note("peak_memory_bytes", hashes.PeakBytes + links.PeakBytes);
    }

    private static long Link(ExternalSorter<WideHashPlace> hashes, ExternalSorter<PlaceLink> links, CancellationToken cancellation)
    {
        long groups = 0, seen = 0;
        using SortedReader<WideHashPlace> sorted = hashes.Sorted();
        WideHashPlace best = default;
        bool any = false, inGroup = false;
        while (sorted.Next(out WideHashPlace record))
        {
            if ((++seen & 0xFFFFF) == 0)
                cancellation.ThrowIfCancellationRequested();
            if (!any || !record.SameHash(best))
            {
                (best, any, inGroup) = (record, true, false);
                continue;
            }
            groups += inGroup ? 0 : 1;
            inGroup = true;
            links.Add(new PlaceLink(record.Place, best.Place));
        }
        return groups;
    }

    private static void Write(DedupStageParts parts, UnitPlan plan, DocumentTable rows, SortedReader<PlaceLink> removals, DedupOutput output, CancellationToken cancellation)
    {
        bool more = removals.Next(out PlaceLink next);
        var removed = new List<(int Part, string Kept)>();
        DocumentPass.Run(parts.Files, parts.Workers, plan.Units, (units, document) => plan.Whole ? [] : units.Cut(document), (document, units) =>
        {
            removed.Clear();
            while (more && (long)(next.Place >> PartBits) == document.Number)
            {
                removed.Add(((int)(next.Place & ((1 << PartBits) - 1)), rows.Id((long)(next.Other >> PartBits))));
                more = removals.Next(out next);
            }
            if (removed.Count == 0)
            {
                output.Keep(document.Document);
                return;
            }
            if (plan.Whole)
            {
                output.Remove(in document, new Removal(plan.Rule), removed[0].Kept);
                return;
            }
            List<RemovedSpan> spans = Merge(units, removed);
            string left = Cut(document.Document.Text, spans);
            Removal? gone = left.AsSpan().IsWhiteSpace() ? new Removal(plan.Rule + "_all", 1, 1, Note: "nothing is left") : plan.Left?.Invoke(left);
            if (gone is null)
                output.KeepChanged(in document, document.Document with { Text = left }, plan.Rule, spans);
            else
                output.Remove(in document, gone, spans[0].Kept, spans);
        }, parts.Pass(1, 2), cancellation);
    }

    /// <summary>Spans that overlap or touch and stay in the same document become one.</summary>
    private static List<RemovedSpan> Merge(List<TextUnit128> units, List<(int Part, string Kept)> removed)
    {
        var spans = new List<RemovedSpan>();
        foreach ((int part, string kept) in removed)
        {
            TextSpan span = units[part].Span;
            if (spans.Count > 0 && spans[^1] is { } last && last.Kept == kept && span.Start <= last.Span.Start + last.Span.Length)
                spans[^1] = new RemovedSpan(new TextSpan(last.Span.Start, Math.Max(last.Span.Start + last.Span.Length, span.Start + span.Length) - last.Span.Start), kept);
            else
                spans.Add(new RemovedSpan(span, kept));
        }
        return spans;
    }

    /// <summary>The text without the spans, which are sorted by their beginnings and may overlap.</summary>
    internal static string Cut(string text, List<RemovedSpan> spans)
    {
        var left = new System.Text.StringBuilder(text.Length);
        int at = 0;
        foreach (RemovedSpan span in spans)
        {
            if (span.Span.Start > at)
                left.Append(text, at, span.Span.Start - at);
            at = Math.Max(at, span.Span.Start + span.Span.Length);
        }
        left.Append(text, at, text.Length - at);
        return left.ToString().TrimEnd();
    }
}
