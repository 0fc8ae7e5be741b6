using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

internal unsafe partial interface IKernels
{
    /// <summary>Throws when an index lies outside 0 … limit − 1.</summary>
    void CheckIndices(int* indices, long count, int limit, string what);

    void IndexSelect(in IndexSelectArgs args);
    void IndexAdd(in IndexSelectArgs args);
    void Gather(in GatherArgs args);
    void ScatterAdd(in GatherArgs args);
    void Sort(in SortArgs args);
    void CumulativeSum(in CumulativeSumArgs args);
}
