using Athanor.Data.Charsets;
using Athanor.Data.Documents;
using Athanor.Data.Readers;

namespace Athanor.Data.Warc;

/// <summary>
/// Crawl files: the pages of <c>response</c> and <c>resource</c> records as markup, the texts of <c>conversion</c> records (WET). A document's origin is the byte at which its
/// record, or the gzip member that holds it, begins.
/// </summary>
/// <param name="types">Media types that are taken, from <c>response</c> and <c>resource</c> records; <c>conversion</c> records are text by definition.</param>
/// <param name="anyStatus">Whether pages are taken that the server did not answer with 2xx.</param>
/// <param name="limits">What is borne.</param>
internal sealed class WarcFormat(IReadOnlyList<string> types, bool anyStatus, ReadLimits limits) : FileFormat
{
    /// <summary>Fields of responses that say what may be done with a page, or help to place it; kept as metadata.</summary>
    private static readonly (string Field, string Name)[] Kept = [("X-Robots-Tag", "x_robots_tag"), ("TDM-Reservation", "tdm_reservation"), ("TDM-Policy", "tdm_policy"), ("Content-Language", "content_language"), ("Last-Modified", "last_modified")];

    public override IReadOnlyList<string> Endings { get; } = [".warc.gz", ".warc", ".wet.gz", ".wet"];

    public override bool CanSplit(string path) => IsGzip(path);

    public override IEnumerable<PartDocument> Read(FilePart part, long position, ReadProblems problems, CancellationToken cancellation)
    {
        bool gzip = IsGzip(part.Path);
        long begin = position == 0 ? part.Start : gzip ? position >> WarcRecords.IndexBits : position;
        var input = new WarcInput(SourceStream.Raw(part.Path), gzip, begin, limits);
        using var records = new WarcRecords(input, part.Name, limits);
        if (position == 0 && part.Start > 0 && !input.FindRun(part.Start))
            yield break;
        int skip = position == 0 || !gzip ? 0 : (int)(position & ((1 << WarcRecords.IndexBits) - 1));
        while (skip > 0 && records.Move(part.End))
        {
            records.Close(out _);
            if (records.Index >= skip - 1)
                break;
        }
        records.Problems = problems;
        var page = new WarcHeader();
        while (records.Move(part.End))
        {
            cancellation.ThrowIfCancellationRequested();
            Document? document = Make(records, page, part.Name, problems, out bool withoutNul);
            if (records.Close(out long next) && document is not null)
                yield return new PartDocument(document, next) { WithoutNul = withoutNul };
        }
    }

    private static bool IsGzip(string path)
    {
        if (path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase))
            return true;
        using FileStream file = SourceStream.Raw(path);
        return file.ReadByte() == 0x1F && file.ReadByte() == 0x8B;
    }

    private Document? Make(WarcRecords records, WarcHeader page, string file, ReadProblems problems, out bool withoutNul)
    {
        withoutNul = false;
        WarcHeader head = records.Header;
        string kind = head["WARC-Type"], content = head["Content-Type"];
        ReadOnlyMemory<byte> body = records.Block;
        string type = MediaType(content);
        WarcHeader? http = null;
        switch (kind)
        {
            case "response" when type is "application/http" or "":
                int end = WarcHeader.EndOf(body.Span);
                if (end < 0 || !body.Span.StartsWith("HTTP/"u8))
                    return Refuse(ReadProblemKind.BadRecord, "the record holds no HTTP response");
                http = page;
                http.Read(body.Span[..end]);
                if (!anyStatus && !Status(http).StartsWith((byte)'2'))
                    return Refuse(ReadProblemKind.NotAsked, $"the server answered '{WarcHeader.Text(http.First)}'");
                content = http["Content-Type"];
                type = MediaType(content);
                try
                {
                    body = HttpBody.Of(http, body[end..], limits);
                }
                catch (InvalidDataException e)
                {
                    return Refuse(ReadProblemKind.Damaged, e.Message);
                }
                break;
            case "conversion" or "resource" or "response":
                break;
            default:
                return null;
        }
        if (type.Length == 0 && HttpBody.IsMarkup(body.Span))
            type = "text/html";
        if (kind != "conversion" && !types.Contains(type, StringComparer.OrdinalIgnoreCase))
            return Refuse(ReadProblemKind.NotAsked, $"the record's media type is '{type}'");
        string charset = Parameter(content, "charset");
        DecodedText text = TextDecoder.Decode(body.Span, charset, type != "text/plain", out withoutNul);
        if (!text.Valid)
            Refuse(ReadProblemKind.InvalidText, $"the record has bytes that are not {text.Charset}");
        return new Document(Id(head, file, records), text.Text) { Origin = new DocumentOrigin(file, records.Offset), Metadata = Metadata(head, http, type, text.Charset, records.Index) };

        Document? Refuse(ReadProblemKind problem, string detail)
        {
            problems.Add(new ReadProblem(problem, file, records.Offset, detail));
            return null;
        }
    }

    private static Dictionary<string, string> Metadata(WarcHeader head, WarcHeader? http, string type, string charset, int index)
    {
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        Add("url", head["WARC-Target-URI"].Trim('<', '>'));
        Add("date", head["WARC-Date"]);
        Add("content_type", type);
        Add("charset", charset);
        Add("language", head["WARC-Identified-Content-Language"]);
        Add("cut_by_crawler", head["WARC-Truncated"]);
        Add("warc_record", index > 0 ? index.ToString(System.Globalization.CultureInfo.InvariantCulture) : "");
        if (http is not null)
        {
            if (!Status(http).SequenceEqual("200"u8))
                Add("status", WarcHeader.Text(Status(http)));
            foreach ((string field, string name) in Kept)
                Add(name, http[field]);
        }
        return metadata;

        void Add(string name, string value)
        {
            if (value.Length > 0)
                metadata[name] = value;
        }
    }

    /// <summary>The second word of the first line.</summary>
    private static ReadOnlySpan<byte> Status(WarcHeader http)
    {
        ReadOnlySpan<byte> first = http.First.TrimStart((byte)' ');
        int word = first.IndexOf((byte)' ');
        if (word < 0)
            return [];
        first = first[word..].TrimStart((byte)' ');
        int end = first.IndexOf((byte)' ');
        return end < 0 ? first : first[..end];
    }

    private static string Id(WarcHeader head, string file, WarcRecords records)
    {
        string id = head["WARC-Record-ID"].Trim('<', '>');
        if (id.StartsWith("urn:uuid:", StringComparison.Ordinal))
            id = id["urn:uuid:".Length..];
        return id.Length > 0 ? id : records.Index > 0 ? FormattableString.Invariant($"{file}@{records.Offset}+{records.Index}") : FormattableString.Invariant($"{file}@{records.Offset}");
    }

    private static string MediaType(string value)
    {
        int end = value.AsSpan().IndexOfAny(';', ',');
        return (end < 0 ? value : value[..end]).Trim().ToLowerInvariant();
    }

    private static string Parameter(string value, string name)
    {
        int at = value.IndexOf(';', StringComparison.Ordinal);
        if (at < 0)
            return "";
        ReadOnlySpan<char> rest = value.AsSpan(at + 1);
        foreach (Range range in rest.Split(';'))
        {
            ReadOnlySpan<char> part = rest[range];
            int equals = part.IndexOf('=');
            if (equals >= 0 && part[..equals].Trim().Equals(name, StringComparison.OrdinalIgnoreCase))
                return part[(equals + 1)..].Trim().Trim("\"'").ToString();
        }
        return "";
    }
}
