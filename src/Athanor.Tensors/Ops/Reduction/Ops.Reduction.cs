using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

public static partial class Ops
{
    /// <summary>The sum of all elements, or along the given axes; F32.</summary>
    /// <param name="axes">Dimensions to sum over, negative ones from the last; none means all.</param>
    /// <param name="keepDims">Leaves the summed dimensions with extent 1.</param>
    public static Tensor Sum(this Tensor x, ReadOnlySpan<int> axes = default, bool keepDims = false) => Reduce(x, ReductionFunction.Sum, axes, keepDims);

    /// <summary>The mean of all elements, or along the given axes; F32.</summary>
    public static Tensor Mean(this Tensor x, ReadOnlySpan<int> axes = default, bool keepDims = false) => Reduce(x, ReductionFunction.Mean, axes, keepDims);

    /// <summary>The largest element, or the largest along the given axes; F32. NaN wins; the gradient goes to the first of equals.</summary>
    public static Tensor Max(this Tensor x, ReadOnlySpan<int> axes = default, bool keepDims = false) => Reduce(x, ReductionFunction.Max, axes, keepDims);

    /// <summary>The smallest element, or the smallest along the given axes; F32. NaN wins; the gradient goes to the first of equals.</summary>
    public static Tensor Min(this Tensor x, ReadOnlySpan<int> axes = default, bool keepDims = false) => Reduce(x, ReductionFunction.Min, axes, keepDims);

    /// <summary>The sum of squares of all elements, or along the given axes; F32.</summary>
    public static Tensor SumOfSquares(this Tensor x, ReadOnlySpan<int> axes = default, bool keepDims = false) => Reduce(x, ReductionFunction.SumOfSquares, axes, keepDims);

    /// <summary>The variance of all elements, or along the given axes; F32.</summary>
    /// <param name="correction">Subtracted from the count in the divisor: 1 for the unbiased estimate, 0 for the mean squared deviation.</param>
    public static Tensor Variance(this Tensor x, ReadOnlySpan<int> axes = default, bool keepDims = false, int correction = 1) => Reduce(x, ReductionFunction.Variance, axes, keepDims, correction);

    /// <summary>ln Σ e^x over all elements, or along the given axes; F32.</summary>
    public static Tensor LogSumExp(this Tensor x, ReadOnlySpan<int> axes = default, bool keepDims = false) => Reduce(x, ReductionFunction.LogSumExp, axes, keepDims);

    /// <summary>The position of the first largest element along one axis; I32. The first NaN wins.</summary>
    public static Tensor ArgMax(this Tensor x, int axis = -1, bool keepDims = false) => Arg(x, axis, keepDims, largest: true);

    /// <summary>The position of the first smallest element along one axis; I32. The first NaN wins.</summary>
    public static Tensor ArgMin(this Tensor x, int axis = -1, bool keepDims = false) => Arg(x, axis, keepDims, largest: false);

    private static unsafe Tensor Reduce(Tensor x, ReductionFunction function, ReadOnlySpan<int> axes, bool keepDims, float correction = 0)
    {
        RequireFloating(x, "A reduction", nameof(x));
        x = Grouped(x, axes, keepDims, out Shape shape, out ReductionArguments arguments);
        bool extreme = function is ReductionFunction.Max or ReductionFunction.Min;
        if (extreme && arguments.Length == 0)
            throw new ArgumentException($"The largest or smallest element of an empty dimension of {x} does not exist.");
        StepScope scope = StepScope.Require();
        Tensor y = scope.Allocate(x.Device, shape, DType.F32, "a reduction");
        arguments.Y = y.Data;
        arguments.YType = DType.F32;
        arguments.Correction = correction;
        x.Kernels.Reduce(function, arguments);
        if (StepScope.Record<ReductionNode>(x.RequiresGrad) is { } node)
        {
            Tensor index = default;
            if (extreme)
            {
                index = scope.Allocate(x.Device, shape, DType.I32, "a reduction");
                x.Kernels.ArgExtreme(function == ReductionFunction.Max, arguments with { Index = (int*)index.Data });
            }
            node.Begin(function, x, y, index, arguments);
        }
        return y;
    }

    private static unsafe Tensor Arg(Tensor x, int axis, bool keepDims, bool largest)
    {
        RequireFloating(x, "ArgMax", nameof(x));
        x = Grouped(x.Detach(), [axis], keepDims, out Shape shape, out ReductionArguments arguments);
        if (arguments.Length == 0)
            throw new ArgumentException($"The largest or smallest element of an empty dimension of {x} does not exist.");
        Tensor index = StepScope.Require().Allocate(x.Device, shape, DType.I32, "a reduction");
        arguments.Index = (int*)index.Data;
        x.Kernels.ArgExtreme(largest, arguments);
        return index;
    }

    /// <summary>x such that the reduced axes are neighbours, contiguous, and seen as [Outer, Length, Inner].</summary>
    private static unsafe Tensor Grouped(Tensor x, ReadOnlySpan<int> axes, bool keepDims, out Shape result, out ReductionArguments arguments)
    {
        int rank = x.Shape.Rank, reduced = 0;
        foreach (int axis in axes)
        {
            int bit = 1 << x.Shape.Index(axis);
            if ((reduced & bit) != 0)
                throw new ArgumentException($"A reduction of {x} names axis {axis} twice.");
            reduced |= bit;
        }
        if (axes.IsEmpty)
            reduced = (1 << rank) - 1;
        Span<int> extents = stackalloc int[Shape.MaxRank], order = stackalloc int[Shape.MaxRank];
        int kept = 0, count = 0, first = -1, last = -1;
        for (int d = 0; d < rank; d++)
        {
            bool isReduced = (reduced >> d & 1) != 0;
            if (!isReduced)
                order[kept++] = d;
            else
                (first, last) = (first < 0 ? d : first, d);
            if (!isReduced || keepDims)
                extents[count++] = isReduced ? 1 : x.Shape[d];
        }
        result = new Shape(extents[..count]);
        bool neighbours = first < 0 || last - first + 1 == rank - kept;
        if (!neighbours)
        {
            int at = kept;
            for (int d = 0; d < rank; d++)
            {
                if ((reduced >> d & 1) != 0)
                    order[at++] = d;
            }
            x = x.Permute(order[..rank]);
            (first, last) = (kept, rank - 1);
        }
        x = x.Contiguous();
        arguments = new ReductionArguments { Type = x.DType, Outer = 1, Length = 1, Inner = 1, X = x.Data };
        for (int d = 0; d < rank; d++)
        {
            if (first < 0 || d < first)
                arguments.Outer *= x.Shape[d];
            else if (d <= last)
                arguments.Length *= x.Shape[d];
            else
                arguments.Inner *= x.Shape[d];
        }
        return x;
    }
}
