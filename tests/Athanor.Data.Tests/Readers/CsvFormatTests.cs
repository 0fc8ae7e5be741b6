using Athanor.Data.Documents;
using Athanor.Data.Readers;
using Athanor.Data.Tests.Testing;
using Athanor.Data.Writers;

namespace Athanor.Data.Tests.Readers;

public sealed class CsvFormatTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Quoted_fields_hold_separators_line_ends_and_quotes()
    {
        string path = _folder.Write("a.csv", "\uFEFFid,text,lang\r\n7,\"one, \"\"two\"\"\r\nthree\",en\r\n\r\n8,bare \" quote,\n9,\"\",\"x\"tail\n");
        List<Document> read = Reading.All(Reader(path), out ReadProblems problems);
        Assert.Equal(0, problems.Total);
        Assert.Equal([("7", "one, \"two\"\r\nthree"), ("8", "bare \" quote"), ("9", "")], read.Select(document => (document.Id, document.Text)));
        Assert.Equal(["en", "", "xtail"], read.Select(document => document.Metadata.GetValueOrDefault("lang", "")));
        Assert.Equal([17L, 47, 63], read.Select(document => document.Origin!.Offset));
        Reading.Same(read, Reading.Resumed(Reader(path), out _));
    }

    [Fact]
    public void Tabs_headers_and_quotes_are_as_said()
    {
        string path = _folder.Write("a.tsv", "x\t\"a\nq\tb\n");
        var reader = new FormatReader(path, new CsvFormat(new CsvColumns("2", "1", ""), 0, header: false, quotes: false, new ReadLimits()));
        Assert.Equal([("x", "\"a"), ("q", "b")], Reading.All(reader, out _).Select(document => (document.Id, document.Text)));
    }

    [Fact]
    public void Wrong_records_are_counted_and_a_quote_without_an_end_costs_one_line()
    {
        byte[] bytes = [.. "id,text\n1\n2,b,c\n3,\""u8, .. new byte[100].Select(_ => (byte)'x'), .. "\n4,fine\n5,bad"u8, 0xFF, .. "\n6,\"cut"u8];
        File.WriteAllBytes(_folder["a.csv"], bytes);
        List<Document> read = Reading.All(new FormatReader(_folder["a.csv"], new CsvFormat(new CsvColumns("text", "id", ""), 0, true, true, new ReadLimits(40))), out ReadProblems problems);
        Assert.Equal([("4", "fine"), ("5", "bad\uFFFD")], read.Select(document => (document.Id, document.Text)));
        Assert.Equal([(ReadProblemKind.Truncated, 1L), (ReadProblemKind.TooLong, 1), (ReadProblemKind.BadRecord, 2), (ReadProblemKind.InvalidText, 1)], problems.Counts.Select(pair => (pair.Key, pair.Value)));
        Assert.Contains("text_column", Problem(_folder.Write("b.csv", "a,b\n1,2\n")).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_writer_writes_is_read_back()
    {
        Document[] documents = [.. Enumerable.Range(0, 50).Select(i => new Document($"d{i}", $"Line \"{i}\",\r\nnext\n") { Source = i % 2 == 0 ? "s" : "t" })];
        using (CsvDocumentWriter writer = new CsvDocumentWriter(_folder["a.csv"]))
        {
            foreach (Document document in documents)
                writer.Write(document);
            writer.Finish();
        }
        Assert.Equal(documents.Select(document => (document.Id, document.Text, document.Source)), Reading.All(Reader(_folder["a.csv"], "source"), out _).Select(document => (document.Id, document.Text, document.Source)));
    }

    private static ReadProblem Problem(string path)
    {
        Assert.Empty(Reading.All(Reader(path), out ReadProblems problems));
        return Assert.Single(problems.First);
    }

    private static FormatReader Reader(string path, string source = "") => new(path, new CsvFormat(new CsvColumns("text", "id", source), 0, header: true, quotes: true, new ReadLimits()));
}
