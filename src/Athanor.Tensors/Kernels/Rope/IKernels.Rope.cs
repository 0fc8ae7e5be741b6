using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

internal unsafe partial interface IKernels
{
    /// <inheritdoc cref="RopeArguments"/>
    void Rotate(in RopeArguments a);
}
