using Athanor.Benchmarks.Training;
using Athanor.Tensors.Cpu;
using Athanor.Tensors.Optimizers;
using Athanor.Tensors.Tests.Testing;

namespace Athanor.Tensors.Tests.Training;

/// <summary>A whole decoder, forward, backward and optimizer, on every path.</summary>
public sealed class TrainingStepTests
{
    private static readonly StackSize Tiny = new("tiny", D: 64, L: 2, H: 2, F: 96, V: 131, T: 40, B: 3);

    public static TheoryData<KernelPath, DType> Paths
    {
        get
        {
            var data = new TheoryData<KernelPath, DType> { { KernelPath.Simd, DType.F32 }, { KernelPath.Simd, DType.BF16 }, { KernelPath.Reference, DType.BF16 } };
            if (CpuFeatures.Amx)
                data.Add(KernelPath.Amx, DType.BF16);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void The_loss_curve_is_that_of_the_reference_kernels(KernelPath path, DType type)
    {
        float[] expected = Curve(new CpuDevice(KernelPath.Reference), DType.F32, 12), actual = Curve(new CpuDevice(path), type, 12);
        Assert.True(expected[^1] < expected[0] - 0.5, $"the model learns: {expected[0]} to {expected[^1]}");
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], actual[i], type == DType.F32 ? 2e-4 : 0.03);
    }

    [Fact]
    public void The_number_of_threads_does_not_change_a_bit()
    {
        foreach (KernelPath path in CpuFeatures.Amx ? new[] { KernelPath.Simd, KernelPath.Amx } : [KernelPath.Simd])
        {
            float[] one = Curve(new CpuDevice(path, threads: 1), DType.BF16, 4);
            Assert.Equal(one, Curve(new CpuDevice(path, threads: 2), DType.BF16, 4));
            Assert.Equal(one, Curve(new CpuDevice(path, threads: 3), DType.BF16, 4));
        }
    }

    [Fact]
    public void Recomputed_blocks_train_alike_with_less_memory()
    {
        var device = new CpuDevice();
        float[] plain = Curve(device, DType.BF16, 4);
        long kept = device.PeakBytes;
        device.ResetPeak();
        float[] recomputed = Curve(device, DType.BF16, 4, recompute: true);
        // Not the same bytes: between blocks the residual stream is rounded to bf16 where the plain path adds in fp32.
        Compare.Close(recomputed, plain, 0.01, 0);
        Assert.True(device.PeakBytes < kept, $"{device.PeakBytes} < {kept}");
    }

    [Fact]
    public void A_checkpointed_function_with_dropout_gives_the_bytes_of_the_plain_call()
    {
        var device = new CpuDevice();
        using var weight = new Parameter(device, "w", new Shape(48, 48), DType.BF16);
        RandomFill.Normal(weight, 0, 0.2f, seed: 3);
        static Tensor Body(Parameter w, Tensor x) => Ops.Linear(Ops.Linear(x, w).Silu().Dropout(0.3f), w) + x;
        float[][] Gradients(bool checkpoint)
        {
            weight.ClearGradient();
            using var step = StepScope.Begin(device, seed: 5);
            Tensor x = Tensor.From(device, new Shape(20, 48), [.. Enumerable.Range(0, 960).Select(i => MathF.Sin(i))], DType.BF16, requiresGrad: true);
            Tensor y = checkpoint ? Ops.Checkpoint(Body, weight, x) : Body(weight, x);
            Tensor loss = y.Dropout(0.5f).To(DType.F32).SumOfSquares();
            loss.Backward();
            return [x.Grad.ToArray(), weight.Gradient.ToArray(), [loss.Item()]];
        }
        Assert.Equal(Gradients(false), Gradients(true));
    }

    [Fact]
    public void A_batch_in_two_parts_gives_the_gradient_of_the_whole()
    {
        var device = new CpuDevice();
        StackSize two = Tiny with { B = 2 }, one = Tiny with { B = 1 };
        using var model = new LlamaStack(device, two, DType.BF16);
        using var half = new LlamaStack(device, one, DType.BF16) { RootGradient = null };
        int[] tokens = Tokens(2 * Tiny.T + 1);
        Backward(model, device, two, tokens, 0, 1);
        Backward(half, device, one, tokens, 0, 0.5f);
        Backward(half, device, one, tokens, Tiny.T, 0.5f);
        for (int i = 0; i < model.Parameters.Count; i++)
        {
            using var step = StepScope.Begin(device);
            float[] whole = model.Parameters[i].Gradient.ToArray(), parts = half.Parameters[i].Gradient.ToArray();
            double scale = whole.Max(MathF.Abs);
            Compare.Close(parts, whole, 0, 0.02 * scale, model.Parameters[i].Name);
        }
    }

    [Fact]
    public void A_thousand_steps_allocate_no_managed_bytes_and_hold_native_bytes_constant()
    {
        var device = new CpuDevice();
        StackSize size = Tiny with { B = 1, T = 32, L = 1 };
        using var model = new LlamaStack(device, size, DType.BF16);
        using var group = new ParameterGroup("all", model.Parameters);
        using var optimizer = new AdamW([group]);
        using var norm = new GradientNorm(group);
        int[] tokens = Tokens(size.Tokens + 1);
        void Step()
        {
            using (StepScope.Begin(device))
                Train(model, device, size, tokens, optimizer, norm);
        }
        Steady.AllocatesNothing(Step);
        long reserved = device.ReservedBytes;
        // The team and its scratch belong to the whole process: another test's kernel, or a member that takes a kind of chunk for the first
        // time, may enlarge it in some of these rounds; steps that kept scratch would do so in each.
        int grown = 0;
        for (int round = 0; round < 4; round++)
        {
            long scratch = device.Team.ScratchBytes;
            for (int i = 0; i < 250; i++)
                Step();
            grown += device.Team.ScratchBytes > scratch ? 1 : 0;
        }
        Assert.Equal(reserved, device.ReservedBytes);
        Assert.InRange(grown, 0, 3);
    }

    private static float[] Curve(CpuDevice device, DType type, int steps, bool recompute = false)
    {
        using var model = new LlamaStack(device, Tiny, type) { Recompute = recompute };
        using var group = new ParameterGroup("all", model.Parameters);
        using var optimizer = new AdamW([group]);
        using var norm = new GradientNorm(group);
        int[] tokens = Tokens(Tiny.Tokens + 1);
        var losses = new float[steps];
        for (int i = 0; i < steps; i++)
        {
            using (StepScope.Begin(device))
                losses[i] = Train(model, device, Tiny, tokens, optimizer, norm);
        }
        return losses;
    }

    private static float Train(LlamaStack model, CpuDevice device, StackSize size, int[] tokens, AdamW optimizer, GradientNorm norm)
    {
        Tensor ids = Tensor.From(device, new Shape(size.B, size.T), tokens.AsSpan(0, size.Tokens));
        Tensor targets = Tensor.From(device, new Shape(size.B, size.T), tokens.AsSpan(1, size.Tokens));
        Tensor loss = model.Loss(ids, targets);
        loss.Backward();
        optimizer.Step(3e-3f, norm.Measure(1).Scale);
        return loss.Item();
    }

    private static void Backward(LlamaStack model, CpuDevice device, StackSize size, int[] tokens, int from, float seed)
    {
        using var step = StepScope.Begin(device);
        Tensor ids = Tensor.From(device, new Shape(size.B, size.T), tokens.AsSpan(from, size.Tokens));
        Tensor targets = Tensor.From(device, new Shape(size.B, size.T), tokens.AsSpan(from + 1, size.Tokens));
        model.Loss(ids, targets).Backward(seed);
    }

    private static int[] Tokens(int count) => [.. Enumerable.Range(0, count).Select(i => (int)(i * 2654435761L % 131))];
}
