using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using Athanor.Testing;

namespace Athanor.Inference.Tests.Gguf;

/// <summary>llama.cpp through node-llama-cpp: ids of a text, the likeliest tokens after it, and the logits at every token.</summary>
internal static class LlamaCppPeer
{
    // The cache is in fp32 as ours is, so that what is compared is the products. One thread: several wait for each other by spinning.
    private const string Script = """
        import fs from "fs";
        import path from "path";
        import { pathToFileURL } from "url";
        const [modules, file, text, count, special, target] = process.argv.slice(2);
        const { getLlama, LlamaLogLevel } = await import(pathToFileURL(path.join(modules, "node-llama-cpp", "dist", "index.js")));
        const llama = await getLlama({ gpu: false, build: "never", maxThreads: 1, logLevel: LlamaLogLevel.error });
        const model = await llama.loadModel({ modelPath: file, useMmap: true });
        const context = await model.createContext({ contextSize: 256, batchSize: 256, sequences: 1, flashAttention: false, experimentalKvCacheKeyType: "F32", experimentalKvCacheValueType: "F32" });
        const sequence = context.getSequence();
        let ids = text.startsWith("[") ? JSON.parse(text) : Array.from(model.tokenize(text, false));
        if (special !== "-1") ids = [Number(special), ...ids];
        const made = [];
        if (+count > 0)
          for await (const id of sequence.evaluate(ids, { temperature: 0, yieldEogToken: true })) {
            made.push(id);
            if (made.length === +count) break;
          }
        if (target !== "-") {
          await sequence.clearHistory();
          const all = [...ids, ...made.slice(0, -1)];
          const rows = await sequence.controlledEvaluate(all.map((id) => [id, { generateNext: { logits: true, options: { temperature: 0 } } }]));
          const output = fs.openSync(target, "w");
          for (const row of rows) {
            const logits = new Float32Array(row.next.logits.size);
            for (const [id, logit] of row.next.logits) logits[id] = logit;
            fs.writeSync(output, new Uint8Array(logits.buffer));
          }
          fs.closeSync(output);
        }
        console.log(JSON.stringify({ ids, made }));
        await llama.dispose();
        """;

    /// <param name="bos">An id put before the text; −1 for none.</param>
    public static (int[] Ids, int[] Made) Run(string file, string text, int count, int bos = -1)
    {
        using var folder = new TemporaryFolder();
        return Run(folder, file, text, count, bos, "-");
    }

    /// <summary>The same, and the logits at each of the ids and of what was made but the last, row by row.</summary>
    /// <param name="text">A text, or a list of ids in JSON.</param>
    public static (int[] Ids, int[] Made, float[] Logits) Score(string file, string text, int count, int bos = -1)
    {
        using var folder = new TemporaryFolder();
        (int[] ids, int[] made) = Run(folder, file, text, count, bos, folder["logits"]);
        return (ids, made, MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(folder["logits"])).ToArray());
    }

    private static (int[] Ids, int[] Made) Run(TemporaryFolder folder, string file, string text, int count, int bos, string target)
    {
        File.WriteAllText(folder["peer.mjs"], Script);
        var start = new ProcessStartInfo("node") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in (string[])[folder["peer.mjs"], LlamaCpp.Modules!, file, text, $"{count}", $"{bos}", target])
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
