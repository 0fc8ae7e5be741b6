using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

/// <summary>The reverse of broadcasting: sums a gradient over the dimensions along which its operand was repeated.</summary>
internal static class SumTo
{
    /// <summary>
    /// <paramref name="gradient"/> (contiguous) summed to <paramref name="target"/>; the gradient itself when the shapes agree, else F32.
    /// </summary>
    public static unsafe Tensor Shape(Tensor gradient, in Shape target)
    {
        if (gradient.Shape == target)
            return gradient;
        StepScope scope = StepScope.Require();
        int rank = gradient.Shape.Rank, missing = rank - target.Rank;
        // Each run of repeated dimensions is one reduction [outer, run, inner]; dimensions of 1 belong to any run.
        Tensor sum = gradient;
        for (int last = rank - 1; last >= 0; last--)
        {
            if (!Repeated(last, target))
                continue;
            int first = last;
            while (first > 0 && Repeated(first - 1, target))
                first--;
            long outer = 1, length = 1, inner = 1;
            for (int d = 0; d < first; d++)
                outer *= gradient.Shape[d];
            for (int d = first; d <= last; d++)
                length *= gradient.Shape[d];
            // Dimensions behind this run have been summed already where they repeat.
            for (int d = last + 1; d < rank; d++)
                inner *= Repeated(d, target) ? 1 : gradient.Shape[d];
            Tensor next = scope.Allocate(gradient.Device, new Shape(checked((int)(outer * inner))), DType.F32, "a gradient");
            gradient.Kernels.Reduce(ReductionFunction.Sum, new ReductionArguments
            {
                Type = sum.DType,
                Outer = outer,
                Length = length,
                Inner = inner,
                X = sum.Data,
                Y = next.Data,
                YType = DType.F32,
            });
            sum = next;
            last = first;
        }
        return scope.Alias(sum, target, Strides.RowMajor(target), sum.State.Offset);

        bool Repeated(int d, in Shape shape) => d < missing || shape[d - missing] == 1;
    }
}
