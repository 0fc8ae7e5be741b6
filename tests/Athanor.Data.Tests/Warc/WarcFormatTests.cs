using System.IO.Compression;
using System.Text;
using Athanor.Data.Documents;
using Athanor.Data.Readers;
using Athanor.Data.Tests.Readers;
using Athanor.Data.Tests.Testing;
using Athanor.Data.Warc;
using Athanor.Testing;

namespace Athanor.Data.Tests.Warc;

public sealed class WarcFormatTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Parts_of_any_size_and_a_new_beginning_behind_each_document_give_the_same_documents(bool gzip)
    {
        var random = new Random(3);
        byte[][] records = [.. Enumerable.Range(0, 40).Select(i => i % 7 == 3 ? WarcText.Record($"{i}", "x"u8, "request") : WarcText.Page($"{i}", Letters(random, random.Next(6000))))];
        byte[][] pieces = gzip ? [.. records.Chunk(2).SelectMany(two => random.Next(3) == 0 ? [WarcText.Gzip([.. two[0], .. two[1]])] : two.Select(one => WarcText.Gzip(one)))] : records;
        FormatReader reader = Reader(Write(gzip ? "a.warc.gz" : "a.warc", [.. pieces.SelectMany(piece => piece)]));
        List<Document> whole = Reading.All(reader, out ReadProblems problems);
        Assert.Equal(0, problems.Total);
        Assert.Equal(Enumerable.Range(0, 40).Where(i => i % 7 != 3).Select(i => $"{i}"), whole.Select(document => document.Id));
        foreach (int size in (int[])[50, 1000, 9000])
        {
            Reading.Same(whole, Reading.All(reader, out problems, size));
            Assert.Equal(0, problems.Total);
            Reading.Same(whole, Reading.Resumed(reader, out problems, size));
            Assert.Equal(0, problems.Total);
        }
    }

    [Fact]
    public void The_origin_is_where_a_record_can_be_opened_again()
    {
        byte[] file = [.. WarcText.Gzip(WarcText.Page("a", "first")), .. WarcText.Gzip(WarcText.Page("b", "second"))];
        Document second = Reading.All(Reader(Write("a.warc.gz", file)), out _)[1];
        using var member = new GZipStream(new MemoryStream(file[(int)second.Origin!.Offset..]), CompressionMode.Decompress);
        Assert.EndsWith("second\r\n\r\n", new StreamReader(member).ReadToEnd(), StringComparison.Ordinal);
        Assert.Equal("http://x.test/b", second.Metadata["url"]);
    }

    [Fact]
    public void Lengths_that_lie_cost_no_other_record()
    {
        byte[] page = Encoding.UTF8.GetBytes("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\nlying");
        foreach (int wrong in (int[])[-3, -30, 4, 60, 400, 100_000])
        {
            byte[][] records = [WarcText.Page("a", "before"), WarcText.Record("b", page, length: page.Length + wrong), WarcText.Page("c", "behind")];
            foreach (bool gzip in (bool[])[false, true])
            {
                List<Document> read = Reading.All(Reader(Write(gzip ? "a.warc.gz" : "a.warc", [.. records.SelectMany(record => gzip ? WarcText.Gzip(record) : record)])), out ReadProblems problems);
                Assert.Equal(["before", "lying", "behind"], read.Select(document => document.Text));
                Assert.Equal(("b", 1L), (read[1].Id, problems.Counts[ReadProblemKind.BadRecord]));
            }
        }
    }

    [Fact]
    public void Damage_and_truncation_are_named_and_reading_goes_on_behind_them()
    {
        byte[][] members = [.. Enumerable.Range(0, 3).Select(i => WarcText.Gzip(WarcText.Page($"{i}", Letters(new Random(i), 3000))))];
        byte[] file = [.. members[0], .. members[1], .. members[2]];
        file[members[0].Length + 900] ^= 0x55;
        List<Document> read = Reading.All(Reader(Write("a.warc.gz", file)), out ReadProblems problems);
        Assert.Equal(["0", "2"], read.Select(document => document.Id));
        Assert.Equal((ReadProblemKind.Damaged, (long)members[0].Length), (problems.First[0].Kind, problems.First[0].Offset));
        file[members[0].Length + 900] ^= 0x55;
        for (int cut = 1; cut < members[2].Length; cut += 37)
        {
            read = Reading.All(Reader(Write("a.warc.gz", file[..^cut])), out problems);
            Assert.Equal(["0", "1"], read.Select(document => document.Id));
            Assert.Equal(ReadProblemKind.Truncated, Assert.Single(problems.First).Kind);
        }
    }

    [Fact]
    public void A_record_that_unpacks_to_gigabytes_is_left_and_the_next_one_is_read()
    {
        var bomb = new MemoryStream();
        using (var gzip = new GZipStream(bomb, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            gzip.Write(WarcText.Record("b", "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"u8, length: 2_000_000_000, end: ""));
            byte[] zeros = new byte[1 << 20];
            for (int i = 0; i < 100; i++)
                gzip.Write(zeros);
        }
        List<Document> read = Reading.All(Reader(Write("a.warc.gz", [.. bomb.ToArray(), .. WarcText.Gzip(WarcText.Page("c", "behind"))])), out ReadProblems problems);
        Assert.Equal("behind", Assert.Single(read).Text);
        Assert.Equal([ReadProblemKind.Bomb, ReadProblemKind.TooLong], problems.Counts.Keys);
    }

    [Theory]
    [InlineData("Content-Type: text/html\r\nTransfer-Encoding: chunked\r\n", "4\r\nWiki\r\n6;x=1\r\npedia \r\nB\r\nin \r\nchunks\r\n0\r\n\r\n", "Wikipedia in \r\nchunks")]
    [InlineData("Content-Type: text/html\r\nTransfer-Encoding: chunked\r\n", "<p>no chunks", "<p>no chunks")]
    [InlineData("Content-Type: text/html\r\nContent-Encoding: gzip\r\n", "<p>not packed", "<p>not packed")]
    [InlineData("", "<!DOCTYPE html><p>sniffed", "<!DOCTYPE html><p>sniffed")]
    [InlineData("content-type:text/html;\r\n charset=\"utf-8\"\r\n", "<p>folded", "<p>folded")]
    public void Bodies_are_what_the_bytes_say(string head, string body, string text) =>
        Assert.Equal(text, Assert.Single(Reading.All(Reader(Write("a.warc", WarcText.Page("a", body, head))), out _)).Text);

    [Fact]
    public void Packed_bodies_are_unpacked_within_bounds()
    {
        byte[] head = Encoding.UTF8.GetBytes("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n\r\n");
        byte[] file = [.. WarcText.Record("a", [.. head, .. WarcText.Gzip("<p>packed"u8)]), .. WarcText.Record("b", [.. head, .. WarcText.Gzip(new byte[80 << 20])])];
        Assert.Equal("<p>packed", Assert.Single(Reading.All(Reader(Write("a.warc", file)), out ReadProblems problems)).Text);
        Assert.Equal(ReadProblemKind.Damaged, Assert.Single(problems.First).Kind);
    }

    [Fact]
    public void A_damaged_body_costs_its_record_alone()
    {
        byte[] file = [.. WarcText.Page("a", "\u0001\u0002nonsense", "Content-Type: text/html\r\nContent-Encoding: br\r\n"), .. WarcText.Page("b", "<p>fine")];
        Assert.Equal("<p>fine", Assert.Single(Reading.All(Reader(Write("a.warc", file)), out ReadProblems problems)).Text);
        Assert.Equal(ReadProblemKind.Damaged, Assert.Single(problems.First).Kind);
    }

    [Fact]
    public void What_is_not_asked_for_is_counted_and_wet_is_text()
    {
        byte[] file = [
            .. WarcText.Record("i", "software: x\r\n"u8, "warcinfo", "application/warc-fields"), .. WarcText.Page("png", "x", "Content-Type: image/png\r\n"),
            .. WarcText.Record("404", "HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\n\r\nno"u8), .. WarcText.Record("wet", "Grüße\n"u8, "conversion", "text/plain")];
        Document wet = Assert.Single(Reading.All(Reader(Write("a.warc", file)), out ReadProblems problems));
        Assert.Equal(("wet", "Gr\u00fc\u00dfe\n"), (wet.Id, wet.Text));
        Assert.Equal(2, problems.Counts[ReadProblemKind.NotAsked]);
    }

    [SharedDataFact("warc/dolma-sample-0000.warc.gz")]
    public void Real_files_are_read()
    {
        (string File, int Documents, string Charset)[] expected = [("dolma-sample-0000", 22, "utf-8"), ("dolma-sample-0001", 15, "utf-8"), ("resiliparse-clueweb-quirk", 29, "euc-jp"), ("resiliparse-clipped", 0, ""), ("resiliparse-warcfile", 16, "")];
        foreach ((string file, int documents, string charset) in expected)
        {
            FormatReader reader = Reader(SharedData.Path($"warc/{file}.warc.gz"));
            List<Document> read = Reading.All(reader, out ReadProblems problems);
            string said = $"{file}: {read.Count} documents, {string.Join(", ", problems.Counts)}: {string.Join(" | ", problems.First)}";
            Assert.True(read.Count == documents, said);
            Assert.All(read, document => Assert.Contains("<", document.Text, StringComparison.Ordinal));
            Assert.True(charset.Length == 0 || read.Count(document => document.Metadata["charset"] == charset) * 2 >= read.Count, said);
            Reading.Same(read, Reading.Resumed(reader, out _, 20_000));
        }
    }

    private static string Letters(Random random, int count) => string.Create(count, random, static (text, random) =>
    {
        for (int i = 0; i < text.Length; i++)
            text[i] = (char)('a' + random.Next(26));
    });

    private string Write(string name, byte[] bytes)
    {
        File.WriteAllBytes(_folder[name], bytes);
        return _folder[name];
    }

    private static FormatReader Reader(string path) => new(path, new WarcFormat(["text/html", "application/xhtml+xml"], anyStatus: false, new ReadLimits()));
}
