using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

/// <summary>The products of a linear layer with weight [N, K]; layers per group add their grouping.</summary>
internal static unsafe class LinearProducts
{
    /// <summary>Y = X·Wᵀ, contiguous.</summary>
    public static GemmArgs Forward(int rows, int n, int k, Tensor x, long ldx, Tensor weight, long ldw, Tensor y) => new()
    {
        M = rows,
        N = n,
        K = k,
        A = x.Data,
        Lda = ldx,
        B = weight.Data,
        Ldb = ldw,
        TransB = true,
        InputType = x.DType,
        C = y.Data,
        Ldc = n,
        OutputType = y.DType,
    };

    /// <summary>dX = dY·W.</summary>
    public static GemmArgs InputGradient(int rows, int n, int k, Tensor dy, long ldy, Tensor weight, long ldw, Tensor dx, long ldx) => new()
    {
        M = rows,
        N = k,
        K = n,
        A = dy.Data,
        Lda = ldy,
        B = weight.Data,
        Ldb = ldw,
        InputType = dy.DType,
        C = dx.Data,
        Ldc = ldx,
        OutputType = dx.DType,
    };

    /// <summary>dW += dYᵀ·X in fp32.</summary>
    public static GemmArgs WeightGradient(int rows, int n, int k, Tensor dy, long ldy, Tensor x, long ldx, Tensor dw) => new()
    {
        M = n,
        N = k,
        K = rows,
        A = dy.Data,
        Lda = ldy,
        TransA = true,
        B = x.Data,
        Ldb = ldx,
        InputType = dy.DType,
        C = dw.Data,
        Ldc = k,
        OutputType = DType.F32,
        Accumulate = true,
    };
}
