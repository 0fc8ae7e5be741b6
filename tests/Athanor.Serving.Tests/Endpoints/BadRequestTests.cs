using System.Net;
using System.Text;
using System.Text.Json;
using Athanor.Serving.Catalog;
using Athanor.Serving.Requests;
using Athanor.Serving.Tests.Testing;
using Athanor.Testing;

namespace Athanor.Serving.Tests.Endpoints;

public sealed class BadRequestTests : IAsyncLifetime
{
    private const string Message = "\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]";
    private RunningServer _server = null!;

    public async Task InitializeAsync() => _server = await RunningServer.StartAsync(
        engine: new ScriptedEngine(ByteTokenizer.ChatMl) { ContextLength = 512 },
        options: new ServerOptions { Port = 0, Limits = new RequestLimits { MaxBodyBytes = 1 << 20 } });

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [InlineData("{", null)]
    [InlineData("", null)]
    [InlineData("null", null)]
    [InlineData("[1]", null)]
    [InlineData("{\"temperature\":1,\"temperature\":2}", null)]
    [InlineData("{} trailing", null)]
    [InlineData("{\"messages\":5}", "messages")]
    [InlineData("{}", "messages")]
    [InlineData("{\"messages\":[]}", "messages")]
    [InlineData("{\"messages\":[5]}", "messages[0]")]
    [InlineData("{\"messages\":[{\"content\":\"x\"}]}", "messages[0]")]
    [InlineData("{\"messages\":[{\"role\":5,\"content\":\"x\"}]}", "messages[0]")]
    [InlineData("{\"messages\":[{\"role\":\"user\"}]}", "messages[0]")]
    [InlineData("{\"messages\":[{\"role\":\"user\",\"content\":7}]}", "messages[0]")]
    [InlineData("{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{}}]}]}", "messages[0]")]
    [InlineData("{\"messages\":[{\"role\":\"user\",\"content\":\"\\ud800\"}]}", "messages")]
    [InlineData("{\"messages\":[{\"role\":\"user\",\"role\":\"user\",\"content\":\"x\"}]}", null)]
    public async Task Wrong_bodies_and_conversations_are_400(string json, string? field) => await Refused(json, field);

    [Theory]
    [InlineData("", "The body is empty")]
    [InlineData("{\"max_tokens\":\"many\"}", "'max_tokens' has to be a whole number.")]
    [InlineData("{\"seed\":1.5}", "'seed' has to be a whole number.")]
    [InlineData("{\"temperature\":\"hot\"}", "'temperature' has to be a number.")]
    [InlineData("{\"stream\":1}", "'stream' has to be true or false.")]
    [InlineData("{\"model\":[]}", "'model' has to be a string.")]
    [InlineData("{\"guided_choice\":\"x\"}", "'guided_choice' has to be a list of strings.")]
    [InlineData("{\"stop_token_ids\":3}", "'stop_token_ids' has to be a list of whole numbers.")]
    public async Task What_is_wrong_is_said_in_words_of_the_request(string json, string says)
    {
        (HttpStatusCode status, JsonElement body) = await _server.PostAsync("/v1/chat/completions", json);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains(says, body.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_of_several_models_names_them()
    {
        var engine = new ScriptedEngine(ByteTokenizer.ChatMl);
        await using RunningServer server = await RunningServer.StartAsync(catalog: new ModelCatalog(new ServedModel("one", engine), new ServedModel("two", engine)));
        (_, JsonElement body) = await server.PostAsync("/v1/chat/completions", $"{{{Message}}}");
        Assert.Contains("Name one of 'one', 'two'", body.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"temperature\":\"hot\"", "temperature")]
    [InlineData("\"temperature\":-1", "temperature")]
    [InlineData("\"temperature\":1e999", "temperature")]
    [InlineData("\"top_p\":1.5", "top_p")]
    [InlineData("\"top_k\":-2", "top_k")]
    [InlineData("\"n\":0", "n")]
    [InlineData("\"n\":1000000", "n")]
    [InlineData("\"n\":1.5", "n")]
    [InlineData("\"n\":99999999999", "n")]
    [InlineData("\"max_tokens\":0", "max_tokens")]
    [InlineData("\"max_tokens\":-5", "max_tokens")]
    [InlineData("\"max_completion_tokens\":0", "max_completion_tokens")]
    [InlineData("\"min_tokens\":-1", "min_tokens")]
    [InlineData("\"presence_penalty\":3", "presence_penalty")]
    [InlineData("\"frequency_penalty\":-3", "frequency_penalty")]
    [InlineData("\"repetition_penalty\":0", "repetition_penalty")]
    [InlineData("\"stop\":5", "stop")]
    [InlineData("\"stop\":[\"\"]", "stop")]
    [InlineData("\"stop\":[1]", "stop[0]")]
    [InlineData("\"stop\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\",\"10\",\"11\",\"12\",\"13\",\"14\",\"15\",\"16\",\"17\"]", "stop")]
    [InlineData("\"stop_token_ids\":[100000]", "stop_token_ids")]
    [InlineData("\"logit_bias\":[]", "logit_bias")]
    [InlineData("\"logit_bias\":{\"x\":1}", "logit_bias.x")]
    [InlineData("\"logit_bias\":{\"100000\":1}", "logit_bias.100000")]
    [InlineData("\"logit_bias\":{\"5\":101}", "logit_bias.5")]
    [InlineData("\"logit_bias\":{\"5\":\"1\"}", "logit_bias.5")]
    [InlineData("\"logprobs\":true,\"top_logprobs\":21", "top_logprobs")]
    [InlineData("\"top_logprobs\":2", "top_logprobs")]
    [InlineData("\"logprobs\":\"yes\"", "logprobs")]
    [InlineData("\"stream\":\"yes\"", "stream")]
    [InlineData("\"seed\":\"s\"", "seed")]
    [InlineData("\"model\":7", "model")]
    [InlineData("\"tools\":{}", "tools")]
    [InlineData("\"tools\":[{\"type\":\"retrieval\"}]", "tools[0]")]
    [InlineData("\"tools\":[{\"type\":\"function\",\"function\":{}}]", "tools[0]")]
    [InlineData("\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"a b\"}}]", "tools[0]")]
    [InlineData("\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":[]}}]", "tools[0]")]
    [InlineData("\"tool_choice\":\"required\"", "tool_choice")]
    [InlineData("\"tool_choice\":\"sometimes\"", "tool_choice")]
    [InlineData("\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}],\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"g\"}}", "tool_choice")]
    [InlineData("\"response_format\":\"json\"", "response_format")]
    [InlineData("\"response_format\":{\"type\":\"yaml\"}", "response_format.type")]
    [InlineData("\"response_format\":{\"type\":\"json_schema\"}", "response_format.json_schema")]
    [InlineData("\"guided_regex\":\"a\",\"guided_choice\":[\"b\"]", "guided_choice")]
    [InlineData("\"guided_choice\":[]", "guided_choice")]
    [InlineData("\"continue_final_message\":true,\"add_generation_prompt\":true", "continue_final_message")]
    [InlineData("\"chat_template_kwargs\":5", "chat_template_kwargs")]
    public async Task Wrong_fields_are_400_and_named(string fields, string field) => await Refused($"{{{Message},{fields}}}", field);

    [Fact]
    public async Task Bytes_that_are_no_UTF8_are_400()
    {
        byte[] body = [.. "{\"messages\":[{\"role\":\"user\",\"content\":\""u8, 0xC3, 0x28, 0xFF, .. "\"}]}"u8];
        using HttpResponseMessage response = await _server.Client.PostAsync("/v1/chat/completions", new ByteArrayContent(body));
        await AssertError(response, HttpStatusCode.BadRequest, "messages");
    }

    [Fact]
    public async Task A_body_beyond_the_limit_is_413()
    {
        string json = $$"""{"messages":[{"role":"user","content":"{{new string('x', 10 << 20)}}"}]}""";
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = new StringContent(json, Encoding.UTF8, "application/json") };
        request.Headers.ExpectContinue = true;
        using HttpResponseMessage response = await _server.Client.SendAsync(request);
        await AssertError(response, HttpStatusCode.RequestEntityTooLarge, null);
    }

    [Fact]
    public async Task A_prompt_beyond_the_context_is_400_with_OpenAIs_code()
    {
        string json = $$"""{"messages":[{"role":"user","content":"{{new string('x', 600)}}"}]}""";
        (HttpStatusCode status, JsonElement body) = await _server.PostAsync("/v1/chat/completions", json);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal("context_length_exceeded", body.GetProperty("error").GetProperty("code").GetString());
        Assert.Contains("512", body.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task JSON_nested_without_end_is_400()
    {
        foreach (string json in (string[])[new string('[', 100_000), $$"""{"metadata":{{new string('[', 100)}}{{new string(']', 100)}}}""", string.Concat(Enumerable.Repeat("{\"a\":", 50_000))])
            await Refused(json, null);
    }

    [Fact]
    public async Task Places_and_methods_that_are_not_there_are_told()
    {
        using HttpResponseMessage nowhere = await _server.Client.GetAsync("/v2/chat");
        await AssertError(nowhere, HttpStatusCode.NotFound, null);
        using HttpResponseMessage method = await _server.Client.GetAsync("/v1/chat/completions");
        await AssertError(method, HttpStatusCode.MethodNotAllowed, null);
        using HttpResponseMessage model = await _server.Client.GetAsync("/v1/models/none");
        await AssertError(model, HttpStatusCode.NotFound, "model");
    }

    private async Task Refused(string json, string? field)
    {
        using HttpResponseMessage response = await _server.Client.PostAsync("/v1/chat/completions", new StringContent(json, Encoding.UTF8, "application/json"));
        await AssertError(response, HttpStatusCode.BadRequest, field);
        Assert.Equal(0, _server.Engine.Started);
    }

    private static async Task AssertError(HttpResponseMessage response, HttpStatusCode status, string? field)
    {
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(status == response.StatusCode, $"{response.StatusCode}: {text}");
        JsonElement error = JsonDocument.Parse(text).RootElement.GetProperty("error");
        Assert.False(string.IsNullOrWhiteSpace(error.GetProperty("message").GetString()));
        Assert.Equal("invalid_request_error", error.GetProperty("type").GetString());
        Assert.Equal(field, error.GetProperty("param").GetString());
        Assert.True(error.TryGetProperty("code", out _));
        Assert.DoesNotContain("System.", text, StringComparison.Ordinal);
    }
}
