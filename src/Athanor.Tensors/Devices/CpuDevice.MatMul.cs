using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

public sealed unsafe partial class CpuDevice
{
    void IKernels.MatMul(in GemmArgs args) => MatMulKernel.Run(this, args);

    void IKernels.SumColumns(in ColumnSumArgs args) => ColumnSumKernel.Run(this, args);
}
