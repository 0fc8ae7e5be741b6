using System.Diagnostics;
using System.Text.Json;
using Athanor.Testing;

namespace Athanor.Inference.Tests.Gguf;

/// <summary>llama.cpp through node-llama-cpp, asked for the ids of a text and the likeliest tokens after it.</summary>
internal static class LlamaCppPeer
{
    private const string Script = """
        import path from "path";
        import { pathToFileURL } from "url";
        const [modules, file, text, count, special] = process.argv.slice(2);
        const { getLlama, LlamaLogLevel } = await import(pathToFileURL(path.join(modules, "node-llama-cpp", "dist", "index.js")));
        const llama = await getLlama({ gpu: false, build: "never", maxThreads: 2, logLevel: LlamaLogLevel.error });
        const model = await llama.loadModel({ modelPath: file, useMmap: true });
        const context = await model.createContext({ contextSize: 256, batchSize: 256, sequences: 1, flashAttention: false });
        let ids = Array.from(model.tokenize(text, false));
        if (special !== "-1") ids = [Number(special), ...ids];
        const made = [];
        if (+count > 0)
          for await (const id of context.getSequence().evaluate(ids, { temperature: 0, yieldEogToken: true })) {
            made.push(id);
            if (made.length === +count) break;
          }
        console.log(JSON.stringify({ ids, made }));
        await llama.dispose();
        """;

    /// <param name="bos">An id put before the text; −1 for none.</param>
    public static (int[] Ids, int[] Made) Run(string file, string text, int count, int bos = -1)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["peer.mjs"], Script);
        var start = new ProcessStartInfo("node") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in (string[])[folder["peer.mjs"], LlamaCpp.Modules!, file, text, $"{count}", $"{bos}"])
            start.ArgumentList.Add(argument);
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"node-llama-cpp failed: {error.Result}");
        using JsonDocument answer = JsonDocument.Parse(output.Trim().Split('\n')[^1]);
        int[] List(string name) => [.. answer.RootElement.GetProperty(name).EnumerateArray().Select(id => id.GetInt32())];
        return (List("ids"), List("made"));
    }
}
