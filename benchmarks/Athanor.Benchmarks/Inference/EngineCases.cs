using System.Diagnostics;
using Athanor.Inference.Generation;
using Athanor.Inference.Gguf;
using Athanor.Inference.Running;
using Athanor.Inference.Sampling;
using Athanor.Tensors;

namespace Athanor.Benchmarks.Inference;

/// <summary>The engine: many streams against one, a prompt whose beginning it knows, and the waiting times of requests that come as they please.</summary>
internal static class EngineCases
{
    private const int Streams = 16, Shared = 2000;

    public static void Run(Options options, CpuDevice device, Report report, BenchmarkModel model, string path)
    {
        report.Group($"{model.Name}-engine", $"Q8_0 on {device}");
        using GgufFile file = GgufFile.Open(path);
        var engine = new InferenceEngine(GgufModel.Load(file, device, DType.BF16), GgufModel.ReadTokenizer(file), new EngineOptions { CacheBytes = 512 << 20, MaxSequences = 32 }, ownsModel: true);
        try
        {
            Task.Run(() => Measured(options, report, engine, model)).GetAwaiter().GetResult();
        }
        finally
        {
            engine.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    private static async Task Measured(Options options, Report report, InferenceEngine engine, BenchmarkModel model)
    {
        bool large = model == BenchmarkModel.Large;
        int written = Measure.Once ? 4 : large ? 24 : 64, rounds = Measure.Once ? 1 : options.Quick ? 2 : 3;
        await Stream(engine, Prompt(1, 16), 4).ConfigureAwait(false);
        var one = new List<double>();
        var many = new List<double>();
        for (int round = 0; round < rounds; round++)
        {
            one.Add(await Together(engine, 1, written, round).ConfigureAwait(false));
            many.Add(await Together(engine, Streams, written, round).ConfigureAwait(false));
        }
        report.Add(new Result("", "decode 1 stream", Median(one), "tokens/s") { Best = one.Max() });
        report.Add(new Result("", $"decode {Streams} streams together", Median(many), "tokens/s") { Best = many.Max(), Peer = "1 stream", PeerValue = Median(one) });

        var cold = new List<double>();
        var known = new List<double>();
        for (int round = 0; round < (Measure.Once ? 1 : options.Quick || large ? 2 : 3); round++)
        {
            int[] prompt = Prompt(100 + round, Measure.Once ? 200 : Shared);
            cold.Add((await Stream(engine, prompt, 1).ConfigureAwait(false)).First);
            known.Add((await Stream(engine, [.. prompt, 11, 12, 13], 1).ConfigureAwait(false)).First);
        }
        report.Add(new Result("", $"first token, {Shared} tokens known", Median(known), "s") { Best = known.Min(), Peer = "not known", PeerValue = Median(cold), Ratio = Median(cold) / Median(known) });
        await OpenLoop(options, report, engine, Median(many), large).ConfigureAwait(false);
    }

    /// <summary>Requests of 64 tokens that want 32 arrive at random, half as many as the engine could answer, whether or not others are done.</summary>
    private static async Task OpenLoop(Options options, Report report, InferenceEngine engine, double rate, bool large)
    {
        int requests = Measure.Once ? 3 : options.Quick ? 16 : large ? 16 : 48;
        const int Read = 64, Written = 32;
        double perSecond = 0.5 * rate / Written;
        var random = new Random(1);
        var running = new List<Task<Timing>>();
        for (int i = 0; i < requests; i++)
        {
            running.Add(Stream(engine, Prompt(1000 + i, Read), Written));
            await Task.Delay(TimeSpan.FromSeconds(-Math.Log(1 - random.NextDouble()) / perSecond)).ConfigureAwait(false);
        }
        Timing[] all = await Task.WhenAll(running).ConfigureAwait(false);
        double[] first = [.. all.Select(timing => timing.First).Order()], between = [.. all.SelectMany(timing => timing.Between).Order()];
        string load = FormattableString.Invariant($"{perSecond:F2} requests/s");
        report.Add(new Result("", "time to first token p50, " + load, At(first, 0.5), "s"));
        report.Add(new Result("", "time to first token p99, " + load, At(first, 0.99), "s"));
        report.Add(new Result("", "time between tokens p50, " + load, At(between, 0.5), "s"));
        report.Add(new Result("", "time between tokens p99, " + load, At(between, 0.99), "s"));
    }

    private sealed record Timing(double First, double Total, List<double> Between);

    /// <summary>Tokens a second of all streams, from the first token of the last to begin on.</summary>
    private static async Task<double> Together(InferenceEngine engine, int streams, int written, int seed)
    {
        long start = Stopwatch.GetTimestamp();
        Timing[] all = await Task.WhenAll(Enumerable.Range(0, streams).Select(i => Stream(engine, Prompt(seed * 100 + i, 16), written + 1))).ConfigureAwait(false);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds - all.Max(timing => timing.First);
        return streams * written / seconds;
    }

    private static async Task<Timing> Stream(InferenceEngine engine, int[] prompt, int tokens)
    {
        var request = new GenerationRequest { Prompt = prompt, MaxTokens = tokens, IgnoreEnd = true, Sampling = new SamplingOptions { Temperature = 0 } };
        long start = Stopwatch.GetTimestamp(), last = start;
        double first = 0;
        var between = new List<double>();
        await foreach (GenerationChunk chunk in engine.GenerateAsync(request).ConfigureAwait(false))
        {
            if (chunk.Tokens.Count == 0)
                continue;
            long now = Stopwatch.GetTimestamp();
            if (first == 0)
                first = Stopwatch.GetElapsedTime(start, now).TotalSeconds;
            else
                between.Add(Stopwatch.GetElapsedTime(last, now).TotalSeconds / chunk.Tokens.Count);
            last = now;
        }
        return new Timing(first, Stopwatch.GetElapsedTime(start).TotalSeconds, between);
    }

    private static int[] Prompt(int seed, int length)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, length).Select(_ => random.Next(10, 250))];
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static double At(double[] sorted, double share) => sorted.Length == 0 ? 0 : sorted[Math.Min(sorted.Length - 1, (int)(share * sorted.Length))];
}
