using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

public sealed unsafe partial class CpuDevice
{
    void IKernels.Rotate(in RopeArguments a) => RopeKernel.Rotate(this, a);
}
