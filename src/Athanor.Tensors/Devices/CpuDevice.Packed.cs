using Athanor.Tensors.Blocks;
using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

public sealed unsafe partial class CpuDevice
{
    void IKernels.PackedLinear(PackedMatrix weight, in PackedLinearArgs args) => PackedLinearKernel.Run(this, weight, args);

    void IKernels.PackedRows(PackedMatrix table, int* rows, int count, void* target, DType type) => PackedLinearKernel.Rows(table, rows, count, target, type);
}
