using System.Text;
using Athanor.Serving.Chat;

namespace Athanor.Serving.Tests.Chat;

public class ToolCallReaderTests
{
    public static TheoryData<string, string, string, string> Answers => new()
    {
        { "hermes", "Just text.", "Just text.", "" },
        { "hermes", "<tool_call>\n{\"name\": \"add\", \"arguments\": {\"a\": 1, \"b\": [2, \"}\\\"\"]}}\n</tool_call>", "", "add({\"a\": 1, \"b\": [2, \"}\\\"\"]})" },
        { "hermes", "Let me see.\n\n<tool_call>{\"arguments\": {\"x\": {\"y\": 1}}, \"name\": \"add\"}</tool_call>\n<tool_call>{\"name\":\"list\"}</tool_call>", "Let me see.", "add({\"x\": {\"y\": 1}}) list({})" },
        { "hermes", "<tool_call>{\"name\": \"unknown\", \"arguments\": {}}</tool_call>", "<tool_call>{\"name\": \"unknown\", \"arguments\": {}}</tool_call>", "" },
        { "hermes", "<tool_call>not json</tool_call> <tool_call>{\"name\":\"list\",\"arguments\":{}}</tool_call>", "<tool_call>not json</tool_call>", "list({})" },
        { "hermes", "a <tool_cal b", "a <tool_cal b", "" },
        { "hermes", "a <tool_cal", "a <tool_cal", "" },
        { "hermes", "<tool_call>{\"name\": \"add\", \"arguments\": {\"a\": 1", "", "add({\"a\": 1)" },
        { "hermes", "<tool_call>{\"name\": \"ad", "<tool_call>{\"name\": \"ad", "" },
        { "hermes", "<tool_call>{\"name\":\"add\",\"arguments\":\"{\\\"a\\\":1}\"}</tool_call>done", "done", "add({\"a\":1})" },
        { "hermes", "<tool_call>{\"id\": {\"z\": [1]}, \"n\": 5, \"name\":\"add\",\"arguments\":{}}</tool_call>", "", "add({})" },
        { "mistral", "[TOOL_CALLS] [{\"name\": \"add\", \"arguments\": {\"a\": 1}}, {\"name\": \"list\", \"arguments\": {}}]", "", "add({\"a\": 1}) list({})" },
        { "mistral", "No call [TOOL_CALLS].", "No call [TOOL_CALLS].", "" },
        { "llama3", "{\"name\": \"add\", \"parameters\": {\"a\": 1}}", "", "add({\"a\": 1})" },
        { "llama3", "{\"name\": \"add\", \"parameters\": {}}; {\"name\": \"list\", \"parameters\": {}}", "", "add({}) list({})" },
        { "llama3", " {\"answer\": 42}", " {\"answer\": 42}", "" },
        { "llama3", "The set {1, 2}", "The set {1, 2}", "" },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public void Text_and_calls_are_told_apart_however_the_answer_is_cut(string format, string answer, string text, string calls)
    {
        Assert.Equal((text, calls), Read(format, [answer]));
        Assert.Equal((text, calls), Read(format, [.. answer.Select(c => c.ToString())]));
        var random = new Random(11);
        for (int i = 0; i < 200; i++)
        {
            var pieces = new List<string>();
            for (int at = 0; at < answer.Length;)
            {
                int length = Math.Min(answer.Length - at, random.Next(1, 9));
                pieces.Add(answer.Substring(at, length));
                at += length;
            }
            Assert.Equal((text, calls), Read(format, pieces));
        }
    }

    [Fact]
    public void Random_answers_mean_the_same_however_they_are_cut()
    {
        string[] words = ["<tool_call>", "</tool_call>", "{", "}", "\"name\"", ":", "\"add\"", ",", "\"arguments\"", "[", "]", " ", "\n", "x", "\\", "\"", "[TOOL_CALLS]", ";"];
        var random = new Random(5);
        for (int i = 0; i < 3000; i++)
        {
            string answer = string.Concat(Enumerable.Range(0, random.Next(1, 25)).Select(_ => words[random.Next(words.Length)]));
            foreach (string format in (string[])["hermes", "mistral", "llama3"])
                Assert.Equal(Read(format, [answer]), Read(format, [.. answer.Select(c => c.ToString())]));
        }
    }

    [Fact]
    public void One_call_at_most_where_calls_may_not_be_parallel()
    {
        const string answer = "<tool_call>{\"name\":\"add\",\"arguments\":{}}</tool_call><tool_call>{\"name\":\"list\",\"arguments\":{}}</tool_call>";
        Assert.Equal(("", "add({})"), Read("hermes", [answer], parallel: false));
    }

    [Theory]
    [InlineData("{%- if tools %}<tool_call>{%- endif %}", "hermes", true)]
    [InlineData("{{ '[TOOL_CALLS]' }}", "mistral", true)]
    [InlineData("{% if tools %}{{ '<|python_tag|>' }}{% endif %}", "llama3", true)]
    [InlineData("{{ messages }}", "hermes", false)]
    public void The_form_of_calls_follows_from_the_template(string template, string name, bool taught)
    {
        ToolCallFormat format = ToolCallFormat.Of(template);
        Assert.Equal((name, taught), (format.Name, format.Taught));
    }

    private static (string Text, string Calls) Read(string format, IReadOnlyList<string> pieces, bool parallel = true)
    {
        ToolCallFormat form = format switch { "hermes" => ToolCallFormat.Hermes, "mistral" => ToolCallFormat.Mistral, _ => ToolCallFormat.Llama3 };
        int id = 0;
        var reader = new ToolCallReader(form, name => name is "add" or "list", parallel, () => $"call_{id++}");
        var parts = new List<SpokenPart>();
        foreach (string piece in pieces)
            reader.Feed(piece, parts);
        reader.End(parts);
        var text = new StringBuilder();
        var calls = new List<(string Name, StringBuilder Arguments)>();
        foreach (SpokenPart part in parts)
        {
            text.Append(part.Text);
            if (part.Call is not { } call)
                continue;
            if (call.Id is not null)
            {
                Assert.Equal($"call_{calls.Count}", call.Id);
                calls.Add((call.Name!, new StringBuilder()));
            }
            Assert.Equal(calls.Count - 1, call.Index);
            calls[^1].Arguments.Append(call.Arguments);
        }
        return (text.ToString(), string.Join(' ', calls.Select(call => $"{call.Name}({call.Arguments})")));
    }
}
