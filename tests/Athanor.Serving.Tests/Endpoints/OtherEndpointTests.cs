using System.Net;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using Athanor.Serving.Catalog;
using Athanor.Serving.Tests.Testing;
using Athanor.Testing;

namespace Athanor.Serving.Tests.Endpoints;

public partial class OtherEndpointTests
{
    [Fact]
    public async Task Embeddings_come_as_numbers_and_as_base64()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        (_, JsonElement floats) = await server.PostAsync("/v1/embeddings", """{"model":"scripted","input":["abc","de"]}""");
        (_, JsonElement coded) = await server.PostAsync("/v1/embeddings", """{"input":["abc","de"],"encoding_format":"base64"}""");
        Assert.Equal(2, floats.GetProperty("data").GetArrayLength());
        Assert.Equal("{\"prompt_tokens\":7,\"total_tokens\":7}", floats.GetProperty("usage").GetRawText());
        for (int i = 0; i < 2; i++)
        {
            float[] numbers = [.. floats.GetProperty("data")[i].GetProperty("embedding").EnumerateArray().Select(one => one.GetSingle())];
            byte[] bytes = coded.GetProperty("data")[i].GetProperty("embedding").GetBytesFromBase64();
            Assert.Equal(numbers, MemoryMarshal.Cast<byte, float>(bytes).ToArray());
            Assert.Equal(8, numbers.Length);
            Assert.Equal(1, numbers.Sum(value => value * value), 1e-5);
        }
    }

    [Fact]
    public async Task Embeddings_are_cut_to_fewer_dimensions_at_length_1()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        (_, JsonElement body) = await server.PostAsync("/v1/embeddings", """{"input":[104,105,106,107],"dimensions":2}""");
        float[] numbers = [.. body.GetProperty("data")[0].GetProperty("embedding").EnumerateArray().Select(one => one.GetSingle())];
        Assert.Equal(2, numbers.Length);
        Assert.Equal(1, numbers.Sum(value => value * value), 1e-5);
    }

    [Theory]
    [InlineData("""{"input":"a","dimensions":9}""", "dimensions")]
    [InlineData("""{"input":"a","dimensions":0}""", "dimensions")]
    [InlineData("""{"input":"a","encoding_format":"hex"}""", "encoding_format")]
    [InlineData("""{"input":[]}""", "input")]
    [InlineData("""{"input":[[]]}""", "input")]
    [InlineData("""{}""", "input")]
    public async Task Wrong_embedding_requests_are_refused(string json, string field)
    {
        await using RunningServer server = await RunningServer.StartAsync();
        (HttpStatusCode status, JsonElement body) = await server.PostAsync("/v1/embeddings", json);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal(field, body.GetProperty("error").GetProperty("param").GetString());
    }

    [Fact]
    public async Task Texts_and_conversations_are_tokenized_and_come_back()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        (_, JsonElement text) = await server.PostAsync("/tokenize", """{"prompt":"é<|im_end|>","return_token_strs":true}""");
        Assert.Equal([ByteTokenizer.Begin, 0xC3, 0xA9], text.GetProperty("tokens").EnumerateArray().Select(one => one.GetInt32()).Take(3));
        Assert.Equal(text.GetProperty("count").GetInt32(), text.GetProperty("token_strs").GetArrayLength());
        (_, JsonElement chat) = await server.PostAsync("/tokenize", """{"messages":[{"role":"user","content":"hi"}]}""");
        (_, JsonElement back) = await server.PostAsync("/detokenize", $$"""{"tokens":{{chat.GetProperty("tokens").GetRawText()}}}""");
        Assert.Equal("<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n", back.GetProperty("prompt").GetString());
        Assert.Equal(HttpStatusCode.BadRequest, (await server.PostAsync("/tokenize", """{"prompt":"a","messages":[]}""")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await server.PostAsync("/detokenize", """{"tokens":[100000]}""")).Status);
    }

    [Fact]
    public async Task Models_are_listed_with_their_adapters_and_found_by_alias()
    {
        var engine = new ScriptedEngine(ByteTokenizer.ChatMl) { Adapters = ["poet"] };
        var catalog = new ModelCatalog();
        catalog.Add(new ServedModel("org/base", engine, new ServedModelOptions { Created = DateTimeOffset.FromUnixTimeSeconds(77) }), "gpt-4o");
        catalog.Add(new ServedModel("other", new ScriptedEngine(ByteTokenizer.WithoutTemplate)));
        catalog.AddAlias("p", "poet");
        catalog.Complete();
        await using RunningServer server = await RunningServer.StartAsync(engine: engine, catalog: catalog);
        JsonElement list = JsonDocument.Parse(await server.Client.GetStringAsync("/v1/models")).RootElement;
        Assert.Equal(["org/base", "poet", "other"], list.GetProperty("data").EnumerateArray().Select(one => one.GetProperty("id").GetString()));
        Assert.Equal("org/base", list.GetProperty("data")[1].GetProperty("parent").GetString());
        JsonElement one = JsonDocument.Parse(await server.Client.GetStringAsync("/v1/models/org/base")).RootElement;
        Assert.Equal((77, "model"), (one.GetProperty("created").GetInt64(), one.GetProperty("object").GetString()));
        const string rest = ""","messages":[{"role":"user","content":"x"}]}""";
        await server.PostAsync("/v1/chat/completions", """{"model":"gpt-4o" """ + rest);
        Assert.Null(engine.LastRequest!.Adapter);
        (_, JsonElement answer) = await server.PostAsync("/v1/chat/completions", """{"model":"p" """ + rest);
        Assert.Equal("poet", engine.LastRequest!.Adapter);
        Assert.Equal("poet", answer.GetProperty("model").GetString());
        (HttpStatusCode status, JsonElement error) = await server.PostAsync("/v1/chat/completions", """{"model":"gone" """ + rest);
        Assert.Equal((HttpStatusCode.NotFound, "model_not_found"), (status, error.GetProperty("error").GetProperty("code").GetString()));
        Assert.Equal(HttpStatusCode.BadRequest, (await server.PostAsync("/v1/chat/completions", """{"messages":[]}""")).Status);
    }

    [Fact]
    public async Task Nothing_is_answered_while_models_are_loaded_but_that_it_is_so()
    {
        var catalog = new ModelCatalog();
        await using RunningServer server = await RunningServer.StartAsync(catalog: catalog);
        using HttpResponseMessage loading = await server.Client.GetAsync("/health");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, loading.StatusCode);
        Assert.NotNull(loading.Headers.RetryAfter);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await server.PostAsync("/v1/completions", """{"model":"scripted","prompt":"a"}""")).Status);
        catalog.Add(new ServedModel("scripted", server.Engine));
        catalog.Complete();
        Assert.Equal("""{"status":"ok"}""", await server.Client.GetStringAsync("/health"));
        Assert.Equal(HttpStatusCode.OK, (await server.PostAsync("/v1/completions", """{"prompt":"a"}""")).Status);
    }

    [Fact]
    public async Task Metrics_are_in_the_form_that_Prometheus_reads()
    {
        var engine = new ScriptedEngine(ByteTokenizer.ChatMl, (_, _) => "four");
        await using RunningServer server = await RunningServer.StartAsync(engine: engine, catalog: new ModelCatalog(new ServedModel("a\"b", engine)));
        await server.PostAsync("/v1/completions", """{"prompt":"12345"}""");
        await server.PostAsync("/v1/completions", """{"prompt":5}""");
        string text = await server.Client.GetStringAsync("/metrics");
        Assert.All(text.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.Matches(MetricLine(), line));
        Assert.Contains("athanor_requests_total{endpoint=\"/v1/completions\",status=\"200\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("athanor_requests_total{endpoint=\"/v1/completions\",status=\"400\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("athanor_prompt_tokens_total{model=\"a\\\"b\"} 6\n", text, StringComparison.Ordinal);
        Assert.Contains("athanor_generated_tokens_total{model=\"a\\\"b\"} 4\n", text, StringComparison.Ordinal);
        Assert.Contains("athanor_time_to_first_token_seconds_count{model=\"a\\\"b\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("athanor_inter_token_seconds_bucket{model=\"a\\\"b\",le=\"+Inf\"} 3\n", text, StringComparison.Ordinal);
        Assert.Contains("athanor_cache_blocks{model=\"a\\\"b\"} 64\n", text, StringComparison.Ordinal);
    }

    [GeneratedRegex("""^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{([a-z_]+="([^"\\]|\\.)*",?)+\})? [0-9.eE+-]+)$""")]
    private static partial Regex MetricLine();
}
