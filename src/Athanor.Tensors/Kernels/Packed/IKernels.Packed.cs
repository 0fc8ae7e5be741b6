using Athanor.Tensors.Blocks;
using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

internal unsafe partial interface IKernels
{
    /// <summary>Y = X · Wᵀ + Bias with packed W.</summary>
    void PackedLinear(PackedMatrix weight, in PackedLinearArgs args);

    /// <summary>Decodes rows of a packed table.</summary>
    void PackedRows(PackedMatrix table, int* rows, int count, void* target, DType type);
}
