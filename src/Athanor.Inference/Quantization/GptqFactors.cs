namespace Athanor.Inference.Quantization;

/// <summary>What GPTQ needs to know of the inputs of a matrix; matrices that read the same share it.</summary>
/// <param name="Order">The input that comes at each place.</param>
/// <param name="Unused">By place: the input is always 0.</param>
/// <param name="Upper">U, H⁻¹ = Uᵀ·U, in that order; null where no damping makes one.</param>
/// <param name="Damping">The share of the mean diagonal that it took; null likewise.</param>
internal sealed record GptqFactors(int[] Order, bool[] Unused, double[]? Upper, double? Damping)
{
    private const double LargestDamping = 1;

    /// <param name="moments">H [columns, columns]; any positive factor.</param>
    public static GptqFactors Of(ReadOnlySpan<double> moments, int columns, GptqOptions options)
    {
        double[] diagonal = new double[columns];
        for (int i = 0; i < columns; i++)
            diagonal[i] = moments[i * columns + i];
        int[] order = [.. Enumerable.Range(0, columns)];
        if (options.ActOrder)
            order = [.. order.OrderByDescending(i => double.IsFinite(diagonal[i]) ? diagonal[i] : 0)];
        // Last place first: with that matrix factored as L·Lᵀ, U is L⁻¹ turned round again, for H = R·Rᵀ with R upper gives H⁻¹ = R⁻ᵀ·R⁻¹.
        var turned = new double[columns * columns];
        for (int i = 0; i < columns; i++)
        {
            for (int j = 0; j <= i; j++)
                turned[i * columns + j] = moments[order[columns - 1 - i] * columns + order[columns - 1 - j]];
        }
        (double[]? upper, double? damping) = Factor(turned, columns, options.Damping);
        return new GptqFactors(order, [.. order.Select(i => diagonal[i] == 0 && upper is not null)], upper, damping);
    }

    // Damping is raised until the factors exist: few or alike calibration texts make H singular.
    private static (double[]? Upper, double? Damping) Factor(double[] moments, int size, double damping)
    {
        double mean = 0;
        for (int i = 0; i < size; i++)
        {
            if (moments[i * size + i] == 0)
                moments[i * size + i] = 1;
            mean += moments[i * size + i] / size;
        }
        for (; double.IsFinite(mean) && mean > 0 && damping <= LargestDamping; damping = Math.Max(damping * 10, 1e-4))
        {
            double[] damped = [.. moments];
            for (int i = 0; i < size; i++)
                damped[i * size + i] += damping * mean;
            if (!Cholesky.Factor(damped, size))
                continue;
            double[] upper = Cholesky.Invert(damped, size);
            upper.AsSpan().Reverse();
            return (upper, damping);
        }
        return (null, null);
    }
}
