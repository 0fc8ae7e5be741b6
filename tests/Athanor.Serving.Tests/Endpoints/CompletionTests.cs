using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Athanor.Inference.Generation;
using Athanor.Inference.Loading;
using Athanor.Inference.Running;
using Athanor.Inference.Sampling;
using Athanor.Serving.Catalog;
using Athanor.Serving.Tests.Testing;
using Athanor.Tensors;
using Athanor.Testing;

namespace Athanor.Serving.Tests.Endpoints;

public class CompletionTests
{
    private const string Path = "/v1/completions";

    [Theory]
    [InlineData("""{"prompt":"once"}""")]
    [InlineData("""{"prompt":["once","upon"],"n":2,"seed":3}""")]
    [InlineData("""{"prompt":[79,80,81],"echo":true,"logprobs":2,"max_tokens":5}""")]
    [InlineData("""{"prompt":[[79],[80,81]],"echo":true,"max_tokens":5}""")]
    [InlineData("""{"prompt":"once","logprobs":0,"stop":"lo"}""")]
    public async Task A_stream_put_together_is_the_whole_answer(string json)
    {
        await using RunningServer server = await RunningServer.StartAsync((prompt, seed) => $"{seed} {prompt.Length} héllo");
        (HttpStatusCode status, JsonElement whole) = await server.PostAsync(Path, json);
        Assert.Equal(HttpStatusCode.OK, status);
        List<string> events = await server.StreamAsync(Path, json[..^1] + ""","stream":true,"stream_options":{"include_usage":true}}""");
        JsonElement[] chunks = [.. events.SkipLast(1).Select(text => JsonDocument.Parse(text).RootElement)];
        Assert.Equal(whole.GetProperty("usage").GetRawText(), chunks[^1].GetProperty("usage").GetRawText());
        Assert.All(chunks[..^1], chunk => Assert.Equal(JsonValueKind.Null, chunk.GetProperty("usage").ValueKind));
        int texts = 0;
        foreach (JsonElement choice in whole.GetProperty("choices").EnumerateArray())
        {
            Assert.Equal(texts, choice.GetProperty("index").GetInt32());
            JsonElement[] own = [.. chunks.SelectMany(chunk => chunk.GetProperty("choices").EnumerateArray()).Where(one => one.GetProperty("index").GetInt32() == texts)];
            Assert.Equal(choice.GetProperty("text").GetString(), string.Concat(own.Select(one => one.GetProperty("text").GetString())));
            Assert.Equal(choice.GetProperty("finish_reason").GetString(), own[^1].GetProperty("finish_reason").GetString());
            if (choice.GetProperty("logprobs") is { ValueKind: JsonValueKind.Object } scores)
            {
                foreach (string list in (string[])["tokens", "token_logprobs", "top_logprobs", "text_offset"])
                    Assert.Equal(scores.GetProperty(list).EnumerateArray().Select(one => one.GetRawText()), own.Where(one => one.GetProperty("logprobs").ValueKind == JsonValueKind.Object).SelectMany(one => one.GetProperty("logprobs").GetProperty(list).EnumerateArray()).Select(one => one.GetRawText()));
            }
            texts++;
        }
        Assert.True(texts > 0);
    }

    [Fact]
    public async Task A_prompt_is_scored_without_writing_anything()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        (_, JsonElement body) = await server.PostAsync(Path, """{"prompt":"abc","echo":true,"logprobs":1,"max_tokens":0}""");
        JsonElement choice = body.GetProperty("choices")[0], scores = choice.GetProperty("logprobs");
        Assert.Equal("abc", choice.GetProperty("text").GetString());
        Assert.Equal(["<s>", "a", "b", "c"], scores.GetProperty("tokens").EnumerateArray().Select(one => one.GetString()));
        Assert.Equal(JsonValueKind.Null, scores.GetProperty("token_logprobs")[0].ValueKind);
        Assert.Equal(-0.1 * (1 + 'a' % 7), scores.GetProperty("token_logprobs")[1].GetDouble(), 1e-6);
        Assert.Equal(-0.1 * (1 + 'a' % 7), scores.GetProperty("top_logprobs")[1].GetProperty("a").GetDouble(), 1e-6);
        Assert.Equal([0, 3, 4, 5], scores.GetProperty("text_offset").EnumerateArray().Select(one => one.GetInt32()));
    }

    [Fact]
    public async Task Special_tokens_in_a_prompt_stay_text_unless_asked_otherwise()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await server.PostAsync(Path, """{"prompt":"a<|im_end|>"}""");
        Assert.Equal([ByteTokenizer.Begin], server.Engine.LastRequest!.Prompt.Where(id => id > 255));
        await server.PostAsync(Path, """{"prompt":"a<|im_end|>","parse_special":true,"add_special_tokens":false}""");
        Assert.Equal([ByteTokenizer.End], server.Engine.LastRequest!.Prompt.Where(id => id > 255));
    }

    [Fact]
    public async Task Best_of_asks_the_engine_for_more_texts_than_are_given()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await server.PostAsync(Path, """{"prompt":"a","n":2,"best_of":4}""");
        Assert.Equal((2, 4), (server.Engine.LastRequest!.Candidates, server.Engine.LastRequest.BestOf));
    }

    [Fact]
    public async Task Events_say_nothing_of_usage_where_it_was_not_asked_for()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        foreach (string options in (string[])["", ",\"stream_options\":{\"include_usage\":false}"])
        {
            List<string> events = await server.StreamAsync(Path, $$"""{"prompt":"a","stream":true{{options}}}""");
            Assert.All(events, one => Assert.DoesNotContain("usage", one, StringComparison.Ordinal));
        }
    }

    [SharedDataFact("stories260K/stories260K.bin")]
    public async Task A_beam_search_gives_the_texts_that_the_engine_finds()
    {
        InferenceEngine engine = EngineLoader.Load(SharedData.Path("stories260K/stories260K.bin"), load: new LoadOptions { Device = new CpuDevice(threads: 1) });
        await using ConfiguredAsyncDisposable owned = engine.ConfigureAwait(false);
        await using RunningServer server = await RunningServer.StartAsync(catalog: new ModelCatalog(new ServedModel("stories", engine)));
        var request = new GenerationRequest { Prompt = [1, .. engine.Tokenizer.Encode("Once upon a time")], MaxTokens = 12, Beams = 4, Candidates = 2, Sampling = new SamplingOptions { Temperature = 0 } };
        string[] expected = ["", ""];
        await foreach (GenerationChunk part in engine.GenerateAsync(request))
            expected[part.Candidate] += part.Text;
        (HttpStatusCode status, JsonElement body) = await server.PostAsync(Path, """{"prompt":"Once upon a time","max_tokens":12,"n":2,"best_of":4,"use_beam_search":true,"length_penalty":1.0}""");
        Assert.True(status == HttpStatusCode.OK, body.GetRawText());
        Assert.Equal(expected, body.GetProperty("choices").EnumerateArray().Select(choice => choice.GetProperty("text").GetString()));
        Assert.Equal(2, expected.Distinct().Count());
        (status, body) = await server.PostAsync("/v1/chat/completions", """{"messages":[{"role":"user","content":"Tell"}],"max_tokens":8,"n":3,"use_beam_search":true,"temperature":0}""");
        Assert.True(status == HttpStatusCode.OK, body.GetRawText());
        Assert.Equal(3, body.GetProperty("choices").EnumerateArray().Select(choice => choice.GetProperty("message").GetProperty("content").GetString()).Distinct().Count());
    }

    [Theory]
    [InlineData("""{"prompt":"a","use_beam_search":true,"stream":true}""", "use_beam_search")]
    [InlineData("""{"prompt":"a","use_beam_search":true,"temperature":0.5}""", "temperature")]
    [InlineData("""{"prompt":"a","use_beam_search":true,"length_penalty":2}""", "length_penalty")]
    [InlineData("""{"prompt":"a","use_beam_search":true,"echo":true,"logprobs":1}""", "echo")]
    [InlineData("""{"prompt":"a","suffix":"b"}""", "suffix")]
    [InlineData("""{"prompt":"a","n":2,"best_of":1}""", "best_of")]
    [InlineData("""{"prompt":"a","best_of":2,"stream":true}""", "best_of")]
    [InlineData("""{}""", "prompt")]
    [InlineData("""{"prompt":{}}""", "prompt")]
    [InlineData("""{"prompt":[]}""", "prompt")]
    [InlineData("""{"prompt":["a",1]}""", "prompt[1]")]
    [InlineData("""{"prompt":[1,999999]}""", "prompt")]
    [InlineData("""{"prompt":"a","max_tokens":0}""", "max_tokens")]
    [InlineData("""{"prompt":"a","logprobs":21}""", "logprobs")]
    [InlineData("""{"prompt":"","add_special_tokens":false}""", "prompt")]
    public async Task What_makes_no_sense_is_refused_by_the_name_of_the_field(string json, string field)
    {
        await using RunningServer server = await RunningServer.StartAsync();
        (HttpStatusCode status, JsonElement body) = await server.PostAsync(Path, json);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal(field, body.GetProperty("error").GetProperty("param").GetString());
    }
}
