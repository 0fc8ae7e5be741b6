using Athanor.Tensors;
using Athanor.Tensors.Cpu;
using Athanor.Tensors.Kernels;

namespace Athanor.Benchmarks.Kernels;

/// <summary>A group of matrix products with the same types and transposes.</summary>
internal sealed record GemmGroup(string Name, string Remark, DType Input, DType Output, bool TransA, bool TransB)
{
    public bool Accumulate { get; init; }

    /// <summary>B packed once outside the timing, against the library's own layout of B.</summary>
    public bool Prepacked { get; init; }
}

/// <summary>Times one group: our product, the limit and, when asked for, oneDNN, in turns for each shape.</summary>
internal static unsafe class GemmCases
{
    private const string Ours = "ours", Peer = "peer";

    /// <summary>A 2 × 2 loop far below the registers-only limit means that the machine is in a slow state, which hits every GEMM.</summary>
    private const string Loop = "2x2 tile loop from L1, in turns with the above";

    public static void Run(KernelRun run, CpuDevice device, Limits limits, GemmGroup group, IReadOnlyList<GemmShape> shapes)
    {
        if (!run.Options.Wants(group.Name))
            return;
        run.Report.Group(group.Name, group.Remark);
        var results = new List<(GemmShape Shape, Result Result)>();
        var loops = new List<(double Median, double Best)>();
        foreach (GemmShape shape in shapes)
        {
            Result result = One(run, device, limits, group, shape, loops);
            run.Report.Add(result);
            results.Add((shape, result));
        }
        AddMean(run, "geometric mean", [.. results.Select(r => r.Result)]);
        Result[] large = [.. results.Where(r => r.Shape.Large).Select(r => r.Result)];
        if (large.Length > 0 && large.Length < results.Count)
            AddMean(run, "geometric mean, large shapes", large);
        if (loops.Count > 0)
        {
            run.Report.Add(new Result("", Loop, Report.GeometricMean([.. loops.Select(l => l.Median)]), "GFLOP/s")
            {
                Best = Report.GeometricMean([.. loops.Select(l => l.Best)]),
                Limit = results[0].Result.Limit,
                Threads = device.Threads,
            });
        }
    }

    private static Result One(KernelRun run, CpuDevice device, Limits limits, GemmGroup group, GemmShape shape, List<(double Median, double Best)> loops)
    {
        var (m, n, k) = shape;
        using var buffers = new Buffers();
        var left = new nint[Measure.Sets];
        var result = new nint[Measure.Sets];
        for (int set = 0; set < Measure.Sets; set++)
        {
            left[set] = (nint)buffers.Random(group.Input, (long)m * k);
            result[set] = (nint)buffers.Zero((long)m * n * group.Output.Size());
        }
        void* right = buffers.Random(group.Input, (long)n * k);
        var args = new GemmArgs
        {
            M = m,
            N = n,
            K = k,
            Lda = group.TransA ? m : k,
            TransA = group.TransA,
            B = right,
            Ldb = group.TransB ? k : n,
            TransB = group.TransB,
            InputType = group.Input,
            Ldc = n,
            OutputType = group.Output,
            Accumulate = group.Accumulate,
        };
        byte* form = group.Prepacked ? (byte*)buffers.Zero(PackedB.Bytes(n, k)) : null;
        PackedB packed = group.Prepacked ? GemmBf16.Pack(device, right, args.Ldb, group.TransB, group.Input, n, k, form) : default;

        var measure = new Measure();
        measure.Add(Ours, shape.Flops, set =>
        {
            GemmArgs now = args;
            now.A = (void*)left[set];
            now.C = (void*)result[set];
            if (group.Prepacked)
                GemmBf16.Run(device, now, packed);
            else
                MatMulKernel.Run(device, now);
        });
        // One row reads B once: memory is its limit, at one multiply-add an element of B.
        bool row = m == 1;
        Peak peak = row ? Peak.MemoryRead : device.Path == KernelPath.Amx && group.Input == DType.BF16 ? Peak.AmxBf16 : Peak.FmaF32;
        string? limit = limits.Join(measure, peak);
        string? loop = peak == Peak.AmxBf16 ? limits.Join(measure, Peak.AmxBf16FromL1) : null;
        double flopsPerUnit = row ? 2.0 / group.Input.Size() : 1;
        if (run.Peer is { } dnnl)
        {
            var product = new OneDnnMatmul(dnnl, (m, n, k), (group.Input, group.Output), (group.TransA, group.TransB), left, right, result, group.Prepacked);
            measure.Add(Peer, shape.Flops, product.Run, foreign: true);
        }
        measure.Go(run.Seconds);
        if (loop is not null)
            loops.Add((measure.Median(loop) / 1e9, measure.Best(loop) / 1e9));
        return new Result("", shape.ToString(), measure.Median(Ours) / 1e9, "GFLOP/s")
        {
            Best = measure.Best(Ours) / 1e9,
            Limit = limit is null ? null : measure.Median(limit) * flopsPerUnit / 1e9,
            Peer = run.Peer?.Name,
            PeerValue = run.Peer is null ? null : measure.Median(Peer) / 1e9,
            BestRatio = run.Peer is null ? null : measure.Best(Ours) / measure.Best(Peer),
            Threads = device.Threads,
        };
    }

    private static void AddMean(KernelRun run, string name, Result[] results)
    {
        if (Mean(results, r => r.Value) is not { } value)
            return;
        run.Report.Add(new Result("", name, value, "GFLOP/s")
        {
            Best = Mean(results, r => r.Best),
            Limit = Mean(results, r => r.Limit),
            Peer = run.Peer?.Name,
            PeerValue = Mean(results, r => r.PeerValue),
            BestRatio = Mean(results, r => r.BestRatio),
            Threads = run.Device.Threads,
        });
    }

    private static double? Mean(Result[] results, Func<Result, double?> field) =>
        results.All(r => field(r) is > 0) ? Report.GeometricMean([.. results.Select(r => field(r)!.Value)]) : null;
}
