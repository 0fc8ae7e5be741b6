using System.Diagnostics;
using Athanor.Inference.Gguf;
using Athanor.Models;
using Athanor.Models.Layers;
using Athanor.Tensors;
using Athanor.Tensors.Blocks;
using Athanor.Tensors.Cpu;

namespace Athanor.Benchmarks.Inference;

/// <summary>Opening a file, a prompt of 512 tokens, and decoding one text, without an engine around.</summary>
internal static class ModelCases
{
    private const int Read = 512, Before = 16;

    public static void Run(Options options, Limits limits, Report report, BenchmarkModel model, BlockFormat format, string path, long bytes)
    {
        report.Group($"{model.Name}-{format}", $"on {limits.Device}; decode: limit is reading {bytes / 1e6:F0} MB a token; prompt: limit is int8 products on tiles");
        int written = Measure.Once ? 4 : model == BenchmarkModel.Large ? 12 : 48;
        double opened = Open(path, limits.Device);
        report.Add(new Result("", "open the file", opened, "s"));

        using GgufFile file = GgufFile.Open(path);
        using Decoder decoder = GgufModel.Load(file, limits.Device, DType.BF16);
        using LlamaPeer? peer = Measure.Once ? null : LlamaPeer.Start(options.Peers, path, limits.Device.Threads);
        var measure = new Measure();
        using var cache = new KeyValueCache(limits.Device, decoder.Config, DType.BF16, 1, Read + 8);
        measure.Add("decode", _ => Work(written, () => Decode(decoder, cache, written)));
        string read = limits.Join(measure, Peak.MemoryRead)!;
        if (peer is not null)
            measure.Add("peer", _ => Work(written, () => peer.Ask("decode", written)), foreign: true);
        measure.Go(options.Quick ? 3 : 12, rounds: options.Quick ? 2 : 4);
        Add(report, "decode 1 stream", measure, measure.Median(read) / bytes);

        var prompts = new Measure();
        prompts.Add("decode", _ => Work(Read, () => Prompt(decoder, cache, Read)));
        string? products = limits.Join(prompts, Peak.AmxInt8);
        if (peer is not null)
            prompts.Add("peer", _ => Work(Read, () => peer.Ask("prompt", Read)), foreign: true);
        prompts.Go(options.Quick ? 3 : 12, rounds: options.Quick ? 2 : 3);
        Add(report, "prompt 512", prompts, products is null ? null : prompts.Median(products) / (2.0 * model.MatrixParameters));
    }

    // Rates are taken by the time around a call; these know their time better and say how much they had done by then.
    private static double Work(int tokens, Func<double> run)
    {
        long start = Stopwatch.GetTimestamp();
        double seconds = run();
        return tokens * Stopwatch.GetElapsedTime(start).TotalSeconds / seconds;
    }

    private static void Add(Report report, string name, Measure measure, double? limit)
    {
        double peer = measure.Median("peer");
        report.Add(new Result("", name, measure.Median("decode"), "tokens/s")
        {
            Best = measure.Best("decode"),
            Limit = limit,
            Peer = double.IsNaN(peer) ? null : "llama.cpp (node-llama-cpp)",
            PeerValue = double.IsNaN(peer) ? null : peer,
            BestRatio = double.IsNaN(peer) ? null : measure.Best("decode") / measure.Best("peer"),
        });
    }

    private static double Open(string path, CpuDevice device)
    {
        long start = Stopwatch.GetTimestamp();
        using GgufFile file = GgufFile.Open(path);
        using Decoder decoder = GgufModel.Load(file, device, DType.BF16);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static double Prompt(Decoder decoder, KeyValueCache cache, int tokens)
    {
        cache.Clear();
        long start = Stopwatch.GetTimestamp();
        Step(decoder, cache, [.. Enumerable.Range(0, tokens).Select(i => 10 + i * 7919 % 200)]);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static double Decode(Decoder decoder, KeyValueCache cache, int tokens)
    {
        if (cache.Length < Before || cache.Length + tokens > cache.Capacity)
        {
            cache.Clear();
            Step(decoder, cache, [.. Enumerable.Range(10, Before)]);
        }
        cache.Truncate(Before);
        int next = 10;
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < tokens; i++)
            next = Step(decoder, cache, [next]);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>Reads tokens and gives the likeliest next one.</summary>
    private static int Step(Decoder decoder, KeyValueCache cache, int[] ids)
    {
        using StepScope scope = StepScope.Begin(decoder.Device, record: false);
        Tensor hidden = decoder.Hidden(new DecoderInput(Tensor.From(decoder.Device, new Shape(1, ids.Length), ids)), cache);
        float[] logits = decoder.Logits(hidden.Slice(1, ids.Length - 1, 1)).ToArray();
        return Array.IndexOf(logits, logits.Max());
    }
}
