using Athanor.Tensors;

namespace Athanor.Inference.Quantization;

/// <summary>
/// AWQ (arXiv 2306.00978): inputs with large activations matter more, so their weights are scaled up before rounding and the input down. s = (mean |x|)^α with the α of least error of the outputs
/// on calibration inputs, then each group's range is clipped where that lessens the error.
/// </summary>
internal static class Awq
{
    private const int Grid = 20, ClipRows = 64;
    private const double MostShrink = 0.5;

    /// <summary>The scales of the inputs of matrices that read the same.</summary>
    /// <param name="weights">[outputs, columns] each.</param>
    /// <param name="inputs">[samples, columns].</param>
    public static float[] Scales(Device device, IReadOnlyList<float[]> weights, float[] inputs, int columns, int group, int bits)
    {
        float[] mean = Mean(inputs, columns), best = new float[columns];
        Array.Fill(best, 1f);
        double least = double.PositiveInfinity;
        for (int step = 0; step < Grid; step++)
        {
            double alpha = step / (double)Grid;
            float[] scales = [.. mean.Select(value => (float)Math.Max(Math.Pow(value, alpha), 1e-4))];
            float norm = MathF.Sqrt(scales.Max() * scales.Min());
            for (int i = 0; i < columns; i++)
                scales[i] /= norm;
            double error = weights.Sum(matrix => Error(device, matrix, Rounded(matrix, scales, columns, group, bits), inputs, columns));
            if (error < least)
                (least, best) = (error, scales);
        }
        return best;
    }

    /// <summary>Rounds a matrix to nearest in groups, each clipped where that lessens the error of its part of the output.</summary>
    /// <param name="clip">Whether ranges may be clipped; AWQ leaves queries and keys alone.</param>
    public static GroupedWeights Quantize(float[] weights, int rows, int columns, float[] inputs, int group, int bits, bool clip)
    {
        int groups = (columns + group - 1) / group, samples = inputs.Length / columns, step = Math.Max(1, samples / ClipRows);
        var codes = new byte[weights.Length];
        var grids = new GroupGrid[rows * groups];
        Parallel.For(0, rows, row =>
        {
            for (int g = 0; g < groups; g++)
            {
                int first = g * group, count = Math.Min(group, columns - first);
                double[] part = [.. weights.AsSpan(row * columns + first, count).ToArray().Select(weight => (double)weight)];
                GroupGrid grid = GroupGrid.Fit(part, bits, symmetric: false);
                double least = clip ? OutputError(part, grid, inputs, columns, first, step) : 0;
                for (int shrink = 1; clip && shrink < Grid * MostShrink; shrink++)
                {
                    GroupGrid clipped = GroupGrid.Fit(part, bits, symmetric: false, 1 - shrink / (double)Grid);
                    double error = OutputError(part, clipped, inputs, columns, first, step);
                    if (error < least)
                        (least, grid) = (error, clipped);
                }
                grids[row * groups + g] = grid;
                for (int i = 0; i < count; i++)
                    codes[row * columns + first + i] = (byte)grid.Code(part[i]);
            }
        });
        return new GroupedWeights(codes, grids, [.. Enumerable.Range(0, columns).Select(i => i / group)], null);
    }

    private static float[] Mean(float[] inputs, int columns)
    {
        var mean = new float[columns];
        for (int i = 0; i < inputs.Length; i++)
            mean[i % columns] += MathF.Abs(inputs[i]);
        int samples = Math.Max(1, inputs.Length / columns);
        // Channels that are never used neither scale nor divide.
        return [.. mean.Select(sum => Math.Max(sum / samples, 1e-5f))];
    }

    private static float[] Rounded(float[] weights, float[] scales, int columns, int group, int bits)
    {
        var rounded = new float[weights.Length];
        Parallel.For(0, weights.Length / columns, row =>
        {
            var part = new double[group];
            for (int first = 0; first < columns; first += group)
            {
                int count = Math.Min(group, columns - first), at = row * columns + first;
                for (int i = 0; i < count; i++)
                    part[i] = weights[at + i] * scales[first + i];
                GroupGrid grid = GroupGrid.Fit(part.AsSpan(0, count), bits, symmetric: false);
                for (int i = 0; i < count; i++)
                    rounded[at + i] = grid.Value(grid.Code(part[i])) / scales[first + i];
            }
        });
        return rounded;
    }

    private static double Error(Device device, float[] weights, float[] rounded, float[] inputs, int columns)
    {
        using StepScope scope = StepScope.Begin(device, record: false);
        var difference = new float[weights.Length];
        for (int i = 0; i < weights.Length; i++)
            difference[i] = weights[i] - rounded[i];
        Tensor x = Tensor.From(device, new Shape(inputs.Length / columns, columns), inputs), w = Tensor.From(device, new Shape(weights.Length / columns, columns), difference);
        double sum = 0;
        foreach (float value in Ops.Linear(x, w).ToArray())
            sum += (double)value * value;
        return sum;
    }

    private static double OutputError(double[] part, GroupGrid grid, float[] inputs, int columns, int first, int step)
    {
        Span<float> difference = part.Length <= 1024 ? stackalloc float[part.Length] : new float[part.Length];
        for (int i = 0; i < part.Length; i++)
            difference[i] = (float)(part[i] - grid.Value(grid.Code(part[i])));
        double sum = 0;
        for (int sample = 0; sample < inputs.Length / columns; sample += step)
        {
            ReadOnlySpan<float> x = inputs.AsSpan(sample * columns + first, part.Length);
            float dot = 0;
            for (int i = 0; i < x.Length; i++)
                dot += x[i] * difference[i];
            sum += dot * dot;
        }
        return sum;
    }
}
