using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

internal unsafe partial interface IKernels
{
    /// <inheritdoc cref="NormForward"/>
    void RmsNorm(in NormForward a);

    /// <inheritdoc cref="NormBackward"/>
    void RmsNormBackward(in NormBackward a);

    /// <inheritdoc cref="NormForward"/>
    void LayerNorm(in NormForward a);

    /// <inheritdoc cref="NormBackward"/>
    void LayerNormBackward(in NormBackward a);
}
