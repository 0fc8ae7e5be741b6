using Athanor.Tensors.Kernels;
using Athanor.Tensors.Tests.Testing;

namespace Athanor.Tensors.Tests.Elementwise;

public sealed unsafe class UnaryKernelTests
{
    [Theory]
    [MemberData(nameof(TestDevices.FastAndFloating), MemberType = typeof(TestDevices))]
    public void Every_function_and_its_gradient_agree_with_the_reference(CpuDevice device, DType type)
    {
        foreach (UnaryFunction function in Enum.GetValues<UnaryFunction>())
        {
            foreach (int n in (int[])[1, 3, 16, 37, function == UnaryFunction.Silu ? 33001 : 300])
            {
                using TestBuffer x = Inputs(function, n, type), dy = TestData.Normal(n + 1, n, type);
                using TestBuffer y = TestData.Zeros(n, type), expected = TestData.Zeros(n, type), dx = TestData.Zeros(n, type), expectedDx = TestData.Zeros(n, type);
                (float a, float b) = Constants(function);
                UnaryKernel.Forward(TestDevices.Reference, function, type, x.Pointer, expected.Pointer, n, a, b);
                UnaryKernel.Forward(device, function, type, x.Pointer, y.Pointer, n, a, b);
                // The exact GELU takes 1 + erf, whose absolute error is that of fp32 at 1.
                double far = function is UnaryFunction.Gelu ? 4e-7 * 6 : 1e-7;
                Compare.Close(y, expected, Compare.Tolerance(type), far, $"{function} of {n}");
                void* saved = UnaryKernel.SlopeFromResult(function) ? expected.Pointer : x.Pointer;
                UnaryKernel.Backward(TestDevices.Reference, function, type, saved, dy.Pointer, expectedDx.Pointer, n, a, b);
                UnaryKernel.Backward(device, function, type, saved, dy.Pointer, dx.Pointer, n, a, b);
                Compare.Close(dx, expectedDx, Compare.Tolerance(type, 2e-5), 3e-6, $"gradient of {function} of {n}");
            }
        }
    }

    [Fact]
    public void Reference_gradients_agree_with_finite_differences()
    {
        foreach (UnaryFunction function in Enum.GetValues<UnaryFunction>())
        {
            const int n = 40;
            using TestBuffer x = Inputs(function, n, DType.F32), dy = TestData.Normal(2, n, DType.F32), y = TestData.Zeros(n, DType.F32), dx = TestData.Zeros(n, DType.F32);
            (float a, float b) = Constants(function);
            UnaryKernel.Forward(TestDevices.Reference, function, DType.F32, x.Pointer, y.Pointer, n, a, b);
            UnaryKernel.Backward(TestDevices.Reference, function, DType.F32, UnaryKernel.SlopeFromResult(function) ? y.Pointer : x.Pointer, dy.Pointer, dx.Pointer, n, a, b);
            FiniteDifferences.Check(() =>
            {
                UnaryKernel.Forward(TestDevices.Reference, function, DType.F32, x.Pointer, y.Pointer, n, a, b);
                return FiniteDifferences.Dot(dy, y);
            }, x, dx, h: 1.0 / 1024, tolerance: 5e-3, what: function.ToString());
        }
    }

    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    public void Numbers_that_are_not_finite_pass_as_in_the_reference(CpuDevice device)
    {
        float[] special = [float.NaN, float.PositiveInfinity, float.NegativeInfinity, 0, -0f, 1e-40f, -1e-40f, 1e38f, -1e38f, 100, -100, 3, float.NaN, -2, 0.5f, 7, 11];
        foreach (UnaryFunction function in Enum.GetValues<UnaryFunction>())
        {
            using TestBuffer x = TestData.From(special, DType.F32), y = TestData.Zeros(special.Length, DType.F32), expected = TestData.Zeros(special.Length, DType.F32);
            (float a, float b) = Constants(function);
            UnaryKernel.Forward(TestDevices.Reference, function, DType.F32, x.Pointer, expected.Pointer, special.Length, a, b);
            UnaryKernel.Forward(device, function, DType.F32, x.Pointer, y.Pointer, special.Length, a, b);
            Compare.Close(y, expected, 1e-5, 1e-6, function.ToString());
        }
    }

    private static (float A, float B) Constants(UnaryFunction function) => function switch
    {
        UnaryFunction.Clamp => (-0.5f, 0.75f),
        UnaryFunction.Affine => (2.5f, -1.25f),
        UnaryFunction.Power => (2.7f, 0),
        _ => (0, 0),
    };

    private static TestBuffer Inputs(UnaryFunction function, int n, DType type) => function switch
    {
        UnaryFunction.Log or UnaryFunction.Sqrt or UnaryFunction.ReciprocalSqrt or UnaryFunction.Power or UnaryFunction.Reciprocal =>
            TestData.Uniform(n, n, type, 0.25, 4),
        // Away from the corners, where a difference quotient means nothing.
        UnaryFunction.Clamp or UnaryFunction.Abs or UnaryFunction.Relu or UnaryFunction.ReluSquared => AwayFromCorners(n, type),
        _ => TestData.Normal(n, n, type, 2),
    };

    private static TestBuffer AwayFromCorners(int n, DType type)
    {
        TestBuffer buffer = TestData.Normal(n, n, type);
        for (int i = 0; i < n; i++)
        {
            foreach (float corner in (float[])[0, -0.5f, 0.75f])
            {
                if (Math.Abs(buffer[i] - corner) < 0.01f)
                    buffer[i] = corner + 0.0625f;
            }
        }
        return buffer;
    }
}
