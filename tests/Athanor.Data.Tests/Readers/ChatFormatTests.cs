using Athanor.Data.Documents;
using Athanor.Data.Readers;
using Athanor.Data.Tests.Testing;

namespace Athanor.Data.Tests.Readers;

public sealed class ChatFormatTests : IDisposable
{
    private const string Expected = "system: Be brief.\n\nuser: Hi\n\nassistant: Hello {\"you\"}";
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("""{"id":"c","lang":"en","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":[{"type":"text","text":"Hi"},{"type":"image_url"}]},{"role":"assistant","content":"Hello {\"you\"}"},{"role":"assistant","content":null}]}""")]
    [InlineData("""{"id":"c","lang":"en","system":"Be brief.","conversations":[{"from":"human","value":"Hi"},{"from":"gpt","value":"Hello {\"you\"}"}]}""")]
    [InlineData("""{"conversation_id":"c","lang":"en","current_node":"4","mapping":{"1":{"message":{"author":{"role":"system"},"content":{"parts":["Be brief."]}}},"2":{"parent":"1","message":{"author":{"role":"user"},"content":{"parts":["Hi"]}}},"3":{"parent":"2","message":{"author":{"role":"assistant"},"content":{"parts":["Another branch"]}}},"4":{"parent":"2","message":{"author":{"role":"assistant"},"content":{"parts":["Hello {\"you\"}"]}}}}}""")]
    public void Every_form_gives_the_same_conversation(string json)
    {
        foreach (string file in (string[])[json + "\n" + json, "[\n" + json + ",\n" + json + "]", "[" + json + "," + json])
        {
            FormatReader reader = Reader(_folder.Write("a.json", file));
            List<Document> read = Reading.All(reader, out ReadProblems problems);
            Assert.Equal(0, problems.Total);
            Assert.Equal([("c", Expected), ("c", Expected)], read.Select(document => (document.Id, document.Text)));
            Assert.Equal("""[{"role":"system","content":"Be brief."},{"role":"user","content":"Hi"},{"role":"assistant","content":"Hello {\"you\"}"}]""", read[0].Metadata["messages"]);
            Assert.Equal(("en", "1"), (read[0].Metadata["lang"], read[0].Metadata["turns"]));
            Reading.Same(read, Reading.Resumed(reader, out _));
            Reading.Same(read, Reading.All(reader, out _, 60));
        }
    }

    [Theory]
    [InlineData("""{"messages":[{"role":"wizard","content":"x"}]}""", "wizard")]
    [InlineData("""{"messages":[{"content":"x"}]}""", "role")]
    [InlineData("""{"text":"x"}""", "messages")]
    [InlineData("""{"messages":7}""", "")]
    [InlineData("""{"current_node":"1","mapping":{"1":{"parent":"2"},"2":{"parent":"1"}}}""", "cycle")]
    public void What_is_no_conversation_is_named(string json, string says)
    {
        Assert.Empty(Reading.All(Reader(_folder.Write("a.jsonl", json)), out ReadProblems problems));
        ReadProblem problem = Assert.Single(problems.First);
        Assert.Equal(ReadProblemKind.BadRecord, problem.Kind);
        Assert.Contains(says, problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void An_object_that_is_too_long_or_cut_costs_no_other_one()
    {
        const string Good = """{"messages":[{"role":"user","content":"x"}]}""";
        string file = "[" + Good + ",{\"messages\":\"" + new string('{', 300_000) + "\\\"\"}," + Good + ",{\"messages\":[";
        List<Document> read = Reading.All(new FormatReader(_folder.Write("a.json", file), new ChatFormat(new ReadLimits(1000))), out ReadProblems problems);
        Assert.Equal(["user: x", "user: x"], read.Select(document => document.Text));
        Assert.Equal([ReadProblemKind.Truncated, ReadProblemKind.TooLong], problems.Counts.Keys);
    }

    private static FormatReader Reader(string path) => new(path, new ChatFormat(new ReadLimits()));
}
