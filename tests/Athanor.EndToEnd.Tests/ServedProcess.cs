using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Athanor.EndToEnd.Tests;

/// <summary><c>athanor serve</c> in a process of its own, ended with the test.</summary>
internal sealed class ServedProcess : IAsyncDisposable
{
    private readonly Process _process;

    private ServedProcess(Process process, HttpClient client) => (_process, Client) = (process, client);

    public HttpClient Client { get; }

    /// <summary>Starts it on a free port and waits until it is ready.</summary>
    public static async Task<ServedProcess> Start(params string[] arguments)
    {
        Process process = TinyRun.Start(["serve", .. arguments, "--port", "0"]);
        string? address = null;
        while (await process.StandardOutput.ReadLineAsync() is { } line && line != "athanor: ready")
        {
            if (line.Contains("listening on ", StringComparison.Ordinal))
                address = line[line.IndexOf("http", StringComparison.Ordinal)..];
        }
        if (address is null || process.HasExited)
            Assert.Fail(await process.StandardError.ReadToEndAsync());
        return new ServedProcess(process, new HttpClient { BaseAddress = new Uri(address) });
    }

    /// <summary>The answer of an endpoint, which must be a good one.</summary>
    public async Task<string> Post(string path, string json)
    {
        using var body = new StringContent(json);
        body.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using HttpResponseMessage response = await Client.PostAsync(path, body);
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        return text;
    }

    public async Task<JsonElement> Ask(string path, string json) => JsonDocument.Parse(await Post(path, json)).RootElement;

    /// <summary>Tells it to end and gives what it said meanwhile.</summary>
    public async Task<(int Code, string Output, string Errors)> End()
    {
        using (Process signal = Process.Start("kill", ["-TERM", $"{_process.Id}"]))
            await signal.WaitForExitAsync();
        return await TinyRun.End(_process);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }
        _process.Dispose();
    }
}
