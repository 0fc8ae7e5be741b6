using System.Text;
using Athanor.Data.Deduplication.Exact;
using Athanor.Data.Deduplication.Sorting;
using Athanor.Data.Steps;
using Athanor.Runs.Stages;
using Athanor.Tokenizers;

namespace Athanor.Data.Deduplication.Substrings;

/// <summary>Which copies of a repeated substring go.</summary>
public enum SubstringCopies
{
    /// <summary>All but the first.</summary>
    AllButOne,

    /// <summary>All, as Lee et al. do: what is repeated is taken for boiler-plate.</summary>
    All,
}

/// <summary>How repeated substrings are found and removed.</summary>
/// <param name="Copies">Which copies go.</param>
/// <param name="Least">Bytes of UTF-8, or tokens, from which a repeated substring counts.</param>
/// <param name="LeastCharacters">Characters that a removed span must have.</param>
/// <param name="LeastLeft">Characters below which a document that lost something goes.</param>
/// <param name="Memory">Bytes for arrays and sorting.</param>
/// <param name="Tokenizer">Makes the tokens that count; bytes where null.</param>
internal sealed record SubstringOptions(SubstringCopies Copies, int Least, int LeastCharacters, int LeastLeft, long Memory, Tokenizer? Tokenizer = null)
{
    /// <summary>Bytes of a unit as it is laid out.</summary>
    public int Width => SubstringUnits.WidthOf(Tokenizer);

    /// <summary>Bytes of laid out text from which a repeated substring counts.</summary>
    public int LeastBytes => Least * Width;
}

/// <summary>
/// Removes substrings that stand more than once in the corpus (Lee et al. 2022, "Deduplicating training data makes language models better"). A suffix array puts equal beginnings
/// beside each other; every window of the least length that stands elsewhere is marked by its place, and the marked places of each document are cut out of it: never by searching
/// for the text again, which would take other copies too.
/// </summary>
internal sealed class SubstringDeduplication(StageContext context, string step, SubstringOptions options)
{
    private const ulong Nowhere = ulong.MaxValue;
    private const double BytesPerSecond = 4e6;

    public void Run(CancellationToken cancellation)
    {
        using var parts = new DedupStageParts(context);
        long arrayMemory = options.Memory / 4 * 3, linkMemory = options.Memory - arrayMemory;
        bool several = parts.Size.Bytes * SuffixArray.BytesPerByte > arrayMemory;
        new DedupForecast(parts.Size, parts.Size.Bytes, parts.Size.Bytes * (several ? 25 : 1) + parts.Size.Bytes * 24 / 4, options.Memory, parts.Size.Bytes / BytesPerSecond).Announce(context, 1);
        string text = Path.Combine(parts.Folder, "text"), starts = Path.Combine(parts.Folder, "starts"), table = Path.Combine(parts.Folder, "documents");
        Lay(parts, text, starts, table, cancellation);

        using var links = new ExternalSorter<PlaceLink>(parts.Folder, "links", linkMemory);
        long repeated = 0;
        using var mapped = new MappedFile(text);
        using (var suffixes = new SuffixParts(mapped, parts.Folder, options.LeastBytes, arrayMemory))
        {
            context.Progress.Expect(mapped.Length, "bytes of suffixes");
            suffixes.Groups(places => repeated += Link(places, links), done => context.Progress.Report(done), cancellation);
            context.Note("suffix_array_parts", suffixes.Parts);
            context.Note("disk_bytes", mapped.Length + suffixes.SpilledBytes + links.SpilledBytes);
            context.Note("peak_memory_bytes", suffixes.PeakBytes + links.PeakBytes);
        }
        context.Note("text_bytes", mapped.Length);
        context.Note("repeated_windows", repeated);
        using DocumentTable names = DocumentTable.Open(table);
        using var begins = new MappedFile(starts);
        using var output = new DedupOutput(context, step);
        using SortedReader<PlaceLink> sorted = links.Sorted();
        Write(parts, sorted, names, begins, output, cancellation);
        output.Complete();
    }

    /// <summary>Writes all texts one behind the other, and where each begins.</summary>
    private void Lay(DedupStageParts parts, string text, string starts, string table, CancellationToken cancellation)
    {
        using FileStream file = new(text, FileMode.Create, FileAccess.Write, FileShare.Read, 1 << 20);
        using var begins = new RecordWriter<long>(starts);
        using var names = new DocumentTable.Writer(table);
        DocumentPass.Run(parts.Files, parts.Workers, () => new SubstringUnits(options.Tokenizer), static (units, document) => units.Lay(document.Text).Laid, (document, bytes) =>
        {
            begins.Write(file.Position);
            names.Add(document.Document.Id);
            file.Write(bytes);
            // As wide as a unit, so that units of all documents begin at multiples of their width.
            for (int i = 0; i < options.Width; i++)
                file.WriteByte(SuffixParts.Separator);
        }, parts.Pass(0, 2), cancellation);
    }

    /// <summary>Notes each place of a group that goes, with the place that stays.</summary>
    private long Link(Span<long> places, ExternalSorter<PlaceLink> links)
    {
        long first = long.MaxValue;
        int count = 0;
        // Windows that begin within a token are none.
        foreach (long place in places)
        {
            if (place % options.Width == 0)
                (first, places[count++]) = (Math.Min(first, place), place);
        }
        if (count < 2)
            return 0;
        places = places[..count];
        bool all = options.Copies == SubstringCopies.All;
        foreach (long place in places)
        {
            if (all || place != first)
                links.Add(new PlaceLink((ulong)place, all ? Nowhere : (ulong)first));
        }
        return places.Length;
    }

    private void Write(DedupStageParts parts, SortedReader<PlaceLink> links, DocumentTable names, MappedFile starts, DedupOutput output, CancellationToken cancellation)
    {
        long count = starts.Length / sizeof(long), start = 0;
        bool more = links.Next(out PlaceLink next);
        var ranges = new List<(long Start, long End, ulong Kept)>();
        DocumentPass.Run(parts.Files, parts.Workers, () => new SubstringUnits(options.Tokenizer), static (units, document) => units.Lay(document.Text), (document, text) =>
        {
            ranges.Clear();
            long end = start + text.Laid.Length;
            while (more && (long)next.Place < end)
            {
                Add(ranges, next);
                more = links.Next(out next);
            }
            List<RemovedSpan> spans = ranges.Count == 0 ? [] : Spans(text, start, ranges, kept => kept == Nowhere ? null : names.Id(DocumentAt(starts, count, (long)kept)));
            start = end + options.Width;
            if (spans.Count == 0)
            {
                output.Keep(document.Document);
                return;
            }
            string left = UnitDeduplication.Cut(document.Document.Text, spans);
            if (left.AsSpan().Trim().Length < Math.Max(1, options.LeastLeft))
                output.Remove(in document, new Removal("repeated_substrings", left.Length, options.LeastLeft), spans[0].Kept, spans);
            else
                output.KeepChanged(in document, document.Document with { Text = left }, "repeated_substring", spans);
        }, parts.Pass(1, 2), cancellation);
    }

    /// <summary>Adds a window to the ranges; of one that overlaps the copy that stays, only what reaches beyond it.</summary>
    private void Add(List<(long Start, long End, ulong Kept)> ranges, in PlaceLink window)
    {
        long from = (long)window.Place, to = from + options.LeastBytes;
        if (window.Other != Nowhere)
            from = Math.Max(from, (long)window.Other + options.LeastBytes);
        if (ranges.Count > 0 && from <= ranges[^1].End)
        {
            // One range goes on as long as what stays goes on in step with it, or it is covered anyway.
            (long start, long end, ulong kept) = ranges[^1];
            ranges[^1] = (start, Math.Max(end, to), kept);
        }
        else
            ranges.Add((from, to, window.Other));
    }

    /// <summary>Ranges of bytes as spans of UTF-16, drawn in to whole characters; those of too few characters are left out.</summary>
    private List<RemovedSpan> Spans(LaidText text, long documentStart, List<(long Start, long End, ulong Kept)> ranges, Func<ulong, string?> idOf)
    {
        var spans = new List<RemovedSpan>();
        byte[] bytes = text.Text;
        int at = 0, units = 0;
        foreach ((long rangeStart, long rangeEnd, ulong kept) in ranges)
        {
            int from = text.ByteOf((int)(rangeStart - documentStart), options.Width), to = text.ByteOf((int)Math.Min(text.Laid.Length, rangeEnd - documentStart), options.Width);
            from = Math.Max(from, at);
            to = Math.Max(from, to);
            while (from < to && (bytes[from] & 0xC0) == 0x80)
                from++;
            while (to > from && to < bytes.Length && (bytes[to] & 0xC0) == 0x80)
                to--;
            units += Encoding.UTF8.GetCharCount(bytes, at, from - at);
            int length = Encoding.UTF8.GetCharCount(bytes, from, to - from), characters = 0;
            foreach (byte value in bytes.AsSpan(from..to))
                characters += (value & 0xC0) != 0x80 ? 1 : 0;
            if (characters >= options.LeastCharacters && length > 0)
                spans.Add(new RemovedSpan(new TextSpan(units, length), idOf(kept)));
            units += length;
            at = to;
        }
        return spans;
    }

    private static long DocumentAt(MappedFile starts, long count, long place)
    {
        long low = 0, high = count;
        while (high - low > 1)
        {
            long middle = (low + high) / 2;
            if (starts.Read<long>(middle * sizeof(long)) <= place)
                low = middle;
            else
                high = middle;
        }
        return low;
    }
}
