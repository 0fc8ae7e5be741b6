using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

public sealed unsafe partial class CpuDevice
{
    void IKernels.RmsNorm(in NormForward a) => NormKernel.RmsForward(this, a);

    void IKernels.RmsNormBackward(in NormBackward a) => NormKernel.RmsBackward(this, a);

    void IKernels.LayerNorm(in NormForward a) => NormKernel.LayerForward(this, a);

    void IKernels.LayerNormBackward(in NormBackward a) => NormKernel.LayerBackward(this, a);
}
