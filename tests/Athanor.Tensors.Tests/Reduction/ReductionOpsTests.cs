using Athanor.Tensors.Tests.Testing;

namespace Athanor.Tensors.Tests.Reduction;

public sealed class ReductionOpsTests
{
    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    public void Gradients_agree_with_differences_over_any_axes(CpuDevice device)
    {
        foreach (int[] axes in (int[][])[[], [0], [1], [-1], [0, 1], [1, 2], [0, 2], [2, 0, 1]])
        {
            foreach (bool keep in (bool[])[false, true])
            {
                string what = $"axes {string.Join(" ", axes)} keep {keep}";
                Shape[] shape = [new Shape(2, 3, 4)];
                GradientCheck.Of(device, t => t[0].Sum(axes, keep), shape, what: "sum " + what);
                GradientCheck.Of(device, t => t[0].Mean(axes, keep), shape, what: "mean " + what);
                GradientCheck.Of(device, t => t[0].SumOfSquares(axes, keep), shape, what: "sum of squares " + what);
                GradientCheck.Of(device, t => t[0].Variance(axes, keep), shape, what: "variance " + what);
                GradientCheck.Of(device, t => t[0].LogSumExp(axes, keep), shape, what: "log-sum-exp " + what);
                GradientCheck.Of(device, t => t[0].Max(axes, keep), shape, h: 1e-3, tolerance: 2e-2, what: "max " + what);
                GradientCheck.Of(device, t => t[0].Min(axes, keep), shape, h: 1e-3, tolerance: 2e-2, what: "min " + what);
            }
        }
    }

    [Fact]
    public void Shapes_and_positions_are_those_of_NumPy()
    {
        CpuDevice cpu = TestDevices.Fast[0];
        using var step = StepScope.Begin(cpu);
        Tensor x = Tensor.From(cpu, new Shape(2, 3), [3f, 9, 9, -1, 0, -5]);
        Assert.Equal(new Shape(3), x.Sum([0]).Shape);
        Assert.Equal(new Shape(1, 3), x.Sum([0], keepDims: true).Shape);
        Assert.Equal(new Shape(), x.Sum().Shape);
        Assert.Equal(new Shape(1, 1), x.Sum(keepDims: true).Shape);
        Assert.Equal([2f, 9, 4], x.Sum([0]).ToArray());
        int[] indices = new int[2];
        x.ArgMax().CopyTo(indices);
        Assert.Equal([1, 1], indices);
        int[] columns = new int[3];
        x.ArgMin(0).CopyTo(columns);
        Assert.Equal([1, 1, 1], columns);
        Assert.Throws<ArgumentException>(() => x.Sum([0, -2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => x.Sum([2]));
        Assert.Throws<ArgumentException>(() => Tensor.Zeros(cpu, new Shape(2, 0)).Max());
        Assert.Equal([0f, 0], Tensor.Zeros(cpu, new Shape(2, 0)).Sum([1]).ToArray());
    }
}
