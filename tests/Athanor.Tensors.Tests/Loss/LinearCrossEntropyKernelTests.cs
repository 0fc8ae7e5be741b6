using Athanor.Tensors.Kernels;
using Athanor.Tensors.Tests.Testing;

namespace Athanor.Tensors.Tests.Loss;

public sealed unsafe class LinearCrossEntropyKernelTests
{
    private static readonly CrossEntropyTerms[] AllTerms =
    [
        new() { IgnoreIndex = -100 },
        new() { IgnoreIndex = -100, LabelSmoothing = 0.1f, ZLoss = 1e-2f, SoftCap = 10, Temperature = 0.8f },
    ];

    [Theory]
    [MemberData(nameof(TestDevices.FastAndFloating), MemberType = typeof(TestDevices))]
    internal void Losses_and_gradients_agree_with_the_reference(object device, DType type)
    {
        foreach ((int rows, int inner, int vocabulary) in ((int, int, int)[])[(1, 1, 1), (5, 16, 33), (37, 40, 1031), (70, 33, 100)])
        {
            foreach (CrossEntropyTerms terms in AllTerms)
            {
                using Case expected = new(rows, inner, vocabulary, type, DType.F32, terms), actual = new(rows, inner, vocabulary, type, DType.F32, terms);
                expected.Run(TestDevices.Reference, LinearLossPass.ForwardBackward);
                actual.Run((CpuDevice)device, LinearLossPass.ForwardBackward);
                Compare.Close(actual.Losses, expected.Losses, 1e-5, 1e-5, "losses");
                Compare.Close(actual.LogSumExp, expected.LogSumExp, 1e-5, 1e-5, "lse");
                // dlogits are rounded to bf16 before the products: errors average over the sums.
                double atol = type == DType.BF16 ? 4e-3 : 3e-5;
                Compare.Close(actual.DX, expected.DX, Compare.Tolerance(type, 1e-4), atol, "dx");
                Compare.Close(actual.DW, expected.DW, type == DType.BF16 ? 1.0 / 128 : 1e-4, 3 * atol, "dw");
            }
        }
    }

    [Theory]
    [MemberData(nameof(TestDevices.FastAndFloating), MemberType = typeof(TestDevices))]
    internal void Fused_and_unfused_losses_have_the_same_bits(object device, DType type)
    {
        // The narrow widths do the same in other registers, only slower.
        if (((CpuDevice)device).Lanes < 16)
            return;
        // Several parts of the vocabulary in the fused forward pass, one in the others.
        using Case forward = new(160, 4, 70001, type, type, AllTerms[0]), both = new(160, 4, 70001, type, type, AllTerms[0]);
        forward.Run((CpuDevice)device, LinearLossPass.Forward);
        both.Run((CpuDevice)device, LinearLossPass.ForwardBackward);
        Compare.Close(both.LogSumExp, forward.LogSumExp, 1e-6, 1e-6);
        Compare.Close(both.Losses, forward.Losses, 1e-6, 2e-6);
        using TestBuffer logits = new(160L * 70001, type), losses = new(160, DType.F32), lse = new(160, DType.F32);
        MatMulKernel.Run((CpuDevice)device, new GemmArgs { M = 160, N = 70001, K = 4, A = forward.X.Pointer, Lda = 4, B = forward.W.Pointer, Ldb = 4, TransB = true, InputType = type, C = logits.Pointer, Ldc = 70001, OutputType = type });
        CrossEntropyKernel.Forward((CpuDevice)device, new CrossEntropyArgs { Rows = 160, Vocabulary = 70001, Logits = logits.Pointer, LogitStride = 70001, Type = type, Targets = forward.Targets.I32, Weights = forward.Weights.F32, Terms = AllTerms[0], Losses = losses.F32, LogSumExp = lse.F32 });
        Compare.SameBytes(forward.Losses, losses);
    }

    [Theory]
    [MemberData(nameof(TestDevices.FastAndFloating), MemberType = typeof(TestDevices))]
    internal void Backward_after_forward_gives_what_both_at_once_give(object device, DType type)
    {
        foreach (CrossEntropyTerms terms in AllTerms)
        {
            using Case apart = new(50, 24, 501, type, type, terms), both = new(50, 24, 501, type, type, terms);
            apart.Run((CpuDevice)device, LinearLossPass.Forward);
            apart.Run((CpuDevice)device, LinearLossPass.Backward);
            both.Run((CpuDevice)device, LinearLossPass.ForwardBackward);
            Compare.Close(apart.Losses, both.Losses, 1e-6, 2e-6);
            double atol = type == DType.BF16 ? 4e-3 : 2e-5;
            Compare.Close(apart.DX, both.DX, Compare.Tolerance(type), atol, "dx");
            Compare.Close(apart.DW, both.DW, Compare.Tolerance(type), 2 * atol, "dw");
        }
    }

    [Fact]
    public void Gradients_agree_with_finite_differences()
    {
        foreach (CpuDevice device in TestDevices.Fast.Append(TestDevices.Reference))
        {
            using var c = new Case(6, 5, 7, DType.F32, DType.F32, AllTerms[1], weightScale: 0.5);
            c.Run(device, LinearLossPass.ForwardBackward);
            using TestBuffer dx = c.DX.Clone(), dw = c.DW.Clone();
            for (long i = 0; i < dw.Length; i++)
                dw[i] -= 1;
            double Objective()
            {
                c.Run(TestDevices.Reference, LinearLossPass.Forward);
                return 0.5 * FiniteDifferences.Dot(c.Losses, c.Weights);
            }
            FiniteDifferences.Check(Objective, c.X, dx, what: "dx");
            FiniteDifferences.Check(Objective, c.W, dw, what: "dw");
        }
    }

    [Theory]
    [MemberData(nameof(TestDevices.FastAndFloating), MemberType = typeof(TestDevices))]
    internal void A_batch_without_targets_has_no_loss_and_no_gradient(object device, DType type)
    {
        using var c = new Case(9, 8, 50, type, type, AllTerms[1]);
        for (int i = 0; i < 9; i++)
            c.Targets[i] = -100;
        c.X[3] = float.NaN;
        c.Run((CpuDevice)device, LinearLossPass.ForwardBackward);
        Assert.All(c.Losses.ToArray(), v => Assert.Equal(0, v));
        Assert.All(c.DX.ToArray(), v => Assert.Equal(0, v));
        Assert.All(c.DW.ToArray(), v => Assert.Equal(1, v));
    }

    [Theory]
    [MemberData(nameof(TestDevices.FastAndFloating), MemberType = typeof(TestDevices))]
    internal void Results_do_not_depend_on_the_number_of_threads(object device, DType type)
    {
        using Case one = new(70, 40, 700, type, type, AllTerms[0]), three = new(70, 40, 700, type, type, AllTerms[0]);
        one.Run(TestDevices.WithThreads((CpuDevice)device, 1), LinearLossPass.ForwardBackward);
        three.Run(TestDevices.WithThreads((CpuDevice)device, 3), LinearLossPass.ForwardBackward);
        Compare.SameBytes(three.Losses, one.Losses);
        Compare.SameBytes(three.DX, one.DX);
        Compare.SameBytes(three.DW, one.DW);
    }

    [Theory]
    [InlineData(4096, 50257)]
    [InlineData(8192, 8192)]
    [InlineData(65536, 262144)]
    [InlineData(1, 262144)]
    [InlineData(1 << 20, 32)]
    public void Scratch_stays_far_below_the_size_of_the_logits(int rows, int vocabulary)
    {
        using TestBuffer targets = TestData.Zeros(rows, DType.I32);
        foreach (LinearLossPass pass in Enum.GetValues<LinearLossPass>())
        {
            var args = new LinearCrossEntropyArgs { Rows = rows, Inner = 768, Vocabulary = vocabulary, Type = DType.BF16, LogitType = DType.BF16, Targets = targets.I32, Pass = pass };
            var plan = new LinearLossPlan(args);
            Assert.InRange(plan.Bytes, 1, pass == LinearLossPass.Forward ? 34 << 20 : 140 << 20);
            Assert.InRange(plan.RowBlock, Math.Min(rows, 64), rows);
        }
    }

    [Fact]
    public void Nothing_is_allocated()
    {
        foreach (CpuDevice device in TestDevices.Fast)
        {
            using var c = new Case(70, 40, 700, DType.BF16, DType.BF16, AllTerms[0]);
            Steady.AllocatesNothing(() => c.Run(device, LinearLossPass.ForwardBackward));
        }
    }

    private sealed class Case : IDisposable
    {
        private readonly DType _logitType;
        private readonly CrossEntropyTerms _terms;
        private readonly int _rows, _inner, _vocabulary;
        private readonly TestBuffer _scratch;

        public Case(int rows, int inner, int vocabulary, DType type, DType logitType, in CrossEntropyTerms terms, double weightScale = 0.2)
        {
            (_rows, _inner, _vocabulary, _logitType, _terms) = (rows, inner, vocabulary, logitType, terms);
            X = TestData.Normal(1, (long)rows * inner, type);
            W = TestData.Normal(2, (long)vocabulary * inner, type, weightScale);
            Targets = TestData.Integers(3, rows, 0, vocabulary);
            for (int i = 2; i < rows; i += 7)
                Targets[i] = -100;
            Weights = TestData.Normal(4, rows, DType.F32);
            for (int i = 3; i < rows; i += 11)
                Weights[i] = 0;
            (Losses, LogSumExp, DX) = (new(rows, DType.F32), new(rows, DType.F32), new(X.Length, type));
            DW = TestData.Filled(W.Length, DType.F32, 1);
            _scratch = new(Math.Max(new LinearLossPlan(Args(LinearLossPass.Forward)).Bytes, new LinearLossPlan(Args(LinearLossPass.ForwardBackward)).Bytes), DType.U8);
        }

        public TestBuffer X { get; }
        public TestBuffer W { get; }
        public TestBuffer Targets { get; }
        public TestBuffer Weights { get; }
        public TestBuffer Losses { get; }
        public TestBuffer LogSumExp { get; }
        public TestBuffer DX { get; }
        public TestBuffer DW { get; }

        public void Run(CpuDevice device, LinearLossPass pass)
        {
            LinearCrossEntropyArgs args = Args(pass);
            args.Scratch = _scratch.Pointer;
            LinearCrossEntropyKernel.Run(device, args);
        }

        private LinearCrossEntropyArgs Args(LinearLossPass pass) => new()
        {
            Pass = pass,
            Rows = _rows,
            Inner = _inner,
            Vocabulary = _vocabulary,
            X = X.Pointer,
            W = W.Pointer,
            Type = X.Type,
            LogitType = _logitType,
            Targets = Targets.I32,
            Weights = Weights.F32,
            Terms = _terms,
            Losses = Losses.F32,
            LogSumExp = LogSumExp.F32,
            Scale = 0.5f,
            XGradient = DX.Pointer,
            WGradient = DW.F32,
        };

        public void Dispose()
        {
            foreach (TestBuffer buffer in (TestBuffer[])[X, W, Targets, Weights, Losses, LogSumExp, DX, DW, _scratch])
                buffer.Dispose();
        }
    }
}
