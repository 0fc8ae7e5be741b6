using Athanor.Tensors;
using Athanor.Tensors.Cpu;
using Athanor.Tensors.Kernels;

namespace Athanor.Benchmarks.Kernels;

internal static unsafe partial class MemoryBoundCases
{
    private const long Parameters = 48 << 20;

    private static void Optimizers(KernelRun run)
    {
        AdamW(run, "AdamW fp32 states", 28, withCopy: false, zero: false);
        AdamW(run, "AdamW fp32 states, bf16 copy", 30, withCopy: true, zero: false);
        AdamW(run, "AdamW bf16 copy, gradient zeroed", 34, withCopy: true, zero: true);
        AdamW8(run);
        LionAndSgd(run);
        Norm(run);
    }

    private static void AdamW(KernelRun run, string name, int bytes, bool withCopy, bool zero)
    {
        using var buffers = new Buffers();
        var args = new AdamWArgs
        {
            Master = (float*)buffers.Random(DType.F32, Parameters),
            FirstMoment = (float*)buffers.Zero(Parameters * 4),
            SecondMoment = (float*)buffers.Zero(Parameters * 4),
            Gradient = (float*)buffers.Random(DType.F32, Parameters, 1e-2f),
            Copy = withCopy ? (ushort*)buffers.Zero(Parameters * 2) : null,
            Count = Parameters,
            Step = 10,
            LearningRate = 1e-4f,
            Beta1 = 0.9f,
            Beta2 = 0.95f,
            Epsilon = 1e-8f,
            WeightDecay = 0.1f,
            GradientScale = 1,
            ZeroGradient = zero,
        };
        Time(run, name, (double)bytes * Parameters, Peak.MemoryTriad, () => AdamWKernel.Run(run.Device, args));
    }

    private static void AdamW8(KernelRun run)
    {
        using var buffers = new Buffers();
        long blocks = AdamW8Kernel.Blocks(Parameters);
        var args = new AdamW8Args
        {
            Master = (float*)buffers.Random(DType.F32, Parameters),
            Gradient = (float*)buffers.Random(DType.F32, Parameters, 1e-2f),
            FirstCodes = (byte*)buffers.Zero(Parameters),
            SecondCodes = (byte*)buffers.Zero(Parameters),
            FirstScales = (float*)buffers.Zero(blocks * 4),
            SecondScales = (float*)buffers.Zero(blocks * 4),
            Count = Parameters,
            Step = 10,
            LearningRate = 1e-4f,
            Beta1 = 0.9f,
            Beta2 = 0.95f,
            Epsilon = 1e-8f,
            WeightDecay = 0.1f,
            GradientScale = 1,
        };
        // Rounding to codes, not memory, bounds this one: it saves space, not time.
        Time(run, "AdamW 8-bit states", 16.06 * Parameters, Peak.MemoryTriad, () => AdamW8Kernel.Run(run.Device, args));
    }

    private static void LionAndSgd(KernelRun run)
    {
        using var buffers = new Buffers();
        var lion = new LionArgs
        {
            Master = (float*)buffers.Random(DType.F32, Parameters),
            Momentum = (float*)buffers.Zero(Parameters * 4),
            Gradient = (float*)buffers.Random(DType.F32, Parameters, 1e-2f),
            Count = Parameters,
            LearningRate = 1e-5f,
            Beta1 = 0.9f,
            Beta2 = 0.99f,
            WeightDecay = 1,
            GradientScale = 1,
        };
        Time(run, "Lion", 20.0 * Parameters, Peak.MemoryTriad, () => LionKernel.Run(run.Device, lion));
        var sgd = new SgdArgs
        {
            Master = lion.Master,
            Momentum = lion.Momentum,
            Gradient = lion.Gradient,
            Count = Parameters,
            LearningRate = 1e-4f,
            MomentumFactor = 0.9f,
            GradientScale = 1,
        };
        Time(run, "SGD with momentum", 20.0 * Parameters, Peak.MemoryTriad, () => SgdKernel.Run(run.Device, sgd));
    }

    private static void Norm(KernelRun run)
    {
        using var buffers = new Buffers();
        var gradient = (float*)buffers.Random(DType.F32, Parameters, 1e-2f);
        var partials = (double*)buffers.Zero(SquaredNormKernel.Partials(Parameters) * sizeof(double));
        Time(run, "gradient norm", 4.0 * Parameters, Peak.MemoryRead, () => SquaredNormKernel.Run(run.Device, gradient, Parameters, partials));
    }
}
