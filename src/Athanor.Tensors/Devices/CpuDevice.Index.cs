using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

public sealed unsafe partial class CpuDevice
{
    void IKernels.CheckIndices(int* indices, long count, int limit, string what) => IndexOrder.Check(indices, count, limit, what);

    void IKernels.IndexSelect(in IndexSelectArgs args) => IndexSelectKernel.Forward(this, args);

    void IKernels.IndexAdd(in IndexSelectArgs args) => IndexSelectKernel.Add(this, args);

    void IKernels.Gather(in GatherArgs args) => GatherKernel.Forward(this, args);

    void IKernels.ScatterAdd(in GatherArgs args) => GatherKernel.ScatterAdd(this, args);

    void IKernels.Sort(in SortArgs args) => SortKernel.Run(this, args);

    void IKernels.CumulativeSum(in CumulativeSumArgs args) => CumulativeSumKernel.Run(this, args);
}
