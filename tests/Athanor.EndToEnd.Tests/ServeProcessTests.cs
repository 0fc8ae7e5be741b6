using System.Diagnostics;
using System.Text.Json;

namespace Athanor.EndToEnd.Tests;

/// <summary>A run is trained, served, asked and ended, each by the tool in a process of its own.</summary>
public sealed class ServeProcessTests : IDisposable
{
    private const string Chats = "/v1/chat/completions";

    private readonly TinyRun _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [PosixFact]
    public async Task A_run_is_served_until_it_is_told_to_end()
    {
        (int code, _, string errors) = await TinyRun.Run(_tiny.RunArguments("runs"));
        Assert.True(code == 0, errors);
        await using ServedProcess server = await ServedProcess.Start("tiny", "--runs", _tiny.Runs("runs"), "--alias", "gpt-4o=tiny");
        Assert.Equal("""{"status":"ok"}""", await server.Client.GetStringAsync("/health"));
        const string question = """{"model":"gpt-4o","messages":[{"role":"user","content":"Item 7"}],"max_tokens":12,"temperature":0""";
        JsonElement whole = await server.Ask(Chats, question + "}");
        string text = whole.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!;
        Assert.Equal("tiny", whole.GetProperty("model").GetString());
        Assert.InRange(whole.GetProperty("usage").GetProperty("completion_tokens").GetInt32(), 1, 12);
        string[] events = (await server.Post(Chats, question + ""","stream":true}""")).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("data: [DONE]", events[^1]);
        Assert.Equal(text, string.Concat(events.SkipLast(1).Select(Content)));
        Assert.Contains("athanor_requests_total{endpoint=\"/v1/chat/completions\",status=\"200\"} 2", await server.Client.GetStringAsync("/metrics"), StringComparison.Ordinal);

        (code, string output, errors) = await server.End();
        Assert.True(code == 0, errors);
        Assert.Contains("athanor: stopped", output, StringComparison.Ordinal);
    }

    [PosixFact]
    public async Task A_chat_reads_its_messages_from_a_pipe()
    {
        (int code, _, string errors) = await TinyRun.Run(_tiny.RunArguments("runs"));
        Assert.True(code == 0, errors);
        using Process process = Process.Start(new ProcessStartInfo("dotnet", [TinyRun.Dll, "chat", "tiny", "--runs", _tiny.Runs("runs"), "--set", "max_tokens=5", "temperature=0"]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        await process.StandardInput.WriteAsync("Item 7\n/stats\n/exit\n");
        process.StandardInput.Close();
        (code, string output, errors) = await TinyRun.End(process);
        Assert.True(code == 0, errors);
        Assert.NotEmpty(output);
        Assert.DoesNotContain("> ", output, StringComparison.Ordinal);
        Assert.Contains("[1 answer,", errors, StringComparison.Ordinal);
    }

    private static string? Content(string data)
    {
        JsonElement choices = JsonDocument.Parse(data["data: ".Length..]).RootElement.GetProperty("choices");
        return choices[0].GetProperty("delta").TryGetProperty("content", out JsonElement content) ? content.GetString() : "";
    }
}
