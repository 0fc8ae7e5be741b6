using System.Text;
using Athanor.Data.Documents;
using Athanor.Data.Readers;
using Athanor.Data.Tests.Testing;

namespace Athanor.Data.Tests.Documents;

public sealed class TextFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Files_come_in_the_order_of_their_paths_and_others_are_left_alone()
    {
        _folder.Write("b.txt", "B");
        _folder.Write("a/z.md", "\uFEFF  A \r\n");
        _folder.Write("c.bin", "no");
        _folder.Write("d.txt", " \n");
        Document[] read = [.. new TextFolder(_folder.FullName, Source: "mine").Read()];
        Assert.Equal(["A", "B"], read.Select(document => document.Text));
        Assert.Equal(["a/z.md@5", "b.txt@0"], read.Select(document => document.Id));
        Assert.All(read, document => Assert.Equal("mine", document.Source));
    }

    [Theory]
    [InlineData(TextUnit.File, new[] { "one\ntwo\n\nthree<|end|>\nfour <|end|> five" })]
    [InlineData(TextUnit.Paragraph, new[] { "one\ntwo", "three<|end|>\nfour <|end|> five" })]
    [InlineData(TextUnit.Delimiter, new[] { "one\ntwo\n\nthree", "four", "five" })]
    [InlineData(TextUnit.Line, new[] { "one", "two", "three<|end|>", "four <|end|> five" })]
    public void A_document_is_what_the_unit_says(TextUnit unit, string[] expected)
    {
        string path = _folder.Write("text.txt", "one\r\ntwo\r\n \r\nthree<|end|>\r\nfour <|end|> five\r\n");
        Document[] read = [.. new TextFolder(path, unit, "<|end|>").Read()];
        Assert.Equal(expected.Select(text => unit is TextUnit.File or TextUnit.Delimiter ? text.Replace("two\n\n", "two\n \n", StringComparison.Ordinal) : text), read.Select(document => document.Text));
        byte[] bytes = File.ReadAllBytes(path);
        Assert.All(read, document => Assert.Equal(document.Text[0], (char)bytes[document.Origin!.Offset]));
    }

    [Fact]
    public void Long_files_are_cut_as_naive_code_cuts_them()
    {
        var random = new Random(5);
        var text = new StringBuilder();
        for (int i = 0; i < 3000; i++)
            text.Append(new string((char)('a' + random.Next(26)), random.Next(1, 400))).Append(random.Next(3) == 0 ? "\n\n" : "\n");
        string path = _folder.Write("long.txt", text.ToString());
        string[] naive = [.. text.ToString().Split("\n\n").Select(part => part.Trim('\n')).Where(part => part.Length > 0)];
        Document[] read = [.. new TextFolder(path, TextUnit.Paragraph).Read()];
        Assert.Equal(naive, read.Select(document => document.Text));
        byte[] bytes = File.ReadAllBytes(path);
        Assert.All(read, document => Assert.Equal(document.Text, Encoding.UTF8.GetString(bytes, (int)document.Origin!.Offset, document.Text.Length)));
    }

    [Fact]
    public void What_is_wrong_with_files_is_counted_and_named_and_reading_goes_on()
    {
        _folder.Write("a.txt", "A\0B");
        _folder.Write("b.txt", "");
        File.WriteAllBytes(_folder["c.txt"], [.. "C"u8, 0xFF, .. "D"u8]);
        using (var packed = new System.IO.Compression.GZipStream(File.Create(_folder["d.txt.gz"]), System.IO.Compression.CompressionLevel.Optimal))
            packed.Write(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 5000).Select(i => $"line {i}\n"))));
        File.WriteAllBytes(_folder["d.txt.gz"], File.ReadAllBytes(_folder["d.txt.gz"])[..^200]);
        _folder.Write("e.txt", "E");
        var problems = new ReadProblems();
        Document[] read = [.. new TextFolder(_folder.FullName).Read(null, problems)];
        Assert.Equal(["A\0B", "C\uFFFDD", "E"], read.Select(document => document.Text));
        Assert.Equal([(ReadProblemKind.NulBytes, "a.txt"), (ReadProblemKind.Empty, "b.txt"), (ReadProblemKind.InvalidText, "c.txt"), (ReadProblemKind.Truncated, "d.txt.gz")], problems.First.Select(problem => (problem.Kind, problem.File)));
        var error = Assert.Throws<InvalidDataException>(() => new TextFolder(_folder.FullName).Read().ToArray());
        Assert.Contains("d.txt.gz", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_folder_says_what_is_missing()
    {
        var error = Assert.Throws<IOException>(() => new TextFolder(_folder.FullName).Read().ToArray());
        Assert.Contains(".txt", error.Message, StringComparison.Ordinal);
    }
}
