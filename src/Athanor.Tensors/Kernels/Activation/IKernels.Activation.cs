using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

internal unsafe partial interface IKernels
{
    /// <inheritdoc cref="GatedArguments"/>
    void Gated(GateFunction function, in GatedArguments a);

    /// <inheritdoc cref="GatedArguments"/>
    void GatedBackward(GateFunction function, in GatedArguments a);
}
