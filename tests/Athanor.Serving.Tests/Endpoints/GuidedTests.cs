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
    [InlineData("\"guided_regex\":\"(a\"", "guided_regex")]
    [InlineData("\"guided_regex\":\"(?=a)b\"", "guided_regex")]
    [InlineData("\"guided_grammar\":\"root ::= root \\\"a\\\"\"", "guided_grammar")]
    [InlineData("\"guided_grammar\":\"nonsense\"", "guided_grammar")]
    public async Task Forms_that_cannot_be_followed_are_400(string field, string name)
    {
        await using RunningServer server = await RunningServer.StartAsync();
        (HttpStatusCode status, JsonElement body) = await server.PostAsync("/v1/chat/completions", Hello + field + "}");
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal(name, body.GetProperty("error").GetProperty("param").GetString());
    }
}
