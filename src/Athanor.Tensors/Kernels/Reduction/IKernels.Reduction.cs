using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

internal unsafe partial interface IKernels
{
    /// <inheritdoc cref="ReductionArguments"/>
    void Reduce(ReductionFunction function, in ReductionArguments a);

    /// <inheritdoc cref="ReductionArguments"/>
    void ReduceBackward(ReductionFunction function, in ReductionArguments a);

    /// <summary>Index = first position of the largest or smallest element.</summary>
    void ArgExtreme(bool largest, in ReductionArguments a);
}
