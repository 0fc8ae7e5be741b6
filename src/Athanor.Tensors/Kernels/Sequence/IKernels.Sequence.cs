using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

internal partial interface IKernels
{
    void CausalConvForward(in CausalConvArgs args);
    void CausalConvBackward(in CausalConvArgs args);
    void SelectiveScanForward(in SelectiveScanArgs args);
    void SelectiveScanBackward(in SelectiveScanArgs args);
}
