using Athanor.Tensors;
using Athanor.Tensors.Cpu;
using Athanor.Tensors.Kernels;

namespace Athanor.Benchmarks.Kernels;

/// <summary>Muon's step for the matrices of a transformer block: five iterations of three products each.</summary>
internal static unsafe class MuonCases
{
    private static readonly (int Rows, int Columns)[] Shapes = [(768, 768), (2304, 768), (768, 3072)];

    public static void Run(KernelRun run)
    {
        if (!run.Options.Wants("muon") || run.Device.Path == KernelPath.Reference)
            return;
        bool amx = run.Device.Path == KernelPath.Amx;
        run.Report.Group("muon", "one step of one matrix");
        foreach ((int rows, int columns) in Shapes)
        {
            using var buffers = new Buffers();
            long count = (long)rows * columns, small = Math.Min(rows, columns), large = Math.Max(rows, columns);
            var args = new MuonArgs
            {
                Master = (float*)buffers.Random(DType.F32, count),
                Momentum = (float*)buffers.Zero(count * 4),
                Gradient = (float*)buffers.Random(DType.F32, count),
                Rows = rows,
                Columns = columns,
                LearningRate = 1e-3f,
                MomentumFactor = 0.95f,
                GradientScale = 1,
                UpdateScale = 1,
                Iterations = 5,
                Nesterov = true,
                Workspace = (byte*)buffers.Zero(MuonKernel.WorkspaceBytes(rows, columns)),
            };
            double work = 5 * 2.0 * small * small * (2 * large + small);
            var measure = new Measure();
            measure.Add("ours", work, _ => MuonKernel.Run(run.Device, args));
            string limit = run.Limits.Join(measure, amx ? Peak.AmxBf16 : Peak.FmaF32)!;
            measure.Go(run.Seconds * 2);
            run.Report.Add(new Result("", $"{rows} x {columns}", measure.Median("ours") / 1e9, "GFLOP/s") { Best = measure.Best("ours") / 1e9, Limit = measure.Median(limit) / 1e9 });
        }
    }
}
