using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

internal unsafe partial interface IKernels
{
    /// <inheritdoc cref="SoftmaxArguments"/>
    void Softmax(in SoftmaxArguments a);

    /// <inheritdoc cref="SoftmaxArguments"/>
    void SoftmaxBackward(in SoftmaxArguments a);
}
