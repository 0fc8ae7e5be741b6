using Athanor.Tensors;
using Athanor.Tensors.Cpu;
using Athanor.Tensors.Kernels;

namespace Athanor.Benchmarks.Kernels;

/// <summary>
/// Output head with cross-entropy, loss and all gradients, on the two models of train-step. FLOPs are those of the three products
/// that any form needs; the peer is those three products alone over logits of all tokens, without the softmax.
/// </summary>
internal static unsafe class LinearLossCases
{
    private const string AtOnce = "at once", Apart = "apart", Forward = "forward", Products = "products";

    public static void Run(KernelRun run)
    {
        if (!run.Options.Wants("linear-loss") || run.Device.Path == KernelPath.Reference)
            return;
        run.Report.Group("linear-loss", "bf16, gradients included; peer: the three matrix products alone");
        // The large case is almost a TFLOP a call; a quarter of the tokens is one block of rows.
        int share = run.Options.Quick ? 4 : 1;
        Compare(run, 8192 / share, 8192, 384);
        Compare(run, 4096 / share, 50257, 768);
    }

    private static void Compare(KernelRun run, int tokens, int vocabulary, int width)
    {
        using var buffers = new Buffers();
        var args = new LinearCrossEntropyArgs
        {
            Rows = tokens,
            Inner = width,
            Vocabulary = vocabulary,
            X = buffers.Random(DType.BF16, (long)tokens * width, 2),
            W = buffers.Random(DType.BF16, (long)vocabulary * width, 0.05f),
            Type = DType.BF16,
            LogitType = DType.BF16,
            Targets = buffers.RandomInts(tokens, vocabulary),
            Losses = (float*)buffers.Zero(tokens * 4),
            LogSumExp = (float*)buffers.Zero(tokens * 4),
            Scale = 1f / tokens,
            XGradient = buffers.Zero((long)tokens * width * 2),
            WGradient = (float*)buffers.Zero((long)vocabulary * width * 4),
            Pass = LinearLossPass.ForwardBackward,
        };
        args.Scratch = buffers.Zero(Math.Max(new LinearLossPlan(args).Bytes, new LinearLossPlan(args with { Pass = LinearLossPass.Forward }).Bytes));
        void* logits = buffers.Zero(2L * tokens * vocabulary);
        double flops = 6.0 * tokens * vocabulary * width;
        var measure = new Measure();
        LinearCrossEntropyArgs forward = args with { Pass = LinearLossPass.Forward }, backward = args with { Pass = LinearLossPass.Backward };
        measure.Add(AtOnce, flops, _ => LinearCrossEntropyKernel.Run(run.Device, args));
        measure.Add(Apart, flops, _ =>
        {
            LinearCrossEntropyKernel.Run(run.Device, forward);
            LinearCrossEntropyKernel.Run(run.Device, backward);
        });
        measure.Add(Forward, flops / 3, _ => LinearCrossEntropyKernel.Run(run.Device, forward));
        measure.Add(Products, flops, _ => ThreeProducts(run.Device, args, logits));
        string? limit = run.Limits.Join(measure, run.Device.Path == KernelPath.Amx ? Peak.AmxBf16 : Peak.FmaF32);
        measure.Go(run.Seconds * 4, run.Options.Quick ? 2 : 4);
        foreach (string name in (string[])[AtOnce, Apart, Forward])
        {
            run.Report.Add(new Result("", $"{tokens} x {vocabulary} x {width}, {name}", measure.Median(name) / 1e9, "GFLOP/s")
            {
                Best = measure.Best(name) / 1e9,
                Limit = limit is null ? null : measure.Median(limit) / 1e9,
                Peer = Products,
                PeerValue = measure.Median(Products) / 1e9,
                BestRatio = measure.Best(name) / measure.Best(Products),
            });
        }
    }

    private static void ThreeProducts(CpuDevice device, in LinearCrossEntropyArgs args, void* logits)
    {
        var logit = new GemmArgs
        {
            M = args.Rows,
            N = args.Vocabulary,
            K = args.Inner,
            A = args.X,
            Lda = args.Inner,
            B = args.W,
            Ldb = args.Inner,
            TransB = true,
            InputType = DType.BF16,
            C = logits,
            Ldc = args.Vocabulary,
            OutputType = DType.BF16,
        };
        MatMulKernel.Run(device, logit);
        var dx = new GemmArgs
        {
            M = args.Rows,
            N = args.Inner,
            K = args.Vocabulary,
            A = logits,
            Lda = args.Vocabulary,
            B = args.W,
            Ldb = args.Inner,
            InputType = DType.BF16,
            C = args.XGradient,
            Ldc = args.Inner,
            OutputType = DType.BF16,
        };
        MatMulKernel.Run(device, dx);
        var dw = new GemmArgs
        {
            M = args.Vocabulary,
            N = args.Inner,
            K = args.Rows,
            A = logits,
            Lda = args.Vocabulary,
            TransA = true,
            B = args.X,
            Ldb = args.Inner,
            InputType = DType.BF16,
            C = args.WGradient,
            Ldc = args.Inner,
            OutputType = DType.F32,
            Accumulate = true,
        };
        MatMulKernel.Run(device, dw);
    }
}
