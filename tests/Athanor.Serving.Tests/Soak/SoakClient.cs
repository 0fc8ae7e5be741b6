using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Athanor.Serving.Tests.Soak;

/// <summary>Does one thing after another to a server, drawn by a seed, and notes what should not have come back.</summary>
internal sealed class SoakClient(Uri address, int seed, ConcurrentDictionary<string, int> counts, ConcurrentQueue<string> wrong) : IDisposable
{
    private readonly Random _random = new(seed);
    private readonly HttpClient _client = new() { BaseAddress = address, Timeout = TimeSpan.FromMinutes(9) };

    public static IReadOnlyList<string> Kinds { get; } = ["whole", "stream", "abort", "bad json", "bad bytes", "large body", "half a body", "unknown model", "idle", "slow reader", "embedding", "schema", "schema bomb", "long prompt", "completion", "metrics"];

    public async Task RunAsync(CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            string kind = Kinds[_random.Next(Kinds.Count)];
            try
            {
                await DoAsync(kind);
            }
            catch (Exception e) when (e is SocketException or IOException or HttpRequestException && kind is "abort" or "large body" or "half a body" or "slow reader" or "idle")
            {
                Count(kind, "cut off");
            }
            catch (Exception e)
            {
                wrong.Enqueue($"{kind}: {e.Message}");
            }
        }
    }

    public void Dispose() => _client.Dispose();

    private async Task DoAsync(string kind)
    {
        string text = string.Concat(Enumerable.Range(0, _random.Next(1, 40)).Select(_ => $"word{_random.Next(1000)} "));
        switch (kind)
        {
            case "whole":
                await Post(kind, "/v1/chat/completions", Chat(text, $"\"n\":{_random.Next(1, 4)},\"max_tokens\":{_random.Next(1, 60)},\"logprobs\":true,\"top_logprobs\":3"), 200, 429);
                break;
            case "stream":
                string body = await Post(kind, "/v1/chat/completions", Chat(text, $"\"stream\":true,\"max_tokens\":{_random.Next(1, 100)},\"stop\":[\"the\"]"), 200, 429);
                if (!body.Contains("[DONE]", StringComparison.Ordinal) && !body.Contains("rate_limit_error", StringComparison.Ordinal))
                    wrong.Enqueue($"stream without an end: {body}");
                break;
            case "abort":
                await Raw(kind, Chat(text, "\"stream\":true,\"ignore_eos\":true,\"max_tokens\":300"), async socket => await socket.ReceiveAsync(new byte[_random.Next(1, 3000)]));
                break;
            case "slow reader":
                await Raw(kind, Chat(text, "\"stream\":true,\"ignore_eos\":true,\"logprobs\":true,\"top_logprobs\":20,\"n\":4"), async _ => await Task.Delay(_random.Next(200, 3000)));
                break;
            case "half a body":
                await Raw(kind, "{\"messages\":", async _ => await Task.Delay(_random.Next(10, 200)), claimed: 5000);
                break;
            case "idle":
                using (Socket socket = Connect())
                    await Task.Delay(_random.Next(10, 500));
                Count(kind, "done");
                break;
            case "bad json":
                await Post(kind, "/v1/chat/completions", Chat(text, "")[..^_random.Next(1, 20)], 400);
                break;
            case "bad bytes":
                byte[] bytes = new byte[_random.Next(1, 2000)];
                _random.NextBytes(bytes);
                await Post(kind, "/v1/chat/completions", new ByteArrayContent([.. "{\"messages\":[{\"role\":\"user\",\"content\":\""u8, 0xFF, .. bytes]), 400);
                break;
            case "large body":
                await Post(kind, "/v1/completions", $$"""{"prompt":"{{new string('x', 2 << 20)}}"}""", 413);
                break;
            case "long prompt":
                await Post(kind, "/v1/completions", $$"""{"prompt":"{{new string('x', 100_000)}}"}""", 400);
                break;
            case "unknown model":
                await Post(kind, "/v1/chat/completions", Chat(text, "\"model\":\"none\""), 404);
                break;
            case "embedding":
                await Post(kind, "/v1/embeddings", $$"""{"input":["{{text}}","b"],"encoding_format":"base64"}""", 200, 429);
                break;
            case "schema":
                string schema = $$$"""{"type":"object","properties":{"p{{{_random.Next(100)}}}":{"type":"string","maxLength":8},"n":{"type":"integer"}},"required":["n"],"additionalProperties":false}""";
                string answer = await Post(kind, "/v1/chat/completions", Chat(text, $"\"max_tokens\":200,\"response_format\":{{\"type\":\"json_schema\",\"json_schema\":{{\"name\":\"s\",\"schema\":{schema}}}}}"), 200, 429);
                CheckJson(answer);
                break;
            case "schema bomb":
                // Alternatives within alternatives: whether it is refused or bounded, it may not hurt.
                string bomb = "{\"type\":\"string\"}";
                for (int i = 0; i < 12; i++)
                    bomb = $"{{\"anyOf\":[{bomb},{{\"type\":\"array\",\"items\":{bomb},\"maxItems\":{_random.Next(2, 1000)}}}]}}";
                await Post(kind, "/v1/chat/completions", Chat("x", $"\"max_tokens\":5,\"guided_json\":{bomb}"), 200, 400, 429);
                break;
            case "completion":
                await Post(kind, "/v1/completions", $$"""{"prompt":["{{text}}","Once upon"],"echo":true,"logprobs":2,"max_tokens":{{_random.Next(1, 20)}}}""", 200, 429);
                break;
            case "metrics":
                using (HttpResponseMessage response = await _client.GetAsync("/metrics"))
                    Expect(kind, response, await response.Content.ReadAsStringAsync(), 200);
                break;
        }
    }

    private void CheckJson(string answer)
    {
        JsonElement body = JsonDocument.Parse(answer).RootElement;
        if (!body.TryGetProperty("choices", out JsonElement choices) || choices[0].GetProperty("finish_reason").GetString() == "length")
            return;
        string text = choices[0].GetProperty("message").GetProperty("content").GetString()!;
        if (!JsonDocument.Parse(text).RootElement.TryGetProperty("n", out _))
            wrong.Enqueue($"not of the schema: {text}");
    }

    private static string Chat(string text, string fields) => $$"""{"messages":[{"role":"user","content":"{{text}}"}]{{(fields.Length > 0 ? "," + fields.Trim() : "")}}}""";

    private Task<string> Post(string kind, string path, string json, params int[] expected) => Post(kind, path, new StringContent(json, Encoding.UTF8, "application/json"), expected);

    private async Task<string> Post(string kind, string path, HttpContent content, params int[] expected)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
        request.Headers.ExpectContinue = content.Headers.ContentLength > 1 << 20;
        using HttpResponseMessage response = await _client.SendAsync(request);
        string text = await response.Content.ReadAsStringAsync();
        Expect(kind, response, text, expected);
        return text;
    }

    private void Expect(string kind, HttpResponseMessage response, string text, params int[] expected)
    {
        Count(kind, $"{(int)response.StatusCode}");
        if (!expected.Contains((int)response.StatusCode) && response.StatusCode != HttpStatusCode.TooManyRequests)
            wrong.Enqueue($"{kind}: {response.StatusCode} {text}");
    }

    private async Task Raw(string kind, string body, Func<Socket, Task> then, int? claimed = null)
    {
        using Socket socket = Connect();
        socket.ReceiveBufferSize = 4096;
        await socket.SendAsync(Encoding.UTF8.GetBytes($"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: {claimed ?? Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}"));
        await then(socket);
        Count(kind, "done");
    }

    private Socket Connect()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(IPAddress.Loopback, address.Port);
        return socket;
    }

    private void Count(string kind, string result) => counts.AddOrUpdate($"{kind}: {result}", 1, static (_, count) => count + 1);
}
