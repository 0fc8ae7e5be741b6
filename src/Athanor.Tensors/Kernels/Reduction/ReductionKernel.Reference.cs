namespace Athanor.Tensors.Kernels;

internal static unsafe partial class ReductionKernel
{
    private static void ForwardReference(ReductionFunction function, in ReductionArguments a)
    {
        var y = new Cells(a.Y, a.YType);
        for (long o = 0; o < a.Outer; o++)
        {
            for (long i = 0; i < a.Inner; i++)
                y[o * a.Inner + i] = Value(function, a, o * a.Length * a.Inner + i);
        }
    }

    private static double Value(ReductionFunction function, in ReductionArguments a, long start)
    {
        var x = new Cells(a.X, a.Type);
        double sum = 0, squares = 0, most = double.NegativeInfinity, least = double.PositiveInfinity;
        for (long k = 0; k < a.Length; k++)
        {
            double value = x[start + k * a.Inner];
            sum += value;
            squares += value * value;
            most = Math.Max(most, value);
            least = Math.Min(least, value);
        }
        double mean = sum / a.Length, deviations = 0, exponentials = 0, shift = double.IsInfinity(most) ? 0 : most;
        for (long k = 0; k < a.Length; k++)
        {
            double value = x[start + k * a.Inner];
            deviations += (value - mean) * (value - mean);
            exponentials += Math.Exp(value - shift);
        }
        return function switch
        {
            ReductionFunction.Sum => sum,
            ReductionFunction.Mean => mean,
            ReductionFunction.Max => most,
            ReductionFunction.Min => least,
            ReductionFunction.SumOfSquares => squares,
            ReductionFunction.Variance => deviations / (a.Length - a.Correction),
            _ => shift + Math.Log(exponentials),
        };
    }

    private static void BackwardReference(ReductionFunction function, in ReductionArguments a)
    {
        Cells x = new(a.X, a.Type), dy = new(a.DY, a.YType), dx = new(a.DX, a.Type);
        for (long o = 0; o < a.Outer; o++)
        {
            for (long i = 0; i < a.Inner; i++)
            {
                long start = o * a.Length * a.Inner + i;
                double upstream = dy[o * a.Inner + i];
                double statistic = function switch
                {
                    ReductionFunction.Variance => Value(ReductionFunction.Mean, a, start),
                    ReductionFunction.LogSumExp => Value(ReductionFunction.LogSumExp, a, start),
                    _ => 0,
                };
                for (long k = 0; k < a.Length; k++)
                {
                    double value = a.X == null ? 0 : x[start + k * a.Inner];
                    dx[start + k * a.Inner] = upstream * function switch
                    {
                        ReductionFunction.Sum => 1,
                        ReductionFunction.Mean => 1.0 / a.Length,
                        ReductionFunction.SumOfSquares => 2 * value,
                        ReductionFunction.Variance => 2 * (value - statistic) / (a.Length - a.Correction),
                        _ => Math.Exp(value - statistic),
                    };
                }
            }
        }
    }
}
