using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

public sealed partial class CpuDevice
{
    void IKernels.CausalConvForward(in CausalConvArgs args) => CausalConvKernel.Forward(this, args);

    void IKernels.CausalConvBackward(in CausalConvArgs args) => CausalConvKernel.Backward(this, args);

    void IKernels.SelectiveScanForward(in SelectiveScanArgs args) => SelectiveScanKernel.Forward(this, args);

    void IKernels.SelectiveScanBackward(in SelectiveScanArgs args) => SelectiveScanKernel.Backward(this, args);
}
