using System.IO.Compression;
using System.Text;
using Athanor.Data.Documents;
using Athanor.Data.Readers;
using Athanor.Data.Tests.Testing;

namespace Athanor.Data.Tests.Readers;

public sealed class JsonLinesFormatTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Keys_are_the_documents_parts_and_others_metadata()
    {
        string path = _folder.Write("a.jsonl", "\uFEFF{\"body\":\"x\\ny\",\"key\":7,\"n\":1.50,\"list\":[1, 2],\"none\":null,\"metadata\":{\"lang\":\"de\"},\"origin\":{\"file\":\"w\",\"offset\":9}}\r\n\n{\"body\":\"z\"}");
        List<Document> documents = Reading.All(new FormatReader(path, new JsonLinesFormat(new JsonKeys("body", "key"), new ReadLimits()), "src"), out ReadProblems problems);
        Assert.Equal(0, problems.Total);
        Assert.Equal([("7", "x\ny", "src", new DocumentOrigin("w", 9)), ("a.jsonl@122", "z", "src", new DocumentOrigin("a.jsonl", 122))], documents.Select(d => (d.Id, d.Text, d.Source, d.Origin!)));
        Assert.Equal(["lang=de", "list=[1, 2]", "n=1.50"], documents[0].Metadata.Select(pair => $"{pair.Key}={pair.Value}").Order());
    }

    [Fact]
    public void Parts_of_any_size_and_a_new_beginning_behind_each_document_give_the_same_documents()
    {
        var random = new Random(7);
        var text = new StringBuilder();
        for (int i = 0; i < 60; i++)
            text.Append(i % 17 == 0 ? "{broken" : $"{{\"text\":\"{new string((char)('a' + (i % 26)), random.Next(60))}\"}}").Append(random.Next(3) == 0 ? "\r\n" : "\n");
        FormatReader reader = Reader(_folder.Write("a.jsonl", text.ToString()));
        List<Document> whole = Reading.All(reader, out ReadProblems one);
        Assert.Equal(4, one.Counts[ReadProblemKind.BadRecord]);
        foreach (int size in (int[])[3, 20, 99, 1000])
        {
            Reading.Same(whole, Reading.All(reader, out ReadProblems problems, size));
            Assert.Equal(one.First, problems.First);
            Reading.Same(whole, Reading.Resumed(reader, out problems, size));
            Assert.Equal(one.First, problems.First);
        }
    }

    [Fact]
    public void Bad_lines_are_counted_and_named_and_the_rest_is_read()
    {
        byte[] bytes = [.. "{\"text\":\"a\"}\n[1]\n{\"text\":5}\n{}\n{\"text\":\"b\"} x\n{\"text\":\"n\\u0000l\"}\n{\"text\":\""u8, 0xFF, .. "c\"}\n"u8];
        File.WriteAllBytes(_folder["a.jsonl"], bytes);
        List<Document> documents = Reading.All(Reader(_folder["a.jsonl"]), out ReadProblems problems);
        Assert.Equal(["a", "n\0l", "\uFFFDc"], documents.Select(document => document.Text));
        Assert.Equal([(ReadProblemKind.BadRecord, 4L), (ReadProblemKind.InvalidText, 1L), (ReadProblemKind.NulBytes, 1L)], problems.Counts.Select(pair => (pair.Key, pair.Value)));
        Assert.Equal([13L, 17, 28, 31], problems.First.Where(problem => problem.Kind == ReadProblemKind.BadRecord).Select(problem => problem.Offset));
    }

    [Fact]
    public void A_line_beyond_the_limit_is_passed_over_without_being_held()
    {
        using (var file = new StreamWriter(_folder["a.jsonl"]))
        {
            file.Write("{\"text\":\"a\"}\n{\"text\":\"");
            for (int i = 0; i < 100; i++)
                file.Write(new string('x', 1 << 20));
            file.Write("\"}\n{\"text\":\"b\"}\n");
        }
        long before = GC.GetAllocatedBytesForCurrentThread();
        List<Document> documents = Reading.All(new FormatReader(_folder["a.jsonl"], new JsonLinesFormat(new JsonKeys(), new ReadLimits(1 << 20))), out ReadProblems problems);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8 << 20);
        Assert.Equal(["a", "b"], documents.Select(document => document.Text));
        Assert.Equal(new ReadProblem(ReadProblemKind.TooLong, "a.jsonl", 13, problems.First[0].Detail), Assert.Single(problems.First));
    }

    [Fact]
    public void A_bomb_is_left_where_it_shows_itself()
    {
        using (var file = new GZipStream(File.Create(_folder["a.jsonl.gz"]), CompressionLevel.SmallestSize))
        {
            file.Write("{\"text\":\"a\"}\n"u8);
            byte[] blanks = new byte[1 << 20];
            Array.Fill(blanks, (byte)' ');
            for (int i = 0; i < 64; i++)
                file.Write(blanks);
        }
        List<Document> documents = Reading.All(Reader(_folder["a.jsonl.gz"]), out ReadProblems problems);
        Assert.Equal("a", Assert.Single(documents).Text);
        ReadProblem problem = Assert.Single(problems.First);
        Assert.Equal(ReadProblemKind.Bomb, problem.Kind);
        Assert.InRange(problem.Offset, ReadLimits.RatioSlack, 2 * ReadLimits.RatioSlack);
    }

    [Fact]
    public void Empty_vanished_and_changing_files_are_named()
    {
        _folder.Write("set/a.jsonl", "");
        _folder.Write("set/b.jsonl", "{\"text\":\"b\"}\n{\"text\":\"c\"}\n");
        _folder.Write("set/c.jsonl", "{\"text\":\"d\"}\n");
        FormatReader reader = Reader(_folder["set"]);
        ReadTask task = Assert.Single(reader.Tasks(1 << 20));
        File.Delete(_folder["set/c.jsonl"]);
        var problems = new ReadProblems();
        int read = 0;
        foreach (ReadDocument document in reader.Read(task, default, problems))
        {
            if (read++ == 0)
                File.AppendAllText(_folder["set/b.jsonl"], "{\"text\":\"late\"}\n");
        }
        Assert.Equal(2, read);
        Assert.Equal([(ReadProblemKind.Empty, "a.jsonl"), (ReadProblemKind.Changed, "b.jsonl"), (ReadProblemKind.Unreadable, "c.jsonl")], problems.First.Select(problem => (problem.Kind, problem.File)));
    }

    private static FormatReader Reader(string path) => new(path, new JsonLinesFormat(new JsonKeys(), new ReadLimits()));
}
