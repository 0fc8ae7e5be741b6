using System.Text;
using System.Text.Json;
using Athanor.Inference.Constraints;
using Athanor.Tokenizers;

namespace Athanor.Inference.Tests.Constraints;

public sealed class ToolCallConstraintTests
{
    private const string Weather = """{"type":"object","properties":{"city":{"type":"string","maxLength":20},"days":{"type":"integer","minimum":1,"maximum":7}},"required":["city"],"additionalProperties":false}""";

    private static readonly ToolFunction[] s_tools = [new("get_weather", JsonElement.Parse(Weather)), new("stop", null), new("now", JsonElement.Parse("""{"type":"object","properties":{}}"""))];
    private static readonly Tokenizer s_tokenizer = ConstraintTokenizers.ByteLevel;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Required_calls_are_calls_and_nothing_else(bool parallel)
    {
        foreach (ToolCallSyntax syntax in new[] { ToolCallSyntax.Hermes, ToolCallSyntax.Llama3, ToolCallSyntax.Mistral, ToolCallSyntax.Json })
        {
            CompiledConstraint compiled = TokenConstraints.Tools(s_tools, syntax, ToolCalls.Required, parallel, s_tokenizer);
            int most = 0;
            for (int seed = 0; seed < 15; seed++)
            {
                if (ConstraintChecks.Generate(compiled, s_tokenizer, new Random(seed), 500, 0.02) is not { } bytes)
                    continue;
                List<JsonElement> calls = Read(ConstraintChecks.Text(bytes), syntax);
                most = Math.Max(most, calls.Count);
                Assert.NotEmpty(calls);
                Assert.All(calls, call =>
                {
                    ToolFunction tool = s_tools.Single(known => known.Name == call.GetProperty("name").GetString());
                    JsonElement arguments = call.GetProperty(syntax.ArgumentsKey);
                    Assert.Equal(JsonValueKind.Object, arguments.ValueKind);
                    if (tool.Parameters is { } schema)
                        Assert.True(new PlainSchemaValidator(schema).IsValid(arguments), arguments.GetRawText());
                });
            }
            Assert.True(parallel && syntax != ToolCallSyntax.Llama3 ? most > 1 : most == 1, $"{syntax}: {most}");
        }
    }

    [Theory]
    [InlineData("It is warm.", true)]
    [InlineData("", true)]
    [InlineData("I see <tool_cal and <tool_calls and <<tool_call.", true)]
    [InlineData("Let me look.\n<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Z\u00FCrich\", \"days\": 3}}\n</tool_call>", true)]
    [InlineData("<tool_call>{\"name\":\"stop\",\"arguments\":{\"a\":[1]}}</tool_call>\n<tool_call>{\"name\":\"now\",\"arguments\":{}}</tool_call>", true)]
    [InlineData("<tool_call>", false)]
    [InlineData("<tool_call> nothing", false)]
    [InlineData("<tool_call>{\"name\":\"other\",\"arguments\":{}}</tool_call>", false)]
    [InlineData("<tool_call>{\"name\":\"get_weather\",\"arguments\":{\"days\":3}}</tool_call>", false)]
    [InlineData("<tool_call>{\"name\":\"get_weather\",\"arguments\":{\"city\":\"a\",\"days\":8}}</tool_call>", false)]
    [InlineData("<<tool_call>{\"name\":\"stop\",\"arguments\":{}}</tool_call>", true)]
    [InlineData("<tool_call>{\"name\":\"stop\",\"arguments\":{}}</tool_call> and text", false)]
    public void Text_is_free_until_the_mark_of_a_call(string text, bool allowed) =>
        Assert.Equal(allowed, TokenConstraints.Tools(s_tools, ToolCallSyntax.Hermes, ToolCalls.Auto, true, s_tokenizer).Matches(text));

    [Theory]
    [InlineData("It is warm {really}.", true)]
    [InlineData("{\"name\": \"get_weather\", \"parameters\": {\"city\": \"Rome\"}}", true)]
    [InlineData("{\"answer\": 3}", false)]
    [InlineData("  {\"answer\": 3}", false)]
    [InlineData("", true)]
    public void Without_a_mark_an_answer_that_begins_with_a_bracket_is_a_call(string text, bool allowed) =>
        Assert.Equal(allowed, TokenConstraints.Tools(s_tools, ToolCallSyntax.Llama3, ToolCalls.Auto, true, s_tokenizer).Matches(text));

    [Fact]
    public void One_call_at_a_time_where_parallel_calls_are_off()
    {
        CompiledConstraint compiled = TokenConstraints.Tools(s_tools, ToolCallSyntax.Hermes, ToolCalls.Auto, false, s_tokenizer);
        const string call = "<tool_call>{\"name\":\"now\",\"arguments\":{}}</tool_call>";
        Assert.True(compiled.Matches(call));
        Assert.False(compiled.Matches(call + call));
        ITokenConstraint constraint = compiled.Start();
        Assert.All(s_tokenizer.Encode(call), token => Assert.True(constraint.TryAccept(token)));
        Assert.True(constraint.IsComplete);
    }

    [Fact]
    public void Masks_of_free_text_equal_trying_each_token()
    {
        foreach (Tokenizer tokenizer in ConstraintTokenizers.All)
        {
            CompiledConstraint compiled = TokenConstraints.Tools(s_tools, ToolCallSyntax.Hermes, ToolCalls.Auto, true, tokenizer);
            ITokenConstraint constraint = compiled.Start();
            var mask = new uint[(tokenizer.VocabularySize + 31) / 32];
            foreach (int token in tokenizer.Encode("see <tool_<tool_call>{\"name\": \"get_weather\", \"arguments\": {\"city\": \"x\"}}"))
            {
                constraint.FillMask(mask);
                Assert.Equal(ConstraintChecks.BruteForce(constraint, tokenizer), ConstraintChecks.Ids(mask));
                if (!constraint.TryAccept(token))
                    break;
            }
        }
    }

    [Fact]
    public void Marks_that_are_special_tokens_may_be_written()
    {
        Assert.True(s_tokenizer.TryGetId("<|other|>", out int other));
        ITokenConstraint constraint = TokenConstraints.Tools(s_tools, new ToolCallSyntax("<|other|>"), ToolCalls.Required, true, s_tokenizer).Start();
        Assert.True(constraint.TryAccept(other));
    }

    [Fact]
    public void Schemas_of_strict_tools_are_refused_where_they_cannot_be_enforced()
    {
        JsonElement schema = JsonElement.Parse("""{"type":"object","properties":{"n":{"type":"integer","multipleOf":2}},"required":["n"]}""");
        ConstraintException e = Assert.Throws<ConstraintException>(
            () => TokenConstraints.Tools([new ToolFunction("f", schema, Strict: true)], ToolCallSyntax.Hermes, ToolCalls.Auto, true, s_tokenizer));
        Assert.Contains("'f'", e.Message, StringComparison.Ordinal);
        Assert.Contains("$.properties.n.multipleOf", e.Message, StringComparison.Ordinal);
        Assert.True(TokenConstraints.Tools([new ToolFunction("f", schema)], ToolCallSyntax.Json, ToolCalls.Required, true, s_tokenizer).Matches("[{\"name\": \"f\", \"arguments\": {\"n\": 3}}]"));
        Assert.Throws<ConstraintException>(() => TokenConstraints.Tools([], ToolCallSyntax.Json, ToolCalls.Required, true, s_tokenizer));
    }

    private static List<JsonElement> Read(string text, ToolCallSyntax syntax)
    {
        Assert.StartsWith(syntax.Start, text, StringComparison.Ordinal);
        if (syntax.IsList)
            return [.. JsonElement.Parse(text[syntax.Start.Length..]).EnumerateArray()];
        if (syntax.Start.Length == 0)
            return [JsonElement.Parse(text)];
        List<JsonElement> calls = [];
        // Strings of the calls may hold the marks; reading goes by the objects.
        while (text.Length > 0)
        {
            Assert.StartsWith(syntax.Start, text, StringComparison.Ordinal);
            byte[] rest = Encoding.UTF8.GetBytes(text[syntax.Start.Length..]);
            var reader = new Utf8JsonReader(rest, isFinalBlock: false, default);
            Assert.True(reader.Read());
            Assert.True(reader.TrySkip());
            calls.Add(JsonElement.Parse(rest.AsSpan(0, (int)reader.BytesConsumed)));
            string behind = Encoding.UTF8.GetString(rest.AsSpan((int)reader.BytesConsumed)).TrimStart();
            Assert.StartsWith(syntax.End, behind, StringComparison.Ordinal);
            text = behind[syntax.End.Length..].TrimStart();
        }
        return calls;
    }
}
