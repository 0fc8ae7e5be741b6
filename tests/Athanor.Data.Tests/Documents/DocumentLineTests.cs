using System.Text;
using System.Text.Json;
using Athanor.Data.Documents;

namespace Athanor.Data.Tests.Documents;

public sealed class DocumentLineTests
{
    private static readonly string[] Pieces = ["a", "word ", "\n", "\"", "\\", "\t", "\r\n", "\u0001", "/", "\u00e9", "\u4e2d", "\ud83d\ude00", "\u2028", "<&>", "\u007f", "\\u0041", "{\"text\":\"", new string('x', 100)];

    [Fact]
    public void Documents_as_they_are_written_are_read_as_the_general_reader_reads_them()
    {
        var random = new Random(11);
        using var buffer = new JsonLineBuffer();
        for (int i = 0; i < 3000; i++)
        {
            var document = new Document(Text(random, 3), Text(random, 40))
            {
                Source = Text(random, 2),
                Metadata = Enumerable.Range(0, random.Next(4)).ToDictionary(number => $"{number}{Text(random, 1)}", _ => Text(random, 3)),
                Origin = new DocumentOrigin(Text(random, 2), random.NextInt64()),
            };
            buffer.Clear();
            buffer.Write(document);
            Document read = DocumentLine.TryParse(buffer.Bytes[..^1])!;
            Same(document, read);
            Same(DocumentFile.ParseAny("f", new TextLine(1, 0, buffer.Bytes[..^1].ToArray())), read);
            // The default encoder writes everything beyond ASCII as \u escapes.
            string escaped = JsonSerializer.Serialize(new { id = document.Id, text = document.Text, origin = new { file = "f", offset = 1 } });
            Assert.Equal(document.Text, DocumentLine.TryParse(Encoding.UTF8.GetBytes(escaped))!.Text);
        }
    }

    [Theory]
    [InlineData("{\"id\":\"a\",\"text\":\"b\"}")]
    [InlineData("{\"text\":\"b\",\"origin\":{\"file\":\"f\",\"offset\":1}}")]
    [InlineData("{ \"id\":\"a\",\"text\":\"b\",\"origin\":{\"file\":\"f\",\"offset\":1}}")]
    [InlineData("{\"id\":\"a\",\"text\":\"b\",\"origin\":{\"file\":\"f\",\"offset\":1}}x")]
    [InlineData("{\"id\":\"a\",\"text\":\"b\",\"origin\":{\"file\":\"f\",\"offset\":1}")]
    [InlineData("{\"id\":\"a\",\"text\":\"\\ud800\",\"origin\":{\"file\":\"f\",\"offset\":1}}")]
    [InlineData("{\"id\":\"a\",\"text\":\"\\x\",\"origin\":{\"file\":\"f\",\"offset\":1}}")]
    [InlineData("{\"id\":\"a\",\"text\":\"b\\")]
    [InlineData("{\"id\":\"a\",\"text\":\"b\\u12")]
    [InlineData("{\"id\":\"a\",\"text\":\"b\u0002\",\"origin\":{\"file\":\"f\",\"offset\":1}}")]
    [InlineData("{\"id\":\"a\",\"text\":\"b\",\"text\":\"c\",\"origin\":{\"file\":\"f\",\"offset\":1}}")]
    [InlineData("{\"id\":\"a\",\"text\":\"b\",\"origin\":{\"file\":\"f\",\"offset\":1.5}}")]
    [InlineData("{\"id\":7,\"text\":\"b\",\"origin\":{\"file\":\"f\",\"offset\":1}}")]
    [InlineData("")]
    public void Other_forms_are_left_to_the_general_reader(string line) =>
        Assert.Null(DocumentLine.TryParse(Encoding.UTF8.GetBytes(line)));

    [Fact]
    public void Text_that_is_not_utf8_is_left_to_the_general_reader() =>
        Assert.Null(DocumentLine.TryParse([.. "{\"id\":\"a\",\"text\":\""u8, 0xC3, 0x28, .. "\",\"origin\":{\"file\":\"f\",\"offset\":1}}"u8]));

    /// <summary>Cut anywhere or with any byte changed, a line is read as the general reader reads it, or not at all.</summary>
    [Fact]
    public void Broken_lines_never_become_other_documents()
    {
        var random = new Random(12);
        byte[] line = Encoding.UTF8.GetBytes("{\"id\":\"a\",\"text\":\"b\\n\\u00e9\\ud83d\\ude00\\\\ c\",\"source\":\"s\",\"metadata\":{\"k\":\"v\",\"l\":\"w\"},\"origin\":{\"file\":\"f\",\"offset\":12}}");
        Assert.NotNull(DocumentLine.TryParse(line));
        for (int i = 0; i < 20_000; i++)
        {
            byte[] broken = line[..(random.Next(4) == 0 ? random.Next(line.Length) : line.Length)];
            for (int change = random.Next(1, 3); change > 0 && broken.Length > 0; change--)
                broken[random.Next(broken.Length)] = (byte)random.Next(random.Next(2) == 0 ? 128 : 256);
            if (DocumentLine.TryParse(broken) is { } read)
                Same(DocumentFile.ParseAny("f", new TextLine(1, 0, broken)), read);
        }
    }

    private static void Same(Document expected, Document read)
    {
        Assert.Equal((expected.Id, expected.Text, expected.Source, expected.Origin), (read.Id, read.Text, read.Source, read.Origin));
        Assert.Equal(expected.Metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal), read.Metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal));
    }

    private static string Text(Random random, int pieces) => string.Concat(Enumerable.Range(0, random.Next(pieces + 1)).Select(_ => Pieces[random.Next(Pieces.Length)]));
}
