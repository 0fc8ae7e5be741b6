using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Athanor.Benchmarks.Training;
using Athanor.Tensors;
using Athanor.Tensors.Cpu;
using Athanor.Tensors.Optimizers;

namespace Athanor.Benchmarks;

/// <summary>Topic train-step: whole training steps (forward, backward, clipping, AdamW, bf16) of Llama-style models.</summary>
internal static class TrainStep
{
    private static readonly StackSize[] Sizes =
    [
        new("llama-14m d384 L6 T256 B32", 384, 6, 6, 1024, 8192, 256, 32),
        new("llama-124m d768 L12 T1024 B4", 768, 12, 12, 2048, 50257, 1024, 4),
    ];

    public static int Run(Options options)
    {
        var device = (CpuDevice)Device.Default;
        using var limits = new Limits(device);
        var report = new Report(options, "train-step", device.Threads);
        report.Group("train-step", $"bf16 on {device}; limit: AMX registers only (or FMA), measured in turns");
        foreach (StackSize size in Sizes)
        {
            if (!options.Wants(size.Name))
                continue;
            bool large = size.D > 500;
            Case(options, device, limits, report, size, options.Quick ? (large ? 2 : 6) : (large ? 8 : 30));
        }
        return 0;
    }

    private static void Case(Options options, CpuDevice device, Limits limits, Report report, StackSize size, int steps)
    {
        using var model = new LlamaStack(device, size, DType.BF16);
        using var group = new ParameterGroup("all", model.Parameters);
        using var optimizer = new AdamW([group]);
        using var norm = new GradientNorm(group);
        int[] tokens = [.. Enumerable.Range(0, size.Tokens + 1).Select(i => (int)(i * 2654435761L % size.V))];
        float first = float.NaN, last = float.NaN;

        double Step(int _)
        {
            using (StepScope.Begin(device))
            {
                Tensor ids = Tensor.From(device, new Shape(size.B, size.T), tokens.AsSpan(0, size.Tokens));
                Tensor targets = Tensor.From(device, new Shape(size.B, size.T), tokens.AsSpan(1, size.Tokens));
                Tensor loss = model.Loss(ids, targets);
                loss.Backward();
                GradientReport gradient = norm.Measure(1);
                optimizer.Step(3e-4f, gradient.Scale);
                last = loss.Item();
                if (float.IsNaN(first))
                    first = last;
            }
            return size.Tokens;
        }

        Step(0);
        device.ResetPeak();
        var measure = new Measure();
        measure.Add("step", Step);
        string? limit = limits.Join(measure, Peak.AmxBf16) ?? limits.Join(measure, Peak.FmaF32);
        measure.Go(steps * StepSeconds(Step), rounds: Math.Min(steps, 4));

        double tokensPerSecond = measure.Median("step"), flops = tokensPerSecond * size.FlopsPerToken;
        double? top = limit is null ? null : measure.Median(limit);
        (double Seconds, double Best, double PeakGb, string Version)? peer = options.Torch ? Torch(size, options.Quick ? 3 : 8) : null;
        report.Add(new Result("", $"{size.Name} tokens", tokensPerSecond, "tokens/s")
        {
            Best = measure.Best("step"),
            Share = top is null ? null : flops / top,
            Peer = peer is null ? null : "PyTorch " + peer.Value.Version,
            PeerValue = size.Tokens / peer?.Seconds,
            BestRatio = measure.Best("step") * peer?.Best / size.Tokens,
        });
        report.Add(new Result("", $"{size.Name} rate", flops / 1e9, "GFLOP/s") { Best = measure.Best("step") * size.FlopsPerToken / 1e9, Limit = top / 1e9 });
        report.Add(new Result("", $"{size.Name} peak tensors", device.PeakBytes / (double)(1L << 30), "GiB"));
        report.Add(new Result("", $"{size.Name} peak process", Process.GetCurrentProcess().PeakWorkingSet64 / (double)(1L << 30), "GiB") { PeerValue = peer?.PeakGb });
        report.Add(new Result("", $"{size.Name} loss after {optimizer.Steps} steps (first {first.ToString("F3", CultureInfo.InvariantCulture)})", last, "nats"));
    }

    private static double StepSeconds(Func<int, double> step)
    {
        long start = Stopwatch.GetTimestamp();
        step(0);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static (double Seconds, double Best, double PeakGb, string Version)? Torch(StackSize size, int steps)
    {
        string script = Path.Combine(AppContext.BaseDirectory, "peers", "torch_train_step.py");
        var start = new ProcessStartInfo("python3") { RedirectStandardOutput = true };
        if (File.Exists("/usr/bin/python3"))
            start.FileName = "/usr/bin/python3";
        foreach (object argument in new object[] { script, size.D, size.L, size.H, size.F, size.V, size.T, size.B, steps })
            start.ArgumentList.Add(Convert.ToString(argument, CultureInfo.InvariantCulture)!);
        // What makes PyTorch 1.13 fast here: AVX-512 kernels, and an allocator that keeps large blocks.
        start.Environment["ATEN_CPU_CAPABILITY"] = "avx512";
        start.Environment["OPENBLAS_CORETYPE"] = "SkylakeX";
        start.Environment["MALLOC_MMAP_THRESHOLD_"] = start.Environment["MALLOC_TRIM_THRESHOLD_"] = "34359738368";
        start.Environment["GLIBC_TUNABLES"] = "glibc.malloc.hugetlb=1";
        try
        {
            using Process process = Process.Start(start)!;
            string line = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            using JsonDocument json = JsonDocument.Parse(line);
            JsonElement root = json.RootElement;
            return (root.GetProperty("median").GetDouble(), root.GetProperty("best").GetDouble(), root.GetProperty("peak_gb").GetDouble(), root.GetProperty("torch").GetString()!);
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or JsonException)
        {
            Console.Error.WriteLine($"The PyTorch peer did not run ({e.Message}); python3 with torch is needed for the word torch.");
            return null;
        }
    }
}
