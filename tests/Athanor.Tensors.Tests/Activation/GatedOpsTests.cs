using Athanor.Tensors.Tests.Testing;

namespace Athanor.Tensors.Tests.Activation;

public sealed class GatedOpsTests
{
    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    public void Gradients_agree_with_differences(CpuDevice device)
    {
        Shape[] fused = [new Shape(2, 3, 10)], pair = [new Shape(2, 3, 5), new Shape(2, 3, 5)];
        GradientCheck.Of(device, t => t[0].SwiGlu(), fused, what: "SwiGLU");
        GradientCheck.Of(device, t => t[0].GeGlu(), fused, what: "GeGLU");
        GradientCheck.Of(device, t => t[0].GeGlu(tanh: true), fused, what: "GeGLU tanh");
        GradientCheck.Of(device, t => t[0].ReGlu(), fused, v => v + Math.Sign(v) * 0.02f, what: "ReGLU");
        GradientCheck.Of(device, t => Ops.SwiGlu(t[0], t[1]), pair, what: "SwiGLU of two");
        GradientCheck.Of(device, t => Ops.GeGlu(t[0], t[1]), pair, what: "GeGLU of two");
        GradientCheck.Of(device, t => Ops.ReGlu(t[0], t[1]), pair, v => v + Math.Sign(v) * 0.02f, what: "ReGLU of two");
        GradientCheck.Of(device, t =>
        {
            var parts = new Tensor[2];
            t[0].Split(-1, [5, 5], parts);
            return Ops.SwiGlu(parts[0], parts[1]);
        }, fused, what: "SwiGLU of the parts of a split");
        GradientCheck.Of(device, t => Ops.SwiGlu(t[0].Transpose(0, 1), t[1].Transpose(0, 1)), [new Shape(5, 4), new Shape(5, 4)], what: "SwiGLU of transposed views");
    }

    [Fact]
    public void Odd_widths_and_different_shapes_are_refused()
    {
        CpuDevice cpu = TestDevices.Fast[0];
        using var step = StepScope.Begin(cpu);
        Assert.Throws<ArgumentException>(() => Tensor.Zeros(cpu, new Shape(2, 3)).SwiGlu());
        Assert.Throws<ArgumentException>(() => Ops.SwiGlu(Tensor.Zeros(cpu, new Shape(2, 3)), Tensor.Zeros(cpu, new Shape(3))));
    }
}
