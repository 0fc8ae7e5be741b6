using Athanor.Tensors.Tests.Testing;

namespace Athanor.Tensors.Tests.Softmax;

public sealed class SoftmaxOpsTests
{
    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    public void Gradients_agree_with_differences_along_any_dimension(CpuDevice device)
    {
        float[] mask = [0, 1, float.NegativeInfinity, -1, 0, 0.5f, 0, 0, float.NegativeInfinity, 0, 0, 2];
        for (int d = 0; d < 3; d++)
        {
            int at = d;
            GradientCheck.Of(device, t => t[0].Softmax(at, 0.8f), [new Shape(2, 3, 4)], what: "softmax " + d);
            GradientCheck.Of(device, t => t[0].LogSoftmax(at), [new Shape(2, 3, 4)], what: "log-softmax " + d);
        }
        GradientCheck.Of(device, t => t[0].Softmax(mask: Tensor.From(device, new Shape(3, 4), mask)), [new Shape(2, 3, 4)], what: "masked");
    }

    [Fact]
    public void Masks_that_do_not_fit_are_refused()
    {
        CpuDevice cpu = TestDevices.Fast[0];
        using var step = StepScope.Begin(cpu);
        Tensor x = Tensor.Zeros(cpu, new Shape(2, 3, 4));
        Assert.Throws<ArgumentException>(() => x.Softmax(mask: Tensor.Zeros(cpu, new Shape(3))));
        Assert.Throws<ArgumentException>(() => x.Softmax(0, mask: Tensor.Zeros(cpu, new Shape(4))));
        Assert.Throws<ArgumentException>(() => x.Softmax(mask: Tensor.Zeros(cpu, new Shape(4), DType.BF16)));
    }
}
