using Athanor.Tensors.Kernels;
using Athanor.Tensors.Tests.Testing;

namespace Athanor.Tensors.Tests.Optimizer;

public sealed unsafe class SquaredNormTests
{
    private static double Norm(CpuDevice device, TestBuffer x)
    {
        double[] partials = new double[SquaredNormKernel.Partials(x.Length)];
        fixed (double* p = partials)
            return SquaredNormKernel.Run(device, x.F32, x.Length, p);
    }

    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    public void The_sum_of_squares_is_the_double_sum_whatever_the_length(object device)
    {
        foreach (int count in (int[])[0, 1, 7, 31, 32, 33, 1009, 16_384, 16_385, 50_021])
        {
            using TestBuffer x = TestData.Normal(count, count, DType.F32);
            double expected = 0;
            for (int i = 0; i < count; i++)
                expected += (double)x[i] * x[i];
            Assert.Equal(expected, Norm((CpuDevice)device, x), 1e-13 * expected);
        }
    }

    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    public void Large_finite_numbers_do_not_overflow_and_non_finite_ones_come_through(object device)
    {
        using TestBuffer x = TestData.Filled(100, DType.F32, 3e38f);
        Assert.Equal(100 * (double)3e38f * 3e38f, Norm((CpuDevice)device, x), 1e66);
        x[40] = float.NegativeInfinity;
        Assert.Equal(double.PositiveInfinity, Norm((CpuDevice)device, x));
        x[99] = float.NaN;
        Assert.Equal(double.NaN, Norm((CpuDevice)device, x));
    }

    [Fact]
    public void The_number_of_threads_changes_no_bit()
    {
        using TestBuffer x = TestData.Normal(5, 300_007, DType.F32);
        foreach (CpuDevice device in TestDevices.Fast)
            Assert.Equal(Norm(TestDevices.WithThreads(device, 1), x), Norm(TestDevices.WithThreads(device, 4), x));
    }
}
