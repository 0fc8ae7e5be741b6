using Athanor.Tensors.Tests.Testing;

namespace Athanor.Tensors.Tests.Norm;

public sealed class NormOpsTests
{
    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    public void Gradients_agree_with_differences(CpuDevice device)
    {
        Shape x = new(2, 3, 9), c = new(9);
        GradientCheck.Of(device, t => t[0].RmsNorm(t[1]), [x, c], what: "RMSNorm");
        GradientCheck.Of(device, t => t[0].RmsNorm(), [x], what: "RMSNorm without weight");
        GradientCheck.Of(device, t => t[0].LayerNorm(t[1], t[2]), [x, c, c], what: "LayerNorm");
        GradientCheck.Of(device, t =>
        {
            (Tensor h, Tensor y) = t[0].RmsNorm(t[1], t[2]);
            return h * 0.5f + y;
        }, [x, x, c], what: "RMSNorm with residual");
        GradientCheck.Of(device, t =>
        {
            (Tensor h, Tensor y) = t[0].LayerNorm(t[1], t[2], t[3]);
            return h * 0.5f + y;
        }, [x, x, c, c], what: "LayerNorm with residual");
        GradientCheck.Of(device, t => t[0].RmsNorm(t[1], t[2]).Y, [x, x, c], what: "only y is used");
        GradientCheck.Of(device, t => t[0].RmsNorm(t[0], t[1]).Y, [x, c], what: "x is its own residual");
    }

    [Fact]
    public void When_only_the_residual_stream_goes_on_its_gradient_passes_unchanged()
    {
        CpuDevice cpu = TestDevices.Fast[0];
        using var step = StepScope.Begin(cpu);
        Tensor x = Tensor.From(cpu, new Shape(2, 2), [1f, 2, 3, 4], requiresGrad: true), r = Tensor.From(cpu, new Shape(2, 2), [5f, 6, 7, 8], requiresGrad: true);
        (Tensor h, _) = x.RmsNorm(r, default(Tensor));
        h.Square().Sum().Backward();
        Assert.Equal([12f, 16, 20, 24], x.Grad.ToArray());
        Assert.Equal([12f, 16, 20, 24], r.Grad.ToArray());
    }

    [Fact]
    public void Parameters_of_either_type_accumulate_fp32_gradients()
    {
        CpuDevice cpu = TestDevices.Fast[0];
        foreach (DType type in (DType[])[DType.F32, DType.BF16])
        {
            using var gamma = new Parameter(cpu, "gamma", new Shape(4), type);
            cpu.Upload(gamma, [1, 1, 1, 1]);
            for (int i = 1; i <= 2; i++)
            {
                using var step = StepScope.Begin(cpu);
                Tensor x = Tensor.From(cpu, new Shape(1, 4), [1, -1, 1, -1], DType.BF16);
                x.RmsNorm(gamma, 0).Sum().Backward();
            }
            using var read = StepScope.Begin(cpu);
            Assert.Equal([2f, -2, 2, -2], gamma.Gradient.ToArray());
        }
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_named()
    {
        CpuDevice cpu = TestDevices.Fast[0];
        using var step = StepScope.Begin(cpu);
        Tensor x = Tensor.Zeros(cpu, new Shape(2, 8)), gamma = Tensor.Zeros(cpu, new Shape(9));
        ArgumentException e = Assert.Throws<ArgumentException>(() => x.RmsNorm(gamma));
        Assert.Contains("F32[2, 8]", e.Message, StringComparison.Ordinal);
        Assert.Contains("F32[9]", e.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => x.RmsNorm(gamma, default(Tensor)));
    }
}
