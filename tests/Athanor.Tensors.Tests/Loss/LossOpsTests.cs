using Athanor.Tensors.Tests.Testing;

namespace Athanor.Tensors.Tests.Loss;

public sealed class LossOpsTests
{
    private static readonly int[] Targets = [3, -100, 0, 4, 2, 4];
    private static readonly float[] Weights = [1, 2, -0.5f, 0, 0.25f, 1.5f];

    private static readonly CrossEntropyOptions Shaped = new() { LabelSmoothing = 0.1f, ZLoss = 0.01f, SoftCap = 5, Temperature = 0.8f, Denominator = 7 };

    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    internal void Gradients_agree_with_finite_differences(object device)
    {
        var d = (CpuDevice)device;
        GradientCheck.Of(d, x => Ops.CrossEntropy(x[0], Ids(d), Shaped, Factors(d)), [new(2, 3, 5)], what: "cross-entropy");
        GradientCheck.Of(d, x => Ops.CrossEntropy(x[0], Ids(d)), [new(2, 3, 5)], what: "mean cross-entropy");
        GradientCheck.Of(d, x => x[0].LogProb(Ids(d), temperature: 0.7f, softCap: 4), [new(2, 3, 5)], what: "log-prob");
        GradientCheck.Of(d, x => x[0].Entropy(temperature: 1.3f), [new(2, 3, 5)], what: "entropy");
        GradientCheck.Of(d, x => Ops.LinearCrossEntropy(x[0], x[1], Ids(d), Shaped, Factors(d)), [new(2, 3, 4), new(5, 4)], what: "linear cross-entropy");
        GradientCheck.Of(d, x => Ops.LinearLogProb(x[0], x[1], Ids(d)), [new(2, 3, 4), new(5, 4)], what: "linear log-prob");
        GradientCheck.Of(d, x => x[0].LogProb(Ids(d)).Sum(), [new(2, 3, 5)], what: "sum of log-probs");
    }

    [Theory]
    [MemberData(nameof(TestDevices.FastAndFloating), MemberType = typeof(TestDevices))]
    internal void Gradients_computed_with_the_loss_are_those_of_the_backward_pass(object device, DType type)
    {
        var d = (CpuDevice)device;
        (float apart, float[] dxApart, float[] dwApart) = Train(d, type, Shaped, 2);
        (float both, float[] dxBoth, float[] dwBoth) = Train(d, type, Shaped with { RootGradient = 2 }, 2);
        Assert.Equal(apart, both);
        Compare.Close(dxBoth, dxApart, Compare.Tolerance(type), 2e-3);
        Compare.Close(dwBoth, dwApart, Compare.Tolerance(type), 4e-3);
    }

    [Fact]
    public void Another_upstream_gradient_than_the_one_declared_is_refused()
    {
        var e = Assert.Throws<InvalidOperationException>(() => Train(TestDevices.Fast[0], DType.F32, Shaped with { RootGradient = 1 }, 2));
        Assert.Contains("RootGradient", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Micro_batches_with_the_tokens_of_the_whole_batch_add_up_to_its_mean()
    {
        CpuDevice device = TestDevices.Fast[0];
        using var w = new Parameter(device, "w", new Shape(5, 4));
        device.Upload(w, Ramp(20));
        float[] Gradient(CrossEntropyOptions options, params (int Start, int Length)[] parts)
        {
            w.ClearGradient();
            foreach ((int start, int length) in parts)
            {
                using StepScope step = StepScope.Begin(device);
                Tensor x = Tensor.From(device, new Shape(6, 4), Ramp(24)).Slice(0, start, length);
                Tensor ids = Tensor.From(device, new Shape(length), Targets.AsSpan(start, length));
                Ops.LinearCrossEntropy(x, w, ids, options).Backward();
            }
            using StepScope read = StepScope.Begin(device);
            return w.Gradient.ToArray();
        }
        float[] whole = Gradient(CrossEntropyOptions.Default, (0, 6));
        float[] parts = Gradient(new() { Denominator = 5, RootGradient = 1 }, (0, 2), (2, 1), (3, 3));
        Compare.Close(parts, whole, 1e-5, 1e-6);
    }

    [Fact]
    public void Without_targets_loss_and_gradients_are_zero()
    {
        foreach (CpuDevice device in TestDevices.Fast.Append(TestDevices.Reference))
        {
            using StepScope step = StepScope.Begin(device);
            Tensor logits = Tensor.From(device, new Shape(2, 3), [1, 2, 3, float.NaN, 5, 6], requiresGrad: true);
            Tensor loss = Ops.CrossEntropy(logits, Tensor.From(device, new Shape(2), [-100, -100]));
            Assert.Equal(0, loss.Item());
            loss.Backward();
            Assert.All(logits.Grad.ToArray(), g => Assert.Equal(0, g));
        }
    }

    [Fact]
    public void The_gradient_of_computed_logits_takes_their_memory()
    {
        CpuDevice device = TestDevices.Fast[0];
        using var w = new Parameter(device, "w", new Shape(4096, 8));
        device.Upload(w, Ramp(4096 * 8));
        using StepScope step = StepScope.Begin(device);
        Tensor logits = Ops.Linear(Tensor.From(device, new Shape(256, 8), Ramp(256 * 8)), w);
        Tensor loss = Ops.CrossEntropy(logits, Tensor.From(device, new Shape(256), new int[256]));
        long before = device.LiveBytes;
        device.ResetPeak();
        loss.Backward();
        Assert.InRange(device.PeakBytes - before, 0, 1 << 20);
        Assert.Contains(w.Gradient.ToArray(), g => g != 0);
    }

    [Fact]
    public void Bad_arguments_are_named_with_their_shapes()
    {
        CpuDevice device = TestDevices.Fast[0];
        using StepScope step = StepScope.Begin(device);
        Tensor logits = Tensor.Zeros(device, new Shape(2, 3, 5)), ids = Tensor.From(device, new Shape(6), Targets), x = Tensor.Zeros(device, new Shape(6, 4)), w = Tensor.Zeros(device, new Shape(5, 3));
        Assert.Contains("targets is I32[6], but logits is F32[2, 3, 5], so it must be I32[2, 3]", Assert.Throws<ArgumentException>(() => Ops.CrossEntropy(logits, ids)).Message, StringComparison.Ordinal);
        Assert.Contains("F32[5, 3]", Assert.Throws<ArgumentException>(() => Ops.LinearCrossEntropy(x, w, ids)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => Ops.CrossEntropy(Tensor.Zeros(device, new Shape(6, 4)), ids));
        Assert.Throws<ArgumentOutOfRangeException>(() => Ops.CrossEntropy(Tensor.Zeros(device, new Shape(6, 5)), ids, new() { Temperature = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Ops.CrossEntropy(Tensor.Zeros(device, new Shape(6, 5)), ids, new() { LabelSmoothing = 1.5f }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Ops.CrossEntropy(Tensor.Zeros(device, new Shape(6, 5)), ids, new() { Denominator = 0 }));
    }

    [Fact]
    public void Steps_allocate_nothing()
    {
        CpuDevice device = TestDevices.Fast[0];
        using var w = new Parameter(device, "w", new Shape(50, 8), DType.BF16);
        device.Upload(w, Ramp(400));
        float[] values = Ramp(48);
        int[] ids = [3, -100, 0, 4, 2, 4];
        var options = new CrossEntropyOptions { RootGradient = 1 };
        Steady.AllocatesNothing(() =>
        {
            using StepScope step = StepScope.Begin(device);
            Tensor x = Tensor.From(device, new Shape(6, 8), values, DType.BF16, requiresGrad: true);
            Ops.LinearCrossEntropy(x, w, Tensor.From(device, new Shape(6), ids), options).Backward();
        });
    }

    private static (float Loss, float[] DX, float[] DW) Train(CpuDevice device, DType type, CrossEntropyOptions options, float seed)
    {
        using var w = new Parameter(device, "w", new Shape(5, 4), type);
        device.Upload(w, Ramp(20));
        using StepScope step = StepScope.Begin(device);
        Tensor x = Tensor.From(device, new Shape(2, 3, 4), Ramp(24), type, requiresGrad: true);
        Tensor loss = Ops.LinearCrossEntropy(x, w, Ids(device), options, Factors(device));
        loss.Backward(seed);
        return (loss.Item(), x.Grad.ToArray(), w.Gradient.ToArray());
    }

    private static Tensor Ids(CpuDevice device) => Tensor.From(device, new Shape(2, 3), Targets);

    private static Tensor Factors(CpuDevice device) => Tensor.From(device, new Shape(2, 3), Weights);

    internal static float[] Ramp(int n)
    {
        var values = new float[n];
        for (int i = 0; i < n; i++)
            values[i] = MathF.Sin(i * 1.7f);
        return values;
    }
}
