using Athanor.Tensors.Kernels;
using Athanor.Tensors.Tests.Testing;

namespace Athanor.Tensors.Tests.Index;

public sealed unsafe class CumulativeSumKernelTests
{
    [Theory]
    [MemberData(nameof(TestDevices.FastAndFloating), MemberType = typeof(TestDevices))]
    internal void Running_sums_agree_with_the_reference(object device, DType type)
    {
        foreach ((int outer, int axis, int inner) in ((int, int, int)[])[(1, 1, 1), (3, 1000, 1), (2, 301, 37), (1, 700, 130), (5, 2, 3)])
        {
            foreach (bool exclusive in (bool[])[false, true])
            {
                foreach (bool reversed in (bool[])[false, true])
                {
                    using TestBuffer x = TestData.Normal(1, (long)outer * axis * inner, type), expected = new(x.Length, type), actual = x.Clone();
                    var args = new CumulativeSumArgs { Outer = outer, Axis = axis, Inner = inner, Type = type, Exclusive = exclusive, Reversed = reversed, Input = x.Pointer, Output = expected.Pointer };
                    CumulativeSumKernel.Run(TestDevices.Reference, args);
                    // In place.
                    args.Input = args.Output = actual.Pointer;
                    CumulativeSumKernel.Run((CpuDevice)device, args);
                    Compare.Close(actual, expected, Compare.Tolerance(type, 1e-6), 1e-5, $"{outer} {axis} {inner} {exclusive} {reversed}");
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    internal void Infinity_and_nan_stay_from_where_they_came(object device)
    {
        foreach (int inner in (int[])[1, 33])
        {
            using TestBuffer x = TestData.Filled(6 * inner, DType.F32, 1), y = new(6 * inner, DType.F32);
            for (int i = 0; i < inner; i++)
            {
                x[2 * inner + i] = float.PositiveInfinity;
                x[4 * inner + i] = float.NegativeInfinity;
            }
            CumulativeSumKernel.Run((CpuDevice)device, new CumulativeSumArgs { Outer = 1, Axis = 6, Inner = inner, Type = DType.F32, Input = x.Pointer, Output = y.Pointer });
            float[] expected = [1, 2, float.PositiveInfinity, float.PositiveInfinity, float.NaN, float.NaN];
            for (int a = 0; a < 6; a++)
                Assert.Equal(expected[a], y[a * inner + inner - 1]);
        }
    }

    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    internal void Long_rows_keep_their_precision(object device)
    {
        foreach (int inner in (int[])[1, 16])
        {
            const int Length = 40_000;
            using TestBuffer x = TestData.Filled((long)Length * inner, DType.F32, 0.1f), y = new((long)Length * inner, DType.F32);
            CumulativeSumKernel.Run((CpuDevice)device, new CumulativeSumArgs { Outer = 1, Axis = Length, Inner = inner, Type = DType.F32, Input = x.Pointer, Output = y.Pointer });
            Assert.Equal(Length * (double)0.1f, y[(long)Length * inner - 1], 0.01);
        }
    }
}
