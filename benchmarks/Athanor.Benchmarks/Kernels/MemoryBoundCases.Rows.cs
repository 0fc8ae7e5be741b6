using Athanor.Tensors;
using Athanor.Tensors.Cpu;
using Athanor.Tensors.Kernels;

namespace Athanor.Benchmarks.Kernels;

internal static unsafe partial class MemoryBoundCases
{
    // 256 MB a tensor in bf16.
    private const long Rows = 64 << 10, Width = 2048, Elements = Rows * Width, TensorBytes = Elements * 2;

    private static void RmsNorm(KernelRun run)
    {
        using var buffers = new Buffers();
        var forward = new NormForward
        {
            Type = DType.BF16,
            Rows = Rows,
            Cols = Width,
            Epsilon = 1e-5f,
            X = buffers.Random(DType.BF16, Elements, 1),
            Y = buffers.Zero(TensorBytes),
            Gamma = buffers.Random(DType.F32, Width, 1),
            WeightType = DType.F32,
            Rstd = (float*)buffers.Zero(Rows * 4),
        };
        Time(run, "RMSNorm forward", 2 * TensorBytes, Peak.MemoryCopy, () => NormKernel.RmsForward(run.Device, forward));
        NormForward residual = forward;
        residual.Residual = buffers.Random(DType.BF16, Elements, 1);
        residual.H = buffers.Zero(TensorBytes);
        Time(run, "RMSNorm forward with residual", 4 * TensorBytes, Peak.MemoryCopy, () => NormKernel.RmsForward(run.Device, residual));
        var backward = new NormBackward
        {
            Type = DType.BF16,
            Rows = Rows,
            Cols = Width,
            H = forward.X,
            DY = buffers.Random(DType.BF16, Elements, 1),
            DH = forward.Y,
            Gamma = forward.Gamma,
            WeightType = DType.F32,
            Rstd = forward.Rstd,
            DGamma = (float*)buffers.Zero(Width * 4),
        };
        Time(run, "RMSNorm backward", 3 * TensorBytes, Peak.MemoryTriad, () => NormKernel.RmsBackward(run.Device, backward));
    }

    private static void SwiGlu(KernelRun run)
    {
        using var buffers = new Buffers();
        void* gateAndUp = buffers.Random(DType.BF16, 2 * Elements, 1), gradients = buffers.Zero(2 * TensorBytes);
        var args = new GatedArguments
        {
            Type = DType.BF16,
            Rows = Rows,
            Cols = Width,
            Gate = gateAndUp,
            Up = (ushort*)gateAndUp + Width,
            GateStride = 2 * Width,
            UpStride = 2 * Width,
            Y = buffers.Zero(TensorBytes),
            DGate = gradients,
            DUp = (ushort*)gradients + Width,
            DGateStride = 2 * Width,
            DUpStride = 2 * Width,
        };
        args.DY = args.Y;
        Time(run, "SwiGLU forward", 3 * TensorBytes, Peak.MemoryTriad, () => GatedKernel.Forward(run.Device, GateFunction.Silu, args));
        Time(run, "SwiGLU backward", 5 * TensorBytes, Peak.MemoryTriad, () => GatedKernel.Backward(run.Device, GateFunction.Silu, args));
    }

    private static void Rope(KernelRun run)
    {
        const int Period = 1024, Head = 64;
        using var buffers = new Buffers();
        var args = new RopeArguments
        {
            Type = DType.BF16,
            Rows = Rows,
            X = buffers.Random(DType.BF16, Elements, 1),
            Y = buffers.Zero(TensorBytes),
            XStride = Width,
            YStride = Width,
            Width = Width,
            Heads = (int)Width / Head,
            HeadSize = Head,
            Rotary = Head,
            Cos = (float*)buffers.Zero(Period * Head / 2 * 4),
            Sin = (float*)buffers.Zero(Period * Head / 2 * 4),
            Period = Period,
        };
        Span<double> frequencies = stackalloc double[Head / 2];
        RopeKernel.FillInverseFrequencies(frequencies, 10_000);
        RopeKernel.FillTables(args.Cos, args.Sin, Period, frequencies, 1, 1);
        Time(run, "RoPE", 2 * TensorBytes, Peak.MemoryCopy, () => RopeKernel.Rotate(run.Device, args));
        RopeArguments inPlace = args;
        inPlace.Y = inPlace.X;
        Time(run, "RoPE in place", 2 * TensorBytes, Peak.MemoryCopy, () => RopeKernel.Rotate(run.Device, inPlace));
    }

    private static void CrossEntropy(KernelRun run)
    {
        const int Tokens = 2688, Vocabulary = 50257;
        const double LogitBytes = 2.0 * Tokens * Vocabulary;
        using var buffers = new Buffers();
        var args = new CrossEntropyArgs
        {
            Rows = Tokens,
            Vocabulary = Vocabulary,
            Logits = buffers.Random(DType.BF16, (long)Tokens * Vocabulary, 4),
            LogitStride = Vocabulary,
            Type = DType.BF16,
            Targets = buffers.RandomInts(Tokens, Vocabulary),
            Losses = (float*)buffers.Zero(Tokens * 4),
            LogSumExp = (float*)buffers.Zero(Tokens * 4),
            Scale = 1f / Tokens,
            Gradient = buffers.Zero(2L * Tokens * Vocabulary),
            GradientStride = Vocabulary,
            GradientType = DType.BF16,
        };
        Time(run, "cross-entropy forward", LogitBytes, Peak.MemoryRead, () => CrossEntropyKernel.Forward(run.Device, args));
        Time(run, "cross-entropy backward", 2 * LogitBytes, Peak.MemoryCopy, () => CrossEntropyKernel.Backward(run.Device, args));
    }
}
