using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

public sealed unsafe partial class CpuDevice
{
    void IKernels.Reduce(ReductionFunction function, in ReductionArguments a) => ReductionKernel.Forward(this, function, a);

    void IKernels.ReduceBackward(ReductionFunction function, in ReductionArguments a) => ReductionKernel.Backward(this, function, a);

    void IKernels.ArgExtreme(bool largest, in ReductionArguments a) => ReductionKernel.ArgExtreme(this, largest, a);
}
