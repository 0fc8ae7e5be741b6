using System.IO.Compression;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Athanor.Tokenizers.Training;

namespace Athanor.Tokenizers.Tests.Training;

public sealed class DocumentSourceTests : IDisposable
{
    private static readonly JsonSerializerOptions Unescaped = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly string _folder = Directory.CreateTempSubdirectory("athanor-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_text_file_is_one_document_without_its_byte_order_mark()
    {
        string text = string.Concat(Enumerable.Repeat("line one\r\nline two\n", 40_000));
        Assert.Equal([text], Read(DocumentSource.TextFile(Write("a.txt", "\uFEFF" + text))));
        Assert.Equal([], Read(DocumentSource.TextFile(Write("empty.txt", ""))));
    }

    [Fact]
    public void Lines_are_documents_wherever_blocks_end()
    {
        for (int shift = 0; shift < 4; shift++)
        {
            // The line end of the first line lies around the end of the first block.
            string first = new('x', TextFileSource.BlockSize - 2 + shift);
            string path = Write($"lines{shift}.txt", $"{first}\r\nb\r\n\n\rc\rd\r\ne\r");
            Assert.Equal([first, "b", "", "\rc\rd", "e\r"], Read(DocumentSource.Lines(path)));
            Assert.Equal([first + "\r\n", "b\r\n", "\n", "\rc\rd\r\n", "e\r"], Read(DocumentSource.Lines(path, keepLineEnds: true)));
        }
    }

    [Fact]
    public void Json_lines_give_the_unescaped_text_of_every_line()
    {
        string[] texts =
        [
            "plain", "", "quotes \" \\ / \b\f\n\r\t", "\u00e9\u65e5\U0001F600 \u0001", new string('y', 200_000) + "\n" + new string('z', 70_000),
            .. Enumerable.Range(0, 3000).Select(i => new string((char)('a' + i % 26), i % 97) + "\n\u20ac"),
        ];
        IEnumerable<string> lines = texts.Select((text, i) => i % 3 == 0
            ? JsonSerializer.Serialize(new { id = i, meta = new { text = "not this", list = new object?[] { 1.5e-3, null, true, "}]\"" } }, text, after = new[] { "text" } })
            : JsonSerializer.Serialize(new { text }, Unescaped));
        string path = Write("a.jsonl", "\uFEFF" + string.Join("\r\n\n", lines));
        Assert.Equal(texts, Read(DocumentSource.JsonLines(path)));

        string packed = Path.Combine(_folder, "a.jsonl.gz");
        using (var gzip = new GZipStream(File.Create(packed), CompressionLevel.Fastest))
            gzip.Write(File.ReadAllBytes(path));
        Assert.Equal(texts, Read(DocumentSource.JsonLines(packed)));
    }

    [Theory]
    [InlineData("\"\\ud83d\\ude00\"", "\U0001F600")]
    [InlineData("\"\\ud83dx\"", "\uFFFDx")]
    [InlineData("\"\\ud83d\\n\"", "\uFFFD\n")]
    [InlineData("\"\\ud83d\\ud83d\\ude00\"", "\uFFFD\U0001F600")]
    [InlineData("\"\\ude00\"", "\uFFFD")]
    public void Surrogate_escapes_become_characters(string json, string text) =>
        Assert.Equal([text], Read(DocumentSource.JsonLines(Write("s.jsonl", $"{{\"te\\u0078t\" : {json}}}"))));

    [Theory]
    [InlineData("{\"text\":\"ok\"}\n{\"body\":\"x\"}", "Line 2", "no string field 'text'")]
    [InlineData("{}", "Line 1", "no string field 'text'")]
    [InlineData("{\"text\":5}", "Line 1", "not a string")]
    [InlineData("{\"text\":\"abc", "Line 1", "ends within a string")]
    [InlineData("{\"text\":\"a\nb\"}", "Line 1", "bare control character")]
    [InlineData("{\"text\":\"a\"} x", "Line 1", "more behind its object")]
    [InlineData("{\"text\":\"\\q\"}", "Line 1", "unknown escape")]
    [InlineData("{\"text\":\"\\u12\"}", "Line 1", "four hexadecimal digits")]
    [InlineData("[1]", "Line 1", "an object")]
    [InlineData("{\"a\":[[1,2],\n", "Line 1", "ends within a value")]
    [InlineData("{\"a\":}", "Line 1", "no value")]
    public void Broken_json_names_file_line_and_problem(string json, string line, string problem)
    {
        string path = Write("broken.jsonl", json);
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => Read(DocumentSource.JsonLines(path)));
        Assert.StartsWith(line, error.Message, StringComparison.Ordinal);
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Deep_nesting_is_refused()
    {
        string path = Write("deep.jsonl", $"{{\"a\":{new string('[', 100_000)}");
        Assert.Contains("nests deeper", Assert.Throws<InvalidDataException>(() => Read(DocumentSource.JsonLines(path))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_is_read_in_the_order_of_its_paths()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "sub"));
        Write("b.txt", "B");
        Write("a.jsonl", "{\"text\":\"A1\"}\n{\"text\":\"A2\"}");
        Write("sub/c.md", "C");
        Assert.Equal(["A1", "A2", "B", "C"], Read(DocumentSource.Folder(_folder)));
        Assert.Equal(["B"], Read(DocumentSource.Folder(_folder, "*.txt")));
        Assert.Equal(["C", "B"], Read(DocumentSource.Concat(DocumentSource.Folder(_folder, "*.md"), DocumentSource.TextFile(Path.Combine(_folder, "b.txt")))));
        Assert.Contains("*.none", Assert.Throws<FileNotFoundException>(() => Read(DocumentSource.Folder(_folder, "*.none"))).Message, StringComparison.Ordinal);
    }

    private string Write(string name, string text)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, Encoding.UTF8.GetBytes(text));
        return path;
    }

    private static List<string> Read(DocumentSource source)
    {
        List<string> documents = [];
        var open = new MemoryStream();
        foreach (TextSegment segment in source.Segments())
        {
            open.Write(segment.Bytes.Span);
            if (!segment.EndsDocument)
                continue;
            documents.Add(Encoding.UTF8.GetString(open.ToArray()));
            open.SetLength(0);
        }
        Assert.Equal(0, open.Length);
        return documents;
    }
}
