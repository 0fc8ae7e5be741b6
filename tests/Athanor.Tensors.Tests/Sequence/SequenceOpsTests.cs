using Athanor.Tensors.Tests.Testing;

namespace Athanor.Tensors.Tests.Sequence;

public sealed class SequenceOpsTests
{
    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    internal void Gradients_agree_with_finite_differences(object device)
    {
        var d = (CpuDevice)device;
        Tensor Segments() => Tensor.From(d, new Shape(2, 4), [0, 0, 1, 1, 0, 0, 0, 2]);
        GradientCheck.Of(d, x => Ops.CausalConv(x[0], x[1]), [new(2, 4, 3), new(3, 2)], what: "convolution");
        GradientCheck.Of(d, x => Ops.CausalConv(x[0], x[1], x[2], silu: true, Segments(), x[3]), [new(2, 4, 3), new(3, 3), new(3), new(2, 2, 3)], what: "whole convolution");
        GradientCheck.Of(d, x => Ops.SelectiveScan(x[0], x[1], x[2], x[3], x[4], x[5], x[6], true, Segments(), x[7], out _),
            [new(2, 4, 3), new(2, 4, 3), new(3, 2), new(2, 4, 2), new(2, 4, 2), new(3), new(3), new(2, 2, 3)], h: 1.0 / 512, tolerance: 6e-3, what: "whole scan");
        GradientCheck.Of(d, x =>
        {
            _ = Ops.SelectiveScan(x[0], x[1], x[2], x[3], x[4], default, default, true, default, default, out Tensor state);
            return state;
        }, [new(1, 3, 2), new(1, 3, 2), new(2, 2), new(1, 3, 2), new(1, 3, 2)], tolerance: 6e-3, what: "final state");
    }

    [Fact]
    public void Decoding_steps_continue_the_convolution()
    {
        foreach (CpuDevice d in TestDevices.Fast.Append(TestDevices.Reference))
        {
            using StepScope step = StepScope.Begin(d);
            float[] values = Loss.LossOpsTests.Ramp(5 * 3);
            Tensor w = Tensor.From(d, new Shape(3, 4), Loss.LossOpsTests.Ramp(12)), state = Tensor.Zeros(d, new Shape(1, 3, 3));
            float[] whole = Ops.CausalConv(Tensor.From(d, new Shape(1, 5, 3), values), w, silu: true).ToArray();
            for (int t = 0; t < 5; t++)
            {
                Tensor y = Ops.CausalConvStep(Tensor.From(d, new Shape(1, 1, 3), values.AsSpan(t * 3, 3)), w, default, true, state);
                Compare.Close(y.ToArray(), whole.AsSpan(t * 3, 3), 0, 0);
            }
        }
    }

    [Fact]
    public void Bad_arguments_are_named_with_their_shapes()
    {
        CpuDevice d = TestDevices.Fast[0];
        using StepScope step = StepScope.Begin(d);
        Tensor x = Tensor.Zeros(d, new Shape(1, 4, 3)), a = Tensor.Zeros(d, new Shape(3, 2));
        Assert.Contains("F32[3, 9]", Assert.Throws<ArgumentException>(() => Ops.CausalConv(x, Tensor.Zeros(d, new Shape(3, 9)))).Message, StringComparison.Ordinal);
        Assert.Contains("b is F32[1, 4, 3], but u is F32[1, 4, 3], so it must be F32[1, 4, 2]", Assert.Throws<ArgumentException>(() => Ops.SelectiveScan(x, x, a, x, x, default, default, true, default, default, out _)).Message, StringComparison.Ordinal);
    }
}
