using System.IO.Compression;
using System.Text;
using Athanor.Data.Documents;
using Athanor.Data.Tests.Testing;

namespace Athanor.Data.Tests.Documents;

public sealed class DocumentFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_is_written_reads_back()
    {
        Document[] documents =
        [
            new("a", "Plain."),
            new("b/ü", "Line\nline\t\"quoted\" \\ \u00e9\u4e2d\ud83d\ude00\u2028\0") { Source = "s", Metadata = new Dictionary<string, string> { ["type"] = "T", ["x"] = "" }, Origin = new DocumentOrigin("f.xml", 1L << 40) },
            new("c", new string('x', 300_000)),
        ];
        string path = _folder["d.jsonl"];
        using (var writer = new DocumentWriter(path))
        {
            foreach (Document document in documents)
                writer.Write(document);
        }
        Document[] read = [.. DocumentFile.Read(path)];
        Assert.Equal(documents.Select(document => document.Text), read.Select(document => document.Text));
        Assert.Equal(documents.Select(document => document.Id), read.Select(document => document.Id));
        Assert.Equal(documents[1].Metadata, read[1].Metadata);
        Assert.Equal(documents[1].Origin, read[1].Origin);
        Assert.Equal("s", read[1].Source);
    }

    [Fact]
    public void Foreign_files_keep_their_other_keys_as_metadata_and_get_ids_and_origins()
    {
        string path = _folder["foreign.jsonl.gz"];
        using (var gzip = new GZipStream(File.Create(path), CompressionLevel.Fastest))
            gzip.Write(Encoding.UTF8.GetBytes("{\"url\":\"http://a\",\"text\":\"one\",\"score\":0.5,\"tags\":[1,2],\"none\":null}\r\n\r\n{\"id\":7,\"text\":\"two\"}"));
        Document[] read = [.. DocumentFile.Read(path)];
        Assert.Equal(["one", "two"], read.Select(document => document.Text));
        Assert.Equal(["foreign.jsonl.gz@0", "7"], read.Select(document => document.Id));
        Assert.Equal("http://a", read[0].Metadata["url"]);
        Assert.Equal("0.5", read[0].Metadata["score"]);
        Assert.Equal("[1,2]", read[0].Metadata["tags"]);
        Assert.Equal(72, read[1].Origin!.Offset);
    }

    [Theory]
    [InlineData("{\"text\":\"a\"}\n{\"text\":3}", 2, "no string \"text\"")]
    [InlineData("{\"id\":\"a\"}", 1, "no string \"text\"")]
    [InlineData("\n[1]", 2, "JSON object")]
    [InlineData("{\"text\":\"a\"}\n{\"text\":\"b", 2, "no JSON")]
    [InlineData("{\"text\":\"\\ud800\"}", 1, "no JSON")]
    public void A_line_that_is_no_document_is_named(string text, long line, string problem)
    {
        string path = _folder.Write("bad.jsonl", text);
        var error = Assert.Throws<DocumentException>(() => DocumentFile.Read(path).ToArray());
        Assert.Equal(line, error.Line);
        Assert.StartsWith($"{path}:{line}: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
    }
}
