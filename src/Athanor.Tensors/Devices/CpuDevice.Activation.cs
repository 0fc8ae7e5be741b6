using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

public sealed unsafe partial class CpuDevice
{
    void IKernels.Gated(GateFunction function, in GatedArguments a) => GatedKernel.Forward(this, function, a);

    void IKernels.GatedBackward(GateFunction function, in GatedArguments a) => GatedKernel.Backward(this, function, a);
}
