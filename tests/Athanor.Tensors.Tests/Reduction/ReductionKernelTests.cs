using Athanor.Tensors.Kernels;
using Athanor.Tensors.Tests.Testing;

namespace Athanor.Tensors.Tests.Reduction;

public sealed unsafe class ReductionKernelTests
{
    private static readonly (int Outer, int Length, int Inner)[] Shapes =
        [(1, 1, 1), (3, 7, 1), (1, 40001, 1), (20, 129, 1), (2, 5, 3), (1, 700, 48), (2, 37, 131), (1, 9, 2100), (2, 17000, 2)];

    [Theory]
    [MemberData(nameof(TestDevices.FastAndFloating), MemberType = typeof(TestDevices))]
    public void Reductions_and_their_gradients_agree_with_the_reference(CpuDevice device, DType type)
    {
        foreach ((int outer, int length, int inner) in Shapes)
        {
            using TestBuffer x = TestData.Normal(length, (long)outer * length * inner, type), dy = TestData.Normal(4, outer * inner, DType.F32);
            using TestBuffer y = TestData.Zeros(outer * inner, DType.F32), expected = TestData.Zeros(outer * inner, DType.F32);
            using TestBuffer dx = TestData.Zeros(x.Length, type), expectedDx = TestData.Zeros(x.Length, type), index = TestData.Zeros(outer * inner, DType.I32), expectedIndex = TestData.Zeros(outer * inner, DType.I32);
            foreach (ReductionFunction function in Enum.GetValues<ReductionFunction>())
            {
                if (function == ReductionFunction.Variance && length == 1)
                    continue;
                ReductionArguments a = Arguments(x, y, dy, dx, index, outer, length, inner), b = Arguments(x, expected, dy, expectedDx, expectedIndex, outer, length, inner);
                ReductionKernel.Forward(device, function, a);
                ReductionKernel.Forward(TestDevices.Reference, function, b);
                string what = $"{function} of [{outer}, {length}, {inner}]";
                Compare.Close(y, expected, 1e-5, 1e-6 * Math.Sqrt(length), what);
                if (function is ReductionFunction.Max or ReductionFunction.Min)
                {
                    ReductionKernel.ArgExtreme(device, function == ReductionFunction.Max, a);
                    ReductionKernel.ArgExtreme(TestDevices.Reference, function == ReductionFunction.Max, b);
                    Compare.SameBytes(index, expectedIndex, "position of " + what);
                    for (int i = 0; i < outer * inner; i++)
                        Assert.Equal(expected[i], x[(i / inner * length + index.I32[i]) * (long)inner + i % inner]);
                }
                ReductionKernel.Backward(device, function, a);
                ReductionKernel.Backward(TestDevices.Reference, function, b);
                Compare.Close(dx, expectedDx, Compare.Tolerance(type, 2e-5), 1e-6, "gradient of " + what);
            }
        }
    }

    [Fact]
    public void Reference_gradients_agree_with_finite_differences()
    {
        foreach (ReductionFunction function in Enum.GetValues<ReductionFunction>())
        {
            using TestBuffer x = TestData.Normal(5, 2 * 6 * 3, DType.F32), dy = TestData.Normal(4, 6, DType.F32), y = TestData.Zeros(6, DType.F32), dx = TestData.Zeros(36, DType.F32), index = TestData.Zeros(6, DType.I32);
            ReductionArguments a = Arguments(x, y, dy, dx, index, 2, 6, 3);
            ReductionKernel.ArgExtreme(TestDevices.Reference, function == ReductionFunction.Max, a);
            ReductionKernel.Backward(TestDevices.Reference, function, a);
            FiniteDifferences.Check(() =>
            {
                ReductionKernel.Forward(TestDevices.Reference, function, a);
                return FiniteDifferences.Dot(dy, y);
            }, x, dx, what: function.ToString());
        }
    }

    [Theory]
    [MemberData(nameof(TestDevices.FastAndFloating), MemberType = typeof(TestDevices))]
    public void Results_do_not_depend_on_the_number_of_threads(CpuDevice device, DType type)
    {
        foreach ((int outer, int length, int inner) in ((int, int, int)[])[(1, 100000, 1), (1, 2000, 50)])
        {
            using TestBuffer x = TestData.Normal(7, (long)outer * length * inner, type), y = TestData.Zeros(outer * inner, DType.F32), z = TestData.Zeros(outer * inner, DType.F32);
            foreach (ReductionFunction function in Enum.GetValues<ReductionFunction>())
            {
                ReductionKernel.Forward(TestDevices.WithThreads(device, 1), function, Arguments(x, y, y, x, y, outer, length, inner) with { Index = null });
                foreach (int threads in (int[])[2, 3])
                {
                    ReductionKernel.Forward(TestDevices.WithThreads(device, threads), function, Arguments(x, z, y, x, y, outer, length, inner) with { Index = null });
                    Compare.SameBytes(z, y, function.ToString());
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    public void NaN_and_infinity_pass(CpuDevice device)
    {
        float[] values = new float[40];
        values[35] = float.NaN;
        Assert.All(Enum.GetValues<ReductionFunction>(), f => Assert.True(float.IsNaN(One(device, f, values)), f.ToString()));
        values[35] = float.PositiveInfinity;
        Assert.Equal(float.PositiveInfinity, One(device, ReductionFunction.Max, values));
        Assert.Equal(float.PositiveInfinity, One(device, ReductionFunction.LogSumExp, values));
        Array.Fill(values, float.NegativeInfinity);
        Assert.Equal(float.NegativeInfinity, One(device, ReductionFunction.LogSumExp, values));
        Array.Fill(values, 1000);
        Assert.Equal(1000 + MathF.Log(40), One(device, ReductionFunction.LogSumExp, values), 1e-3f);
    }

    private static float One(CpuDevice device, ReductionFunction function, float[] values)
    {
        using TestBuffer x = TestData.From(values, DType.F32), y = TestData.Zeros(1, DType.F32);
        ReductionKernel.Forward(device, function, Arguments(x, y, y, x, y, 1, values.Length, 1) with { Index = null });
        return y[0];
    }

    private static ReductionArguments Arguments(TestBuffer x, TestBuffer y, TestBuffer dy, TestBuffer dx, TestBuffer index, int outer, int length, int inner) => new()
    {
        Type = x.Type,
        Outer = outer,
        Length = length,
        Inner = inner,
        X = x.Pointer,
        Y = y.Pointer,
        YType = DType.F32,
        Correction = 1,
        DY = dy.Pointer,
        DX = dx.Pointer,
        Index = (int*)index.Pointer,
    };
}
