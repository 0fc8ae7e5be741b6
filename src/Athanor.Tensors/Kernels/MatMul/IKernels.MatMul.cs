using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

internal unsafe partial interface IKernels
{
    /// <summary>C = Alpha · op(A) · op(B) + Bias (+ C), single, batched or grouped.</summary>
    void MatMul(in GemmArgs args);

    /// <summary>target += the sum of each column: the gradient of a bias.</summary>
    void SumColumns(in ColumnSumArgs args);
}
