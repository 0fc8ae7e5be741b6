using Athanor.Tensors.Kernels;
using Athanor.Tensors.Tests.Testing;

namespace Athanor.Tensors.Tests.Activation;

public sealed unsafe class GatedKernelTests
{
    private static readonly (int, int)[] Small = [(1, 1), (2, 67)];
    private static readonly GateFunction[] Functions = [GateFunction.Silu, GateFunction.Gelu, GateFunction.GeluTanh, GateFunction.Relu];

    [Theory]
    [MemberData(nameof(TestDevices.FastAndFloating), MemberType = typeof(TestDevices))]
    public void Forward_and_backward_agree_with_the_reference(CpuDevice device, DType type)
    {
        foreach (GateFunction function in Functions)
        {
            foreach ((int rows, int cols) in function != GateFunction.Silu ? Small : ((int, int)[])[(1, 1), (3, 7), (5, 32), (3, 131), (90, 190)])
            {
                using TestBuffer x = TestData.Normal(cols, 2L * rows * cols, type, 2), dy = TestData.Normal(cols + 1, (long)rows * cols, type);
                using TestBuffer y = TestData.Zeros(dy.Length, type), expected = TestData.Zeros(dy.Length, type);
                using TestBuffer dx = TestData.Zeros(x.Length, type), expectedDx = TestData.Zeros(x.Length, type);
                GatedArguments a = Fused(x, y, dy, dx, rows, cols, type);
                GatedKernel.Forward(device, function, a);
                GatedKernel.Backward(device, function, a);
                a = Fused(x, expected, dy, expectedDx, rows, cols, type);
                GatedKernel.Forward(TestDevices.Reference, function, a);
                GatedKernel.Backward(TestDevices.Reference, function, a);
                Compare.Close(y, expected, Compare.Tolerance(type), 2e-6, $"{function} [{rows}, {cols}]");
                Compare.Close(dx, expectedDx, Compare.Tolerance(type), 5e-6, $"gradient of {function} [{rows}, {cols}]");
            }
        }
    }

    [Fact]
    public void Reference_gradients_agree_with_finite_differences()
    {
        foreach (GateFunction function in Functions)
        {
            using TestBuffer x = TestData.Normal(8, 24, DType.F32), dy = TestData.Normal(9, 12, DType.F32), y = TestData.Zeros(12, DType.F32), dx = TestData.Zeros(24, DType.F32);
            GatedArguments a = Fused(x, y, dy, dx, 2, 6, DType.F32);
            GatedKernel.Backward(TestDevices.Reference, function, a);
            FiniteDifferences.Check(() =>
            {
                GatedKernel.Forward(TestDevices.Reference, function, a);
                return FiniteDifferences.Dot(dy, y);
            }, x, dx, h: 1e-3, what: function.ToString());
        }
    }

    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    public void Two_tensors_and_gradients_in_place_give_the_same_bytes_as_one_buffer(CpuDevice device)
    {
        const int rows = 5, cols = 50;
        using TestBuffer x = TestData.Normal(1, 2 * rows * cols, DType.BF16), y = TestData.Zeros(rows * cols, DType.BF16), dy = TestData.Normal(2, rows * cols, DType.BF16), dx = TestData.Zeros(2 * rows * cols, DType.BF16);
        GatedArguments fused = Fused(x, y, dy, dx, rows, cols, DType.BF16);
        GatedKernel.Forward(device, GateFunction.Silu, fused);
        GatedKernel.Backward(device, GateFunction.Silu, fused);
        using TestBuffer gate = TestData.Zeros(rows * cols, DType.BF16), up = TestData.Zeros(rows * cols, DType.BF16), y2 = TestData.Zeros(rows * cols, DType.BF16);
        for (int i = 0; i < rows * cols; i++)
        {
            gate[i] = x[i / cols * 2 * cols + i % cols];
            up[i] = x[i / cols * 2 * cols + cols + i % cols];
        }
        var two = new GatedArguments
        {
            Type = DType.BF16,
            Rows = rows,
            Cols = cols,
            Gate = gate.Pointer,
            Up = up.Pointer,
            GateStride = cols,
            UpStride = cols,
            Y = y2.Pointer,
            DY = dy.Pointer,
            DGate = gate.Pointer,
            DUp = up.Pointer,
            DGateStride = cols,
            DUpStride = cols,
        };
        GatedKernel.Forward(device, GateFunction.Silu, two);
        GatedKernel.Backward(device, GateFunction.Silu, two);
        Compare.SameBytes(y2, y);
        for (int i = 0; i < rows * cols; i++)
        {
            Assert.Equal(dx[i / cols * 2 * cols + i % cols], gate[i]);
            Assert.Equal(dx[i / cols * 2 * cols + cols + i % cols], up[i]);
        }
    }

    private static GatedArguments Fused(TestBuffer x, TestBuffer y, TestBuffer dy, TestBuffer dx, int rows, int cols, DType type) => new()
    {
        Type = type,
        Rows = rows,
        Cols = cols,
        Gate = x.Pointer,
        Up = Cells.At(x.Pointer, cols, type.Size()),
        GateStride = 2 * cols,
        UpStride = 2 * cols,
        Y = y.Pointer,
        DY = dy.Pointer,
        DGate = dx.Pointer,
        DUp = Cells.At(dx.Pointer, cols, type.Size()),
        DGateStride = 2 * cols,
        DUpStride = 2 * cols,
    };
}
