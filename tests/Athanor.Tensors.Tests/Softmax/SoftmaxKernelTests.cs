using Athanor.Tensors.Kernels;
using Athanor.Tensors.Tests.Testing;

namespace Athanor.Tensors.Tests.Softmax;

public sealed unsafe class SoftmaxKernelTests
{
    [Theory]
    [MemberData(nameof(TestDevices.FastAndFloating), MemberType = typeof(TestDevices))]
    public void Forward_and_backward_agree_with_the_reference(CpuDevice device, DType type)
    {
        foreach ((int rows, int cols) in ((int, int)[])[(1, 1), (3, 7), (6, 32), (8, 131), (4, 5000)])
        {
            foreach (bool log in (bool[])[false, true])
            {
                foreach (bool masked in (bool[])[false, true])
                {
                    using TestBuffer x = TestData.Normal(cols, (long)rows * cols, type, 3), dy = TestData.Normal(cols + 1, x.Length, type), mask = TestData.Normal(6, cols, DType.F32);
                    if (cols > 5)
                        mask[cols / 2] = float.NegativeInfinity;
                    using TestBuffer y = TestData.Zeros(x.Length, type), expected = TestData.Zeros(x.Length, type), dx = TestData.Zeros(x.Length, type), expectedDx = TestData.Zeros(x.Length, type);
                    var a = new SoftmaxArguments { Type = type, Rows = rows, Cols = cols, Scale = 0.7f, X = x.Pointer, Y = expected.Pointer, Log = log, DY = dy.Pointer, DX = expectedDx.Pointer, Mask = masked ? mask.F32 : null, MaskRows = 1 };
                    SoftmaxKernel.Forward(TestDevices.Reference, a);
                    SoftmaxKernel.Backward(TestDevices.Reference, a);
                    SoftmaxKernel.Forward(device, a with { Y = y.Pointer });
                    SoftmaxKernel.Backward(device, a with { DX = dx.Pointer });
                    string what = $"[{rows}, {cols}] log {log} masked {masked}";
                    Compare.Close(y, expected, Compare.Tolerance(type), 2e-6, what);
                    Compare.Close(dx, expectedDx, Compare.Tolerance(type, 5e-5), 5e-6, "gradient of " + what);
                }
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Reference_gradients_agree_with_finite_differences(bool log)
    {
        using TestBuffer x = TestData.Normal(1, 14, DType.F32), dy = TestData.Normal(2, 14, DType.F32), y = TestData.Zeros(14, DType.F32), dx = TestData.Zeros(14, DType.F32), mask = TestData.Normal(3, 14, DType.F32);
        var a = new SoftmaxArguments { Type = DType.F32, Rows = 2, Cols = 7, Scale = 1.3f, X = x.Pointer, Y = y.Pointer, Log = log, DY = dy.Pointer, DX = dx.Pointer, Mask = mask.F32, MaskRows = 2 };
        SoftmaxKernel.Forward(TestDevices.Reference, a);
        SoftmaxKernel.Backward(TestDevices.Reference, a);
        FiniteDifferences.Check(() =>
        {
            SoftmaxKernel.Forward(TestDevices.Reference, a);
            return FiniteDifferences.Dot(dy, y);
        }, x, dx);
    }

    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    public void Huge_scores_do_not_overflow_and_NaN_spoils_its_row_only(CpuDevice device)
    {
        const int cols = 21;
        using TestBuffer x = TestData.Filled(3 * cols, DType.F32, 1e30f), y = TestData.Zeros(3 * cols, DType.F32);
        x[cols + 20] = float.NaN;
        for (int i = 0; i < cols; i++)
            x[2 * cols + i] = float.NegativeInfinity;
        SoftmaxKernel.Forward(device, new SoftmaxArguments { Type = DType.F32, Rows = 3, Cols = cols, Scale = 1, X = x.Pointer, Y = y.Pointer });
        for (int i = 0; i < cols; i++)
        {
            Assert.Equal(1f / cols, y[i], 1e-6f);
            Assert.True(float.IsNaN(y[cols + i]));
            Assert.True(float.IsNaN(y[2 * cols + i]));
        }
    }
}
