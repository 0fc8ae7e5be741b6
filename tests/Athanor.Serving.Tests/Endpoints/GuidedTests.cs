using System.Net;
using System.Text.Json;
using Athanor.Serving.Tests.Testing;

namespace Athanor.Serving.Tests.Endpoints;

public class GuidedTests
{
    private const string Hello = """{"messages":[{"role":"user","content":"hello"}],"max_tokens":200,""";

    [Theory]
    [InlineData("\"guided_regex\":\"[a-c]{3}-[0-9]{2}\"", "^[a-c]{3}-[0-9]{2}$")]
    [InlineData("\"guided_choice\":[\"yes\",\"no\"]", "^(yes|no)$")]
    [InlineData("\"guided_grammar\":\"root ::= \\\"<\\\" [x-z]+ \\\">\\\"\"", "^<[x-z]+>$")]
    [InlineData("\"structured_outputs\":{\"regex\":\"[a-c]{3}-[0-9]{2}\",\"json\":null,\"disable_any_whitespace\":false}", "^[a-c]{3}-[0-9]{2}$")]
    [InlineData("\"structured_outputs\":{\"choice\":[\"yes\",\"no\"]}", "^(yes|no)$")]
    [InlineData("\"structured_outputs\":{\"grammar\":\"root ::= \\\"<\\\" [x-z]+ \\\">\\\"\"}", "^<[x-z]+>$")]
    public async Task Answers_keep_to_the_form_whatever_the_model_would_say(string field, string form)
    {
        await using RunningServer server = await RunningServer.StartAsync((_, _) => "The model says something else.");
        (HttpStatusCode status, JsonElement body) = await server.PostAsync("/v1/chat/completions", Hello + field + "}");
        Assert.Equal(HttpStatusCode.OK, status);
        JsonElement choice = body.GetProperty("choices")[0];
        Assert.Matches(form, choice.GetProperty("message").GetProperty("content").GetString());
        Assert.Equal("stop", choice.GetProperty("finish_reason").GetString());
    }

    [Theory]
    [InlineData("\"response_format\":{\"type\":\"json_object\"}")]
    [InlineData("\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"x\",\"strict\":true,\"schema\":SCHEMA}}")]
    [InlineData("\"guided_json\":SCHEMA")]
    [InlineData("\"guided_json\":SCHEMA,\"stream\":true")]
    [InlineData("\"structured_outputs\":{\"json\":SCHEMA}")]
    [InlineData("\"structured_outputs\":{\"json_object\":true}")]
    public async Task Answers_are_JSON_of_the_schema(string field)
    {
        const string schema = """{"type":"object","properties":{"name":{"type":"string","maxLength":20},"age":{"type":"integer"}},"required":["name","age"],"additionalProperties":false}""";
        await using RunningServer server = await RunningServer.StartAsync((_, _) => "The model says something else.");
        string json = Hello + field.Replace("SCHEMA", schema, StringComparison.Ordinal) + "}";
        string text;
        if (field.Contains("stream", StringComparison.Ordinal))
        {
            List<string> events = await server.StreamAsync("/v1/chat/completions", json);
            text = string.Concat(events.SkipLast(1).Select(one => JsonDocument.Parse(one).RootElement.GetProperty("choices")[0].GetProperty("delta")).Select(delta => delta.TryGetProperty("content", out JsonElement content) ? content.GetString() : ""));
        }
        else
        {
            (_, JsonElement body) = await server.PostAsync("/v1/chat/completions", json);
            Assert.Equal("stop", body.GetProperty("choices")[0].GetProperty("finish_reason").GetString());
            text = body.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!;
        }
        JsonElement answer = JsonDocument.Parse(text).RootElement;
        Assert.Equal(JsonValueKind.Object, answer.ValueKind);
        if (field.Contains("SCHEMA", StringComparison.Ordinal))
        {
            Assert.Equal(["name", "age"], answer.EnumerateObject().Select(one => one.Name));
            Assert.Equal(JsonValueKind.String, answer.GetProperty("name").ValueKind);
            _ = answer.GetProperty("age").GetInt64();
        }
    }

    [Theory]
    [InlineData("\"tool_choice\":\"required\"", null)]
    [InlineData("\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"list\"}}", "list")]
    [InlineData("\"tool_choice\":\"required\",\"parallel_tool_calls\":false,\"stream\":true", null)]
    public async Task A_call_that_has_to_be_made_is_made_whatever_the_model_would_say(string field, string? name)
    {
        const string tools = """
            "tools":[{"type":"function","function":{"name":"add","parameters":{"type":"object","properties":{"a":{"type":"integer"}},"required":["a"],"additionalProperties":false}}},
            {"type":"function","function":{"name":"list","parameters":{"type":"object","properties":{},"additionalProperties":false}}}],
            """;
        await using RunningServer server = await RunningServer.StartAsync((_, _) => "The model says something else.");
        if (field.Contains("stream", StringComparison.Ordinal))
        {
            List<string> events = await server.StreamAsync("/v1/chat/completions", Hello + tools + field + "}");
            JsonElement[] choices = [.. events.SkipLast(1).Select(one => JsonDocument.Parse(one).RootElement.GetProperty("choices")[0])];
            Assert.Equal("tool_calls", choices[^1].GetProperty("finish_reason").GetString());
            JsonElement[] calls = [.. choices.Where(one => one.GetProperty("delta").TryGetProperty("tool_calls", out _)).Select(one => one.GetProperty("delta").GetProperty("tool_calls")[0])];
            Assert.Contains(calls[0].GetProperty("function").GetProperty("name").GetString(), (string[])["add", "list"]);
            JsonDocument.Parse(string.Concat(calls.Select(call => call.GetProperty("function").GetProperty("arguments").GetString())));
            return;
        }
        (HttpStatusCode status, JsonElement body) = await server.PostAsync("/v1/chat/completions", Hello + tools + field + "}");
        Assert.True(status == HttpStatusCode.OK, body.GetRawText());
        JsonElement choice = body.GetProperty("choices")[0];
        Assert.Equal("tool_calls", choice.GetProperty("finish_reason").GetString());
        JsonElement function = choice.GetProperty("message").GetProperty("tool_calls")[0].GetProperty("function");
        Assert.Contains(function.GetProperty("name").GetString(), name is null ? ["add", "list"] : (string[])[name]);
        Assert.Equal(JsonValueKind.Object, JsonDocument.Parse(function.GetProperty("arguments").GetString()!).RootElement.ValueKind);
        Assert.Equal(JsonValueKind.Null, choice.GetProperty("message").GetProperty("content").ValueKind);
    }

    [Theory]
    [InlineData("\"guided_json\":\"{\"", "guided_json")]
    [InlineData("\"guided_json\":{\"type\":\"nonsense\"}", "guided_json")]
    [InlineData("\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"schema\":{\"not\":{\"pattern\":\"a\"}}}}", "response_format")]
    [InlineData("\"guided_regex\":\"(a\"", "guided_regex")]
    [InlineData("\"guided_regex\":\"(?=a)b\"", "guided_regex")]
    [InlineData("\"guided_grammar\":\"root ::= root \\\"a\\\"\"", "guided_grammar")]
    [InlineData("\"guided_grammar\":\"nonsense\"", "guided_grammar")]
    [InlineData("\"structured_outputs\":{}", "structured_outputs")]
    [InlineData("\"structured_outputs\":\"json\"", "structured_outputs")]
    [InlineData("\"structured_outputs\":{\"structural_tag\":\"x\"}", "structured_outputs")]
    [InlineData("\"structured_outputs\":{\"choice\":[]}", "structured_outputs.choice")]
    [InlineData("\"structured_outputs\":{\"regex\":7}", "structured_outputs.regex")]
    [InlineData("\"structured_outputs\":{\"regex\":\"(a\"}", "structured_outputs.regex")]
    [InlineData("\"structured_outputs\":{\"regex\":\"a\",\"choice\":[\"b\"]}", "structured_outputs.choice")]
    [InlineData("\"structured_outputs\":{\"regex\":\"a\"},\"guided_regex\":\"a\"", "structured_outputs.regex")]
    public async Task Forms_that_cannot_be_followed_are_400(string field, string name)
    {
        await using RunningServer server = await RunningServer.StartAsync();
        (HttpStatusCode status, JsonElement body) = await server.PostAsync("/v1/chat/completions", Hello + field + "}");
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal(name, body.GetProperty("error").GetProperty("param").GetString());
    }
}
