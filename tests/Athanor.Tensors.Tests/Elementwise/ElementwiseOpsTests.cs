using Athanor.Tensors.Tests.Testing;

namespace Athanor.Tensors.Tests.Elementwise;

public sealed class ElementwiseOpsTests
{
    private static readonly CpuDevice Cpu = TestDevices.Fast[0];

    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    public void Gradients_of_functions_of_one_tensor_agree_with_differences(CpuDevice device)
    {
        foreach ((string name, Func<Tensor, Tensor> op, bool positive) in ((string, Func<Tensor, Tensor>, bool)[])[
            ("negate", x => -x, false), ("exp", x => x.Exp(), false), ("log", x => x.Log(), true), ("sqrt", x => x.Sqrt(), true), ("rsqrt", x => x.Rsqrt(), true),
            ("abs", x => x.Abs(), false), ("square", x => x.Square(), false), ("clamp", x => x.Clamp(-5, 5), false), ("pow", x => x.Pow(3), false), ("pow half", x => x.Pow(0.5f), true),
            ("scalars", x => 2 - (3 * x + 1) / 4 - 1, false), ("reciprocal", x => 2 / x, true), ("strided", x => x.Transpose(0, 1).Exp().Transpose(0, 1), false),
            ("silu", x => x.Silu(), false), ("gelu", x => x.Gelu(), false), ("gelu tanh", x => x.Gelu(tanh: true), false), ("relu", x => x.Relu(), false),
            ("relu²", x => x.ReluSquared(), false), ("sigmoid", x => x.Sigmoid(), false), ("tanh", x => x.Tanh(), false)])
        {
            // Far enough from the corners at 0 that a difference does not cross them.
            GradientCheck.Of(device, x => op(x[0]), [new Shape(3, 7)], v => positive ? Math.Abs(v) + 0.5f : v + Math.Sign(v) * 0.02f, h: 1.0 / 512, what: name);
        }
    }

    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    public void Gradients_of_functions_of_two_tensors_are_summed_over_repeated_dimensions(CpuDevice device)
    {
        Shape[][] pairs =
        [
            [new Shape(2, 3, 4), new Shape(2, 3, 4)], [new Shape(2, 3, 4), new Shape(4)], [new Shape(2, 3, 4), new Shape(3, 1)], [new Shape(2, 1, 4), new Shape(3, 1)],
            [new Shape(2, 3, 4), new Shape()], [new Shape(1), new Shape(5, 2)], [new Shape(2, 1, 3, 1, 2), new Shape(2, 1, 3, 1)],
        ];
        foreach (Shape[] shapes in pairs)
        {
            string what = $"{shapes[0]} {shapes[1]}";
            GradientCheck.Of(device, x => x[0] + x[1], shapes, what: "add " + what);
            GradientCheck.Of(device, x => x[0] - x[1], shapes, what: "subtract " + what);
            GradientCheck.Of(device, x => x[0] * x[1], shapes, what: "multiply " + what);
            GradientCheck.Of(device, x => x[0] / x[1], shapes, v => v + Math.Sign(v), what: "divide " + what);
            GradientCheck.Of(device, x => Ops.Where(x[0].Less(x[1]), x[0] * x[0], x[1] * 3), shapes, what: "where " + what, h: 1e-4, tolerance: 2e-2);
        }
        GradientCheck.Of(device, x => x[0].Maximum(x[1]) + x[0].Minimum(x[1]).Square(), [new Shape(3, 5), new Shape(5)], h: 1e-3, tolerance: 1e-2, what: "extremes");
        GradientCheck.Of(device, x => x[0] * x[0] + x[0], [new Shape(7)], what: "one tensor on both sides");
        GradientCheck.Of(device, x => x[0].Transpose(0, 1) * x[1], [new Shape(3, 5), new Shape(5, 3)], what: "strided operand");
    }

    [Fact]
    public void Values_broadcast_like_NumPy()
    {
        using var step = StepScope.Begin(Cpu);
        Tensor a = Tensor.From(Cpu, new Shape(2, 3), [1f, 2, 3, 4, 5, 6]), row = Tensor.From(Cpu, new Shape(3), [10f, 20, 30]), column = Tensor.From(Cpu, new Shape(2, 1), [100f, 200]);
        Assert.Equal([11f, 22, 33, 14, 25, 36], (a + row).ToArray());
        Assert.Equal([101f, 102, 103, 204, 205, 206], (a + column).ToArray());
        Assert.Equal([110f, 120, 130, 210, 220, 230], (row + column).ToArray());
        Assert.Equal([1f, 1, 1, 0, 0, 0], a.Less(Ops.Full(Cpu, new Shape(), 3.5)).ToArray());
        Assert.Equal([1f, 2, 3, 10, 20, 30], Ops.Where(a.LessOrEqual(Ops.Full(Cpu, new Shape(1), 3)), a, row).ToArray());
    }

    [Fact]
    public void Wrong_operands_are_named_with_the_remedy()
    {
        using var step = StepScope.Begin(Cpu);
        Tensor a = Tensor.Zeros(Cpu, new Shape(2, 3)), b = Tensor.Zeros(Cpu, new Shape(4)), half = Tensor.Zeros(Cpu, new Shape(3), DType.BF16), whole = Tensor.Zeros(Cpu, new Shape(3), DType.I32);
        ArgumentException e = Assert.Throws<ArgumentException>(() => a + b);
        Assert.Contains("[2, 3]", e.Message, StringComparison.Ordinal);
        Assert.Contains("[4]", e.Message, StringComparison.Ordinal);
        e = Assert.Throws<ArgumentException>(() => a * half);
        Assert.Contains("To(DType.F32)", e.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => whole.Exp());
        Assert.Throws<ArgumentException>(() => Ops.Where(a, a, a));
    }

    [Fact]
    public void A_step_allocates_nothing_once_warm()
    {
        using var weight = new Parameter(Cpu, "w", new Shape(64), DType.F32);
        using var bias = new Parameter(Cpu, "b", new Shape(64), DType.F32);
        using var table = new RotaryTable(Cpu, 16, 16);
        float[] values = new float[4 * 16 * 64];
        Steady.AllocatesNothing(() =>
        {
            using var step = StepScope.Begin(Cpu, seed: 1);
            Tensor x = Tensor.From(Cpu, new Shape(4, 16, 64), values, DType.BF16, requiresGrad: true);
            (Tensor h, Tensor y) = x.RmsNorm(x * 2f, weight);
            y = y.LayerNorm(weight, bias);
            y = y.Rotate(table, 3, 16, consume: true).Dropout(0.1f);
            y = y.Reshape(4, 32, 32).SwiGlu().Silu() + 1f;
            Tensor s = y.Softmax() * y.LogSoftmax(0);
            (s.Sum([0], keepDims: true) * s.To(DType.F32)).Mean().Backward();
        });
    }
}
