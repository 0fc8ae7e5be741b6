using System.Diagnostics;
using Athanor.Serving.Tests.Testing;
using Athanor.Testing;

namespace Athanor.Serving.Tests.Clients;

/// <summary>The official client of npm against a real server.</summary>
public class NpmClientTests
{
    [NpmFact]
    public async Task It_chats_completes_embeds_and_lists_whole_and_streaming()
    {
        var engine = new ScriptedEngine(ByteTokenizer.ChatMl, (prompt, seed) =>
            prompt.Contains("CALL", StringComparison.Ordinal) ? "<tool_call>{\"name\": \"weather\", \"arguments\": {\"city\": \"Zürich\"}}</tool_call>"
            : prompt.Contains("LONG", StringComparison.Ordinal) ? new string('x', 3000)
            : $"{seed}: Grüße an {prompt.Length} 世界");
        await using RunningServer server = await RunningServer.StartAsync(engine: engine, options: new ServerOptions { Port = 0, ApiKeys = ["npm-test-key"] });
        var start = new ProcessStartInfo("node", [Path.Combine(AppContext.BaseDirectory, "Clients", "openai-client.mjs"), new Uri(server.Server.Address, "/v1").ToString()]) { RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment["NODE_MODULES"] = NpmFactAttribute.Modules;
        using Process node = Process.Start(start)!;
        Task<string> output = node.StandardOutput.ReadToEndAsync(), errors = node.StandardError.ReadToEndAsync();
        await node.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        Assert.True(node.ExitCode == 0 && (await output).Contains("all is well", StringComparison.Ordinal), await output + await errors);
        await RunningServer.Eventually(() => engine.Running == 0, "the stream that was left freed its slot");
    }

    /// <summary>A test that needs node and a folder node_modules with the package openai, which ATHANOR_NODE_MODULES names.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    private sealed class NpmFactAttribute : FactAttribute
    {
        public NpmFactAttribute()
        {
            if (Modules is null || !File.Exists(Path.Combine(Modules, "openai", "package.json")))
                Skip = "ATHANOR_NODE_MODULES names no folder with the npm package openai (npm i --prefix FOLDER openai).";
            else if (!(Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, "node")) || File.Exists(Path.Combine(folder, "node.exe"))))
                Skip = "There is no node here.";
        }

        public static string? Modules => Environment.GetEnvironmentVariable("ATHANOR_NODE_MODULES");
    }
}
