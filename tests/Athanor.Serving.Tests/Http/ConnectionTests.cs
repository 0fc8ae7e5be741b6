using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Athanor.Serving.Tests.Testing;
using Athanor.Testing;

namespace Athanor.Serving.Tests.Http;

public class ConnectionTests
{
    private const string Body = """{"messages":[{"role":"user","content":"x"}],"stream":true,"ignore_eos":true,"max_tokens":4000}""";

    private static ScriptedEngine Slow(int milliseconds = 5) => new(ByteTokenizer.ChatMl, (_, _) => "abc") { Delay = TimeSpan.FromMilliseconds(milliseconds) };

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_client_that_goes_away_frees_its_slot(bool stream)
    {
        await using RunningServer server = await RunningServer.StartAsync(engine: Slow());
        using (Socket socket = Connect(server))
        {
            await SendAsync(socket, stream ? Body : Body.Replace("true", "false", StringComparison.Ordinal).Replace("\"ignore_eos\":false", "\"ignore_eos\":true", StringComparison.Ordinal));
            await RunningServer.Eventually(() => server.Engine.Running == 1, "the engine works");
            if (stream)
                Assert.NotEqual(0, await socket.ReceiveAsync(new byte[256]));
        }
        await RunningServer.Eventually(() => server.Engine.Running == 0 && server.Engine.Cancelled == 1 && server.Server.Requests == 0, "the slot is free");
        string metrics = await server.Client.GetStringAsync("/metrics");
        Assert.Contains("status=\"499\"} 1\n", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_goes_away_before_the_first_token_frees_its_slot()
    {
        var engine = new ScriptedEngine(ByteTokenizer.ChatMl) { Prefill = Task.Delay(Timeout.Infinite) };
        await using RunningServer server = await RunningServer.StartAsync(engine: engine);
        using (Socket socket = Connect(server))
        {
            await SendAsync(socket, Body);
            await RunningServer.Eventually(() => engine.Running == 1, "the engine works");
        }
        await RunningServer.Eventually(() => engine.Running == 0, "the slot is free");
    }

    [Fact]
    public async Task A_reader_that_does_not_read_is_cut_off()
    {
        var engine = new ScriptedEngine(ByteTokenizer.ChatMl, (_, _) => new string('x', 100)) { ContextLength = 200_000 };
        await using RunningServer server = await RunningServer.StartAsync(engine: engine, options: new ServerOptions { Port = 0, DataRateGrace = TimeSpan.FromSeconds(1.5), MinReadRate = 1e6 });
        using Socket socket = Connect(server, receiveBuffer: 2048);
        await SendAsync(socket, Body.Replace("4000", "150000", StringComparison.Ordinal));
        await RunningServer.Eventually(() => engine.Running == 1, "the engine works");
        await RunningServer.Eventually(() => engine.Running == 0 && engine.Cancelled == 1, "the slot is free");
    }

    [Fact]
    public async Task A_thousand_idle_connections_keep_nobody_out()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        var idle = new List<Socket>();
        try
        {
            for (int i = 0; i < 1000; i++)
            {
                idle.Add(Connect(server));
                if (i % 2 == 0)
                    await idle[^1].SendAsync("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Le"u8.ToArray());
            }
            Assert.Equal(HttpStatusCode.OK, (await server.PostAsync("/v1/completions", """{"prompt":"a"}""")).Status);
        }
        finally
        {
            idle.ForEach(socket => socket.Dispose());
        }
        Assert.Equal(HttpStatusCode.OK, (await server.PostAsync("/v1/completions", """{"prompt":"a"}""")).Status);
    }

    [Theory]
    [InlineData("GET\r\n\r\n")]
    [InlineData("\0\u0001\u0002\u0003\r\n\r\n")]
    [InlineData("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n")]
    [InlineData("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")]
    [InlineData("POST /v1/chat/completions HTTP/9.9\r\nHost: localhost\r\n\r\n")]
    public async Task What_is_no_HTTP_is_refused_and_the_server_lives(string bytes)
    {
        await using RunningServer server = await RunningServer.StartAsync();
        using Socket socket = Connect(server);
        await socket.SendAsync(Encoding.Latin1.GetBytes(bytes));
        byte[] buffer = new byte[512];
        int count = await socket.ReceiveAsync(buffer);
        string answer = Encoding.Latin1.GetString(buffer, 0, count);
        Assert.True(count == 0 || answer.StartsWith("HTTP/1.1 4", StringComparison.Ordinal) || answer.StartsWith("HTTP/1.1 505", StringComparison.Ordinal), answer);
        Assert.Equal(HttpStatusCode.OK, (await server.PostAsync("/v1/completions", """{"prompt":"a"}""")).Status);
    }

    [Fact]
    public async Task An_overloaded_engine_is_429_with_the_time_to_wait()
    {
        var engine = new ScriptedEngine(ByteTokenizer.ChatMl, (_, _) => "abc") { Most = 0 };
        await using RunningServer server = await RunningServer.StartAsync(engine: engine);
        foreach (string body in (string[])[Body, Body.Replace("\"stream\":true", "\"stream\":false", StringComparison.Ordinal)])
        {
            using HttpResponseMessage response = await server.Client.PostAsync("/v1/chat/completions", new StringContent(body));
            Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
            Assert.Equal(TimeSpan.FromSeconds(3), response.Headers.RetryAfter?.Delta);
            Assert.Contains("rate_limit_error", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("/v1/chat/completions", """{"messages":[{"role":"user","content":"a"}]}""")]
    [InlineData("/v1/completions", """{"prompt":"a"}""")]
    [InlineData("/v1/embeddings", """{"input":"a"}""")]
    public async Task What_would_wait_too_long_is_429_at_once(string path, string body)
    {
        var engine = new ScriptedEngine(ByteTokenizer.ChatMl, (_, _) => "abc") { ExpectedWait = TimeSpan.FromSeconds(35) };
        await using RunningServer server = await RunningServer.StartAsync(engine: engine, options: new ServerOptions { Port = 0, MaxWait = TimeSpan.FromSeconds(30) });
        using (HttpResponseMessage response = await server.Client.PostAsync(path, new StringContent(body)))
        {
            Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
            Assert.Equal(TimeSpan.FromSeconds(5), response.Headers.RetryAfter?.Delta);
            Assert.Contains("35 seconds", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
        Assert.Equal(0, engine.Started);
        engine.ExpectedWait = TimeSpan.FromSeconds(30);
        Assert.Equal(HttpStatusCode.OK, (await server.PostAsync(path, body)).Status);
    }

    [Fact]
    public async Task More_requests_than_the_server_bears_are_429()
    {
        await using RunningServer server = await RunningServer.StartAsync(engine: Slow(), options: new ServerOptions { Port = 0, MaxRequests = 1 });
        using (Socket socket = Connect(server))
        {
            await SendAsync(socket, Body);
            await RunningServer.Eventually(() => server.Engine.Running == 1, "the engine works");
            using HttpResponseMessage second = await server.Client.PostAsync("/v1/completions", new StringContent("""{"prompt":"a"}"""));
            Assert.Equal(HttpStatusCode.TooManyRequests, second.StatusCode);
            Assert.NotNull(second.Headers.RetryAfter?.Delta);
            Assert.Equal(HttpStatusCode.OK, (await server.Client.GetAsync("/health")).StatusCode);
        }
        await RunningServer.Eventually(() => server.Server.Requests == 0, "the slot is free");
        Assert.Equal(HttpStatusCode.OK, (await server.PostAsync("/v1/completions", """{"prompt":"a"}""")).Status);
    }

    [Fact]
    public async Task A_request_beyond_its_time_ends_with_an_error()
    {
        await using RunningServer server = await RunningServer.StartAsync(engine: Slow(20), options: new ServerOptions { Port = 0, RequestTimeout = TimeSpan.FromSeconds(1.5), PingInterval = TimeSpan.FromMilliseconds(50) });
        List<string> events = await server.StreamAsync("/v1/chat/completions", Body);
        Assert.Equal("timeout", JsonDocument.Parse(events[^2]).RootElement.GetProperty("error").GetProperty("code").GetString());
        Assert.Equal(HttpStatusCode.RequestTimeout, (await server.PostAsync("/v1/chat/completions", Body.Replace("\"stream\":true", "\"stream\":false", StringComparison.Ordinal))).Status);
        Assert.Equal(0, server.Engine.Running);
    }

    [Fact]
    public async Task A_server_that_ends_lets_running_requests_finish()
    {
        var work = new TaskCompletionSource();
        await using RunningServer server = await RunningServer.StartAsync(engine: new ScriptedEngine(ByteTokenizer.ChatMl, (_, _) => "abc") { Prefill = work.Task });
        Task<List<string>> running = server.StreamAsync("/v1/chat/completions", Body.Replace("4000", "100", StringComparison.Ordinal));
        await RunningServer.Eventually(() => server.Engine.Running == 1, "the engine works");
        Task stopping = server.Server.StopAsync();
        Assert.False(stopping.IsCompleted);
        work.SetResult();
        await stopping;
        List<string> events = await running;
        Assert.Equal("[DONE]", events[^1]);
        Assert.Equal("length", JsonDocument.Parse(events[^2]).RootElement.GetProperty("choices")[0].GetProperty("finish_reason").GetString());
        await Assert.ThrowsAsync<HttpRequestException>(() => server.Client.GetAsync("/health"));
    }

    [Fact]
    public async Task A_request_that_outlasts_the_end_is_told_so()
    {
        await using RunningServer server = await RunningServer.StartAsync(engine: Slow(20), options: new ServerOptions { Port = 0, DrainTimeout = TimeSpan.FromMilliseconds(300) });
        Task<List<string>> running = server.StreamAsync("/v1/chat/completions", Body);
        await RunningServer.Eventually(() => server.Engine.Running == 1, "the engine works");
        long start = Stopwatch.GetTimestamp();
        await server.Server.StopAsync();
        // What it asked for would take 80 seconds, and a server that was not told how long waits 30.
        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(20));
        List<string> events = await running;
        Assert.Equal("unavailable", JsonDocument.Parse(events[^2]).RootElement.GetProperty("error").GetProperty("code").GetString());
    }

    private static Socket Connect(RunningServer server, int receiveBuffer = 0)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        if (receiveBuffer > 0)
            socket.ReceiveBufferSize = receiveBuffer;
        socket.Connect(IPAddress.Loopback, server.Server.Address.Port);
        return socket;
    }

    private static async Task SendAsync(Socket socket, string body) =>
        await socket.SendAsync(Encoding.UTF8.GetBytes($"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}"));
}
