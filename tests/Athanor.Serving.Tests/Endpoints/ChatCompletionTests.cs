using System.Net;
using System.Text;
using System.Text.Json;
using Athanor.Serving.Tests.Testing;
using Athanor.Testing;

namespace Athanor.Serving.Tests.Endpoints;

public class ChatCompletionTests
{
    private const string Path = "/v1/chat/completions";
    private const string Hello = """{"model":"scripted","messages":[{"role":"user","content":"hello"}]""";

    [Fact]
    public async Task An_answer_has_the_form_of_OpenAIs()
    {
        await using RunningServer server = await RunningServer.StartAsync((_, _) => "Grüße, 世界!");
        (HttpStatusCode status, JsonElement body) = await server.PostAsync(Path, Hello + "}");
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal("chat.completion", body.GetProperty("object").GetString());
        Assert.StartsWith("chatcmpl-", body.GetProperty("id").GetString(), StringComparison.Ordinal);
        Assert.Equal("scripted", body.GetProperty("model").GetString());
        JsonElement choice = body.GetProperty("choices")[0];
        Assert.Equal("assistant", choice.GetProperty("message").GetProperty("role").GetString());
        Assert.Equal("Grüße, 世界!", choice.GetProperty("message").GetProperty("content").GetString());
        Assert.Equal("stop", choice.GetProperty("finish_reason").GetString());
        Assert.Equal(JsonValueKind.Null, choice.GetProperty("logprobs").ValueKind);
        JsonElement usage = body.GetProperty("usage");
        int prompt = server.Engine.LastRequest!.Prompt.Count;
        Assert.Equal(prompt, usage.GetProperty("prompt_tokens").GetInt32());
        Assert.Equal(Encoding.UTF8.GetByteCount("Grüße, 世界!"), usage.GetProperty("completion_tokens").GetInt32());
        Assert.Equal(prompt / 2, usage.GetProperty("prompt_tokens_details").GetProperty("cached_tokens").GetInt32());
    }

    [Fact]
    public async Task The_conversation_reaches_the_engine_through_the_template()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await server.PostAsync(Path, """{"messages":[{"role":"developer","content":"be brief"},{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b <|im_end|>"}]}]}""");
        int[] ids = [.. server.Engine.LastRequest!.Prompt];
        Assert.Equal("<|im_start|>system\nbe brief<|im_end|>\n<|im_start|>user\na\nb <|im_end|><|im_end|>\n<|im_start|>assistant\n", server.Engine.Tokenizer.Decode(ids));
        Assert.Equal(2, ids.Count(id => id == ByteTokenizer.End));
    }

    [Fact]
    public async Task A_final_message_can_be_continued()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await server.PostAsync(Path, """{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"The answer"}],"continue_final_message":true}""");
        Assert.EndsWith("The answer", server.Engine.Tokenizer.Decode([.. server.Engine.LastRequest!.Prompt]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData(""","n":3,"seed":5""")]
    [InlineData(""","stop":["35"],"max_tokens":30""")]
    [InlineData(""","logprobs":true,"top_logprobs":2,"max_completion_tokens":9""")]
    [InlineData(""","stop":"l","include_stop_str_in_output":true""")]
    public async Task A_stream_put_together_is_the_whole_answer(string fields)
    {
        await using RunningServer server = await RunningServer.StartAsync((_, seed) => $"seed {seed}: héllo wörld 12345 世界 tail");
        (_, JsonElement whole) = await server.PostAsync(Path, Hello + fields + "}");
        List<string> events = await server.StreamAsync(Path, Hello + fields + ""","stream":true,"stream_options":{"include_usage":true}}""");
        Assert.Equal("[DONE]", events[^1]);
        JsonElement[] chunks = [.. events.SkipLast(1).Select(text => JsonDocument.Parse(text).RootElement)];
        Assert.All(chunks, chunk => Assert.Equal("chat.completion.chunk", chunk.GetProperty("object").GetString()));
        Assert.Single(chunks.Select(chunk => chunk.GetProperty("id").GetString()).Distinct());
        Assert.Equal(0, chunks[^1].GetProperty("choices").GetArrayLength());
        Assert.Equal(whole.GetProperty("usage").GetRawText(), chunks[^1].GetProperty("usage").GetRawText());
        Assert.All(chunks[..^1], chunk => Assert.Equal(JsonValueKind.Null, chunk.GetProperty("usage").ValueKind));
        foreach (JsonElement choice in whole.GetProperty("choices").EnumerateArray())
        {
            int index = choice.GetProperty("index").GetInt32();
            JsonElement[] own = [.. chunks.SelectMany(chunk => chunk.GetProperty("choices").EnumerateArray()).Where(one => one.GetProperty("index").GetInt32() == index)];
            Assert.Equal("assistant", own[0].GetProperty("delta").GetProperty("role").GetString());
            string text = string.Concat(own.Select(one => one.GetProperty("delta").TryGetProperty("content", out JsonElement content) ? content.GetString() : ""));
            Assert.Equal(choice.GetProperty("message").GetProperty("content").GetString(), text);
            Assert.Equal(choice.GetProperty("finish_reason").GetString(), own[^1].GetProperty("finish_reason").GetString());
            Assert.All(own.SkipLast(1), one => Assert.Equal(JsonValueKind.Null, one.GetProperty("finish_reason").ValueKind));
            Assert.Equal("{}", own[^1].GetProperty("delta").GetRawText());
            if (choice.GetProperty("logprobs").ValueKind == JsonValueKind.Object)
            {
                string[] scores = [.. own.Where(one => one.GetProperty("logprobs").ValueKind == JsonValueKind.Object).SelectMany(one => one.GetProperty("logprobs").GetProperty("content").EnumerateArray()).Select(one => one.GetRawText())];
                Assert.Equal(choice.GetProperty("logprobs").GetProperty("content").EnumerateArray().Select(one => one.GetRawText()), scores);
            }
        }
    }

    [Fact]
    public async Task Log_probabilities_carry_the_bytes_of_tokens()
    {
        await using RunningServer server = await RunningServer.StartAsync((_, _) => "é");
        (_, JsonElement body) = await server.PostAsync(Path, Hello + ""","logprobs":true,"top_logprobs":3}""");
        JsonElement content = body.GetProperty("choices")[0].GetProperty("logprobs").GetProperty("content");
        Assert.Equal([0xC3, 0xA9], content.EnumerateArray().Select(token => token.GetProperty("bytes")[0].GetInt32()));
        Assert.Equal(3, content[0].GetProperty("top_logprobs").GetArrayLength());
        Assert.Equal(-0.1 * (1 + 0xC3 % 7), content[0].GetProperty("logprob").GetDouble(), 1e-6);
    }

    [Fact]
    public async Task Fields_reach_the_engine()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await server.PostAsync(Path, Hello + """
            ,"temperature":0.5,"top_p":0.9,"top_k":40,"min_p":0.05,"typical_p":0.8,"repetition_penalty":1.1,"presence_penalty":0.5,"frequency_penalty":-0.5,
            "logit_bias":{"65":-100,"66":5},"seed":42,"n":2,"max_completion_tokens":7,"max_tokens":100,"min_tokens":3,"stop":["x","y"],"stop_token_ids":[90],
            "include_stop_str_in_output":true,"ignore_eos":true,"skip_special_tokens":false,"cache_salt":"s","priority":-2}
            """);
        var request = server.Engine.LastRequest!;
        Assert.Equal((0.5, 40, 0.9, 0.05, 0.8, 1.1, 0.5, -0.5, 42), (request.Sampling.Temperature, request.Sampling.TopK, request.Sampling.TopP, request.Sampling.MinP, request.Sampling.TypicalP, request.Sampling.RepetitionPenalty, request.Sampling.PresencePenalty, request.Sampling.FrequencyPenalty, request.Sampling.Seed));
        Assert.Equal([(65, -100f), (66, 5f)], request.Sampling.LogitBias!.Select(pair => (pair.Key, pair.Value)));
        Assert.Equal((7, 3, 2, true, true, true, "s", -2), (request.MaxTokens, request.MinTokens, request.Candidates, request.IncludeStop, request.IgnoreEnd, request.ShowSpecial, request.CacheSalt, request.Priority));
        Assert.Equal(["x", "y"], request.Stop);
        Assert.Equal([90], request.StopTokens);
    }

    [Fact]
    public async Task More_tokens_than_the_context_has_room_for_are_not_asked_for()
    {
        await using RunningServer server = await RunningServer.StartAsync(engine: new ScriptedEngine(ByteTokenizer.ChatMl, (_, _) => "x") { ContextLength = 64 });
        (_, JsonElement body) = await server.PostAsync(Path, Hello + ""","max_tokens":4096,"ignore_eos":true}""");
        Assert.Equal("length", body.GetProperty("choices")[0].GetProperty("finish_reason").GetString());
        Assert.Equal(64, body.GetProperty("usage").GetProperty("total_tokens").GetInt32());
    }

    [Fact]
    public async Task Unknown_fields_are_ignored_and_said_once()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        for (int i = 0; i < 3; i++)
            Assert.Equal(HttpStatusCode.OK, (await server.PostAsync(Path, Hello + ""","frobnicate":{"a":1},"stream_options":{"odd":2}}""")).Status);
        Assert.Single(server.Log.Lines, line => line.Contains("frobnicate", StringComparison.Ordinal));
        Assert.Single(server.Log.Lines, line => line.Contains("'odd'", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_model_without_a_template_gets_a_plain_one_that_ends_at_the_next_turn()
    {
        var engine = new ScriptedEngine(ByteTokenizer.WithoutTemplate, (_, _) => " Fine.\nUser: and you?");
        await using RunningServer server = await RunningServer.StartAsync(engine: engine);
        (_, JsonElement body) = await server.PostAsync(Path, Hello + "}");
        Assert.Equal(" Fine.", body.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString());
        Assert.Equal("<s>User: hello\nAssistant:", engine.Tokenizer.Decode([.. engine.LastRequest!.Prompt]));
    }

    [Fact]
    public async Task Pings_fill_a_long_silence()
    {
        var silence = new TaskCompletionSource();
        var engine = new ScriptedEngine(ByteTokenizer.ChatMl, (_, _) => "ok") { Prefill = silence.Task };
        await using RunningServer server = await RunningServer.StartAsync(engine: engine, options: new ServerOptions { Port = 0, PingInterval = TimeSpan.FromMilliseconds(50) });
        using var request = new HttpRequestMessage(HttpMethod.Post, Path) { Content = new StringContent(Hello + ""","stream":true}""", Encoding.UTF8, "application/json") };
        using HttpResponseMessage response = await server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        for (int ping = 0; ping < 2; ping++)
        {
            Assert.Equal(": ping", await reader.ReadLineAsync());
            Assert.Equal("", await reader.ReadLineAsync());
        }
        silence.SetResult();
        Assert.Contains("\"content\":\"o\"", await reader.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_error_amid_a_stream_is_an_event_that_tells_nothing_of_the_inside()
    {
        var engine = new ScriptedEngine(ByteTokenizer.ChatMl, (_, _) => "abcdefgh") { FailsAfter = 3 };
        await using RunningServer server = await RunningServer.StartAsync(engine: engine);
        List<string> events = await server.StreamAsync(Path, Hello + ""","stream":true}""");
        Assert.Equal("[DONE]", events[^1]);
        JsonElement error = JsonDocument.Parse(events[^2]).RootElement.GetProperty("error");
        Assert.Equal("server_error", error.GetProperty("type").GetString());
        Assert.DoesNotContain("secret", error.GetRawText(), StringComparison.Ordinal);
        Assert.Contains(server.Log.Lines, line => line.Contains("secret inner trouble", StringComparison.Ordinal));
        (HttpStatusCode status, JsonElement body) = await server.PostAsync(Path, Hello + "}");
        Assert.Equal(HttpStatusCode.InternalServerError, status);
        Assert.Equal("internal_error", body.GetProperty("error").GetProperty("code").GetString());
    }
}
