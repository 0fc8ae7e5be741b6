using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

public sealed unsafe partial class CpuDevice
{
    void IKernels.Softmax(in SoftmaxArguments a) => SoftmaxKernel.Forward(this, a);

    void IKernels.SoftmaxBackward(in SoftmaxArguments a) => SoftmaxKernel.Backward(this, a);
}
