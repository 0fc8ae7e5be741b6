using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Athanor.Tensors;

namespace Athanor.Inference.Quantization;

/// <summary>
/// AWQ (arXiv 2306.00978): inputs with large activations matter more, so their weights are scaled up before rounding and the input down. s = (mean |x|)^α with the α of least error of the outputs
/// on calibration inputs; each group's range is clipped where that lessens the error.
/// </summary>
internal static class Awq
{
    private const int Grid = 20, ClipRows = 64;
    private const double MostShrink = 0.5;

    /// <summary>The scales of the inputs of a matrix.</summary>
    /// <param name="weights">[outputs, columns].</param>
    /// <param name="inputs">[samples, columns].</param>
    /// <param name="shared">The first column of those that must have the same scale, for each column; null where each has its own.</param>
    public static float[] Scales(Device device, float[] weights, float[] inputs, int columns, int group, int bits, int[]? shared)
    {
        double[] mean = Mean(inputs, columns, shared);
        float[] best = new float[columns];
        Array.Fill(best, 1f);
        double least = double.PositiveInfinity;
        var difference = new float[weights.Length];
        for (int step = 0; step < Grid; step++)
        {
            double alpha = step / (double)Grid;
            float[] scales = [.. mean.Select(value => (float)Math.Max(Math.Pow(value, alpha), 1e-4))];
            float norm = MathF.Sqrt(scales.Max() * scales.Min());
            for (int i = 0; i < columns; i++)
                scales[i] /= norm;
            Parallel.For(0, weights.Length / columns, row => Lost(weights.AsSpan(row * columns, columns), scales, difference.AsSpan(row * columns, columns), group, bits));
            double error = Error(device, difference, inputs, columns);
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
            var part = new double[group];
            var difference = new float[group];
            for (int g = 0; g < groups; g++)
            {
                int first = g * group, count = Math.Min(group, columns - first);
                for (int i = 0; i < count; i++)
                    part[i] = weights[row * columns + first + i];
                GroupGrid grid = GroupGrid.Fit(part.AsSpan(0, count), bits, symmetric: false);
                double least = clip ? OutputError(part.AsSpan(0, count), grid, inputs, columns, first, step, difference) : 0;
                for (int shrink = 1; clip && shrink < Grid * MostShrink; shrink++)
                {
                    GroupGrid clipped = GroupGrid.Fit(part.AsSpan(0, count), bits, symmetric: false, 1 - shrink / (double)Grid);
                    double error = OutputError(part.AsSpan(0, count), clipped, inputs, columns, first, step, difference);
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

    private static double[] Mean(float[] inputs, int columns, int[]? shared)
    {
        var mean = new double[columns];
        var count = new double[columns];
        for (int start = 0; start < inputs.Length; start += columns)
        {
            for (int i = 0; i < columns; i++)
                mean[shared?[i] ?? i] += Math.Abs(inputs[start + i]);
        }
        for (int i = 0; i < columns; i++)
            count[shared?[i] ?? i] += Math.Max(1, inputs.Length / columns);
        // Channels that are never used neither scale nor divide.
        return [.. Enumerable.Range(0, columns).Select(i => shared?[i] ?? i).Select(i => Math.Max(mean[i] / count[i], 1e-5))];
    }

    // What a row loses by rounding under the scales.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Lost(ReadOnlySpan<float> row, ReadOnlySpan<float> scales, Span<float> difference, int group, int bits)
    {
        int lanes = Vector512<float>.Count;
        for (int first = 0; first < row.Length; first += group)
        {
            int end = Math.Min(first + group, row.Length), i = first;
            Vector512<float> low = default, high = default;
            float least = 0, largest = 0;
            for (; i + lanes <= end; i += lanes)
            {
                Vector512<float> x = Vector512.Create(row[i..]) * Vector512.Create(scales[i..]);
                (low, high) = (Vector512.Min(low, x), Vector512.Max(high, x));
            }
            for (; i < end; i++)
                (least, largest) = (Math.Min(least, row[i] * scales[i]), Math.Max(largest, row[i] * scales[i]));
            for (int lane = 0; lane < lanes; lane++)
                (least, largest) = (Math.Min(least, low[lane]), Math.Max(largest, high[lane]));
            GroupGrid grid = GroupGrid.Of(least, largest, bits, symmetric: false);
            float inverse = 1 / grid.Scale;
            Vector512<float> bottom = Vector512.Create((float)-grid.Zero), top = Vector512.Create((float)(grid.Most - grid.Zero));
            for (i = first; i + lanes <= end; i += lanes)
            {
                Vector512<float> w = Vector512.Create(row[i..]), s = Vector512.Create(scales[i..]);
                Vector512<float> code = Vector512.Min(Vector512.Max(Vector512.Round(w * s * inverse), bottom), top);
                (w - code * grid.Scale / s).CopyTo(difference[i..]);
            }
            for (; i < end; i++)
                difference[i] = row[i] - Math.Clamp(MathF.Round(row[i] * scales[i] * inverse), -grid.Zero, grid.Most - grid.Zero) * grid.Scale / scales[i];
        }
    }

    private static double Error(Device device, float[] difference, float[] inputs, int columns)
    {
        using StepScope scope = StepScope.Begin(device, record: false);
        Tensor x = Tensor.From(device, new Shape(inputs.Length / columns, columns), inputs), w = Tensor.From(device, new Shape(difference.Length / columns, columns), difference);
        float[] outputs = Ops.Linear(x, w).ToArray();
        double sum = 0;
        for (int row = 0, length = difference.Length / columns; row < outputs.Length; row += length)
            sum += Dot(outputs.AsSpan(row, length), outputs.AsSpan(row, length));
        return sum;
    }

    private static double OutputError(ReadOnlySpan<double> part, GroupGrid grid, float[] inputs, int columns, int first, int step, float[] difference)
    {
        for (int i = 0; i < part.Length; i++)
            difference[i] = (float)(part[i] - grid.Value(grid.Code(part[i])));
        double sum = 0;
        for (int sample = 0; sample < inputs.Length / columns; sample += step)
        {
            double dot = Dot(inputs.AsSpan(sample * columns + first, part.Length), difference.AsSpan(0, part.Length));
            sum += dot * dot;
        }
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        int lanes = Vector512<float>.Count, i = 0;
        Vector512<float> even = default, odd = default;
        for (; i + 2 * lanes <= a.Length; i += 2 * lanes)
        {
            even = Vector512.FusedMultiplyAdd(Vector512.Create(a[i..]), Vector512.Create(b[i..]), even);
            odd = Vector512.FusedMultiplyAdd(Vector512.Create(a[(i + lanes)..]), Vector512.Create(b[(i + lanes)..]), odd);
        }
        double sum = Vector512.Sum(even + odd);
        for (; i < a.Length; i++)
            sum += (double)a[i] * b[i];
        return sum;
    }
}
