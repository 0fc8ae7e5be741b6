using Athanor.Tensors.Cpu;

namespace Athanor.Tensors.Tests.Autograd;

public sealed class TapeTests
{
    private static readonly CpuDevice Cpu = new(KernelPath.Simd);
    private static readonly float[] Ramp = [.. Enumerable.Range(0, 24).Select(i => i + 1f)];

    [Fact]
    public void Gradients_pass_through_reshape_transpose_slice_and_copy()
    {
        using var step = StepScope.Begin(Cpu);
        Tensor x = Tensor.From(Cpu, new Shape(2, 3, 4), Ramp, requiresGrad: true);
        // [2,3,4] -> [6,4] -> transposed [4,6] -> rows 1..2 -> copy
        Tensor y = x.Reshape(6, -1).Transpose(0, 1).Slice(0, 1, 2).Contiguous();
        Assert.Equal(new Shape(2, 6), y.Shape);
        float[] weights = [.. Enumerable.Range(0, 12).Select(i => 0.5f + i)];
        Tensor loss = SquareSum.Of(y, weights);
        loss.Backward();
        float[] expected = new float[24];
        for (int j = 0; j < 2; j++)
        {
            for (int row = 0; row < 6; row++)
                expected[row * 4 + 1 + j] = 2 * weights[j * 6 + row] * Ramp[row * 4 + 1 + j];
        }
        Assert.Equal(expected, x.Grad.ToArray());
    }

    [Fact]
    public void Parts_of_a_split_meet_in_one_gradient_and_missing_parts_are_zero()
    {
        using var step = StepScope.Begin(Cpu);
        Tensor x = Tensor.From(Cpu, new Shape(4, 6), Ramp, requiresGrad: true);
        var parts = new Tensor[3];
        x.Slice(0, 0, 4).Split(1, [1, 3, 2], parts);
        Tensor loss = SquareSum.Of(parts[1], [.. Enumerable.Repeat(1f, 12)]);
        loss.Backward();
        float[] gradient = x.Grad.ToArray();
        for (int i = 0; i < 24; i++)
            Assert.Equal(i % 6 is >= 1 and < 4 ? 2 * Ramp[i] : 0, gradient[i]);
    }

    [Fact]
    public void A_tensor_used_twice_gets_the_sum_of_both_gradients()
    {
        using var step = StepScope.Begin(Cpu);
        Tensor x = Tensor.From(Cpu, new Shape(24), Ramp, requiresGrad: true);
        Tensor twice = Ops.Concat(0, x.Reshape(24), x.Reshape(2, 12).Reshape(24));
        SquareSum.Of(twice, [.. Enumerable.Repeat(1f, 24), .. Enumerable.Repeat(3f, 24)]).Backward();
        Assert.Equal(Ramp.Select(v => 8 * v), x.Grad.ToArray());
    }

    [Fact]
    public void Parameters_accumulate_over_steps_until_cleared()
    {
        using var p = new Parameter(Cpu, "p", new Shape(24), DType.BF16);
        for (int i = 1; i <= 2; i++)
        {
            using var step = StepScope.Begin(Cpu);
            Cpu.Upload(p, Ramp);
            SquareSum.Of(p.Value.Reshape(4, 6), [.. Enumerable.Repeat(1f, 24)]).Backward();
            Assert.Equal(Ramp.Select(v => 2 * v * i), p.Gradient.ToArray());
        }
        p.ClearGradient();
        using var last = StepScope.Begin(Cpu);
        Assert.All(p.Gradient.ToArray(), v => Assert.Equal(0, v));
    }

    [Fact]
    public void A_checkpoint_gives_the_gradient_of_the_plain_call_and_keeps_less_memory()
    {
        float[] Gradient(bool checkpoint, out long live)
        {
            using var step = StepScope.Begin(Cpu);
            Tensor x = Tensor.From(Cpu, new Shape(24), Ramp, requiresGrad: true);
            static Tensor Body(int times, Tensor t)
            {
                for (int i = 0; i < times; i++)
                    t = Ops.Concat(0, t.Slice(0, 1, 23), t.Slice(0, 0, 1)).To(DType.BF16).To(DType.F32);
                return t;
            }
            long before = Cpu.LiveBytes;
            Tensor y = checkpoint ? Ops.Checkpoint(Body, 5, x) : Body(5, x);
            live = Cpu.LiveBytes - before;
            SquareSum.Of(y, Ramp).Backward();
            return x.Grad.ToArray();
        }
        float[] plain = Gradient(false, out long kept), recomputed = Gradient(true, out long keptLess);
        Assert.Equal(plain, recomputed);
        Assert.True(keptLess < kept, $"{keptLess} < {kept}");
    }

    [Fact]
    public void Using_a_tensor_after_its_scope_is_an_error_that_says_so()
    {
        Tensor x;
        using (StepScope.Begin(Cpu))
            x = Tensor.From(Cpu, new Shape(3), [1f, 2f, 3f]);
        var error = Assert.Throws<InvalidOperationException>(() => x.ToArray());
        Assert.Contains("scope has ended", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Activations_are_freed_by_Backward_unless_kept()
    {
        using var step = StepScope.Begin(Cpu);
        Tensor x = Tensor.From(Cpu, new Shape(24), Ramp, requiresGrad: true);
        Tensor freed = x.To(DType.BF16), kept = freed.To(DType.F32).Keep();
        SquareSum.Of(kept, Ramp).Backward();
        Assert.Equal(Ramp, kept.ToArray());
        var error = Assert.Throws<InvalidOperationException>(() => freed.ToArray());
        Assert.Contains("Keep()", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_returned_tensor_outlives_its_scope()
    {
        using var outer = StepScope.Begin(Cpu);
        Tensor y;
        using (var inner = StepScope.Begin(Cpu, record: false))
            y = inner.Return(Tensor.From(Cpu, new Shape(2), [5f, 6f]));
        Assert.Equal([5f, 6f], y.ToArray());
    }

    [Fact]
    public void Everything_is_given_back_when_the_scope_ends()
    {
        var device = new CpuDevice(KernelPath.Simd);
        for (int i = 0; i < 3; i++)
        {
            using (StepScope.Begin(device))
            {
                Tensor x = Tensor.From(device, new Shape(24), Ramp, requiresGrad: true);
                SquareSum.Of(x.Reshape(4, 6).Transpose(0, 1).Contiguous(), Ramp).Backward();
                Assert.True(device.LiveBytes > 0);
            }
            Assert.Equal(0, device.LiveBytes);
        }
    }

    [Fact]
    public void Out_of_memory_names_the_op_and_the_amounts()
    {
        var device = new CpuDevice(KernelPath.Simd) { MemoryLimit = 1 << 20 };
        using var step = StepScope.Begin(device);
        Tensor small = Tensor.Zeros(device, new Shape(1000));
        var error = Assert.Throws<TensorMemoryException>(() => Ops.Concat(0, [.. Enumerable.Repeat(small, 60), Tensor.Zeros(device, new Shape(1 << 20))]));
        Assert.True(error.RequestedBytes >= 4 << 20);
        Assert.True(error.LiveBytes > 0);
    }

    [Fact]
    public void Mismatched_shapes_are_named()
    {
        using var step = StepScope.Begin(Cpu);
        Tensor x = Tensor.Zeros(Cpu, new Shape(2, 3));
        Assert.Contains("[2, 3]", Assert.Throws<ArgumentException>(() => x.Reshape(4, 2)).Message, StringComparison.Ordinal);
        Assert.Contains("[4, 2]", Assert.Throws<ArgumentException>(() => x.Reshape(4, 2)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Ops.Concat(0, x, Tensor.Zeros(Cpu, new Shape(2, 4))));
    }
}
