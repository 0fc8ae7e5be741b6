using System.Numerics;
using System.Runtime.InteropServices;

namespace Athanor.Inference.Quantization;

/// <summary>Settings of GPTQ.</summary>
public sealed record GptqOptions
{
    /// <summary>Bits of a weight: 2, 4 or 8.</summary>
    public int Bits { get; init; } = 4;

    /// <summary>Inputs that share a scale; −1 for all of a row.</summary>
    public int GroupSize { get; init; } = 128;

    /// <summary>Inputs of large activations are rounded first, while others can still make up for it.</summary>
    public bool ActOrder { get; init; } = true;

    /// <summary>The code of 0 is the middle one; else each group has its own.</summary>
    public bool Symmetric { get; init; } = true;

    /// <summary>Share of the mean diagonal that is added to the diagonal.</summary>
    public double Damping { get; init; } = 0.01;
}

/// <summary>A matrix that GPTQ or AWQ rounded.</summary>
/// <param name="Codes">q [rows, columns].</param>
/// <param name="Grids">[rows, groups].</param>
/// <param name="GroupOf">The group of each input.</param>
/// <param name="Damping">The damping that was used; null where the inputs did not allow any, and each weight was rounded to nearest.</param>
public sealed record GroupedWeights(byte[] Codes, GroupGrid[] Grids, int[] GroupOf, double? Damping)
{
    /// <summary>Groups of a row.</summary>
    public int Groups(int rows) => Grids.Length / rows;

    /// <summary>The weights that the codes stand for.</summary>
    public void Decode(int rows, Span<float> weights)
    {
        int columns = GroupOf.Length, groups = Groups(rows);
        for (int row = 0; row < rows; row++)
        {
            for (int i = 0; i < columns; i++)
                weights[row * columns + i] = Grids[row * groups + GroupOf[i]].Value(Codes[row * columns + i]);
        }
    }
}

/// <summary>
/// GPTQ (arXiv 2210.17323): weights are rounded input by input, and what is lost by each is made up for by those that follow, by the second moments H = Σ x·xᵀ of the inputs. With
/// U the upper Cholesky factor of H⁻¹, the error e = (w − q)/U_ii is taken from the later weights as e·U_i,j. Grids of groups are fitted on the weights as they are by then.
/// </summary>
public static class Gptq
{
    private const double LargestDamping = 1;

    /// <summary>Rounds a matrix.</summary>
    /// <param name="weights">[rows, columns], row-major.</param>
    /// <param name="moments">H [columns, columns]; any positive factor.</param>
    public static GroupedWeights Quantize(ReadOnlySpan<float> weights, int rows, int columns, ReadOnlySpan<double> moments, GptqOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        int group = Check(options.Bits, options.GroupSize, columns);
        double[] diagonal = new double[columns];
        for (int i = 0; i < columns; i++)
            diagonal[i] = moments[i * columns + i];
        int[] order = [.. Enumerable.Range(0, columns)];
        if (options.ActOrder)
            order = [.. order.OrderByDescending(i => double.IsFinite(diagonal[i]) ? diagonal[i] : 0)];
        var permuted = new double[columns * columns];
        for (int i = 0; i < columns; i++)
        {
            for (int j = 0; j < columns; j++)
                permuted[i * columns + j] = moments[order[i] * columns + order[j]];
        }
        (double[]? upper, double? damping) = Factor(permuted, columns, options.Damping);
        int groups = (columns + group - 1) / group;
        var codes = new byte[weights.Length];
        var grids = new GroupGrid[rows * groups];
        var groupOf = new int[columns];
        for (int i = 0; i < columns; i++)
            groupOf[order[i]] = i / group;
        double[] work = new double[weights.Length];
        for (int row = 0; row < rows; row++)
        {
            for (int i = 0; i < columns; i++)
            {
                // An input that is always 0 has no say in the output.
                work[row * columns + i] = diagonal[order[i]] == 0 && upper is not null ? 0 : weights[row * columns + order[i]];
            }
        }
        Parallel.For(0, rows, row => Row(work.AsSpan(row * columns, columns), upper, order, group, options, codes.AsSpan(row * columns, columns), grids.AsSpan(row * groups, groups)));
        return new GroupedWeights(codes, grids, groupOf, damping);
    }

    /// <summary>Inputs in a group.</summary>
    /// <exception cref="ArgumentException">The bits or the group are impossible.</exception>
    internal static int Check(int bits, int groupSize, int columns)
    {
        if (bits is not (2 or 4 or 8))
            throw new ArgumentException($"Weights of {bits} bits have no packing; 2, 4 and 8 have.");
        if (groupSize is not -1 && (groupSize < 8 || groupSize % 8 != 0))
            throw new ArgumentException($"A group of {groupSize} inputs cannot be stored; give a multiple of 8 (128 is usual), or -1 for whole rows.");
        return groupSize is -1 ? columns : Math.Min(groupSize, columns);
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
            double[] inverse = Cholesky.Inverse(damped, size);
            if (!Cholesky.Factor(inverse, size))
                continue;
            // Its rows are wanted: U = Lᵀ.
            var upper = new double[inverse.Length];
            for (int i = 0; i < size; i++)
            {
                for (int j = i; j < size; j++)
                    upper[i * size + j] = inverse[j * size + i];
            }
            return (upper, damping);
        }
        return (null, null);
    }

    private static void Row(Span<double> work, double[]? upper, int[] order, int group, GptqOptions options, Span<byte> codes, Span<GroupGrid> grids)
    {
        int columns = work.Length;
        for (int i = 0; i < columns; i++)
        {
            if (i % group == 0)
                grids[i / group] = GroupGrid.Fit(work[i..Math.Min(columns, i + group)], options.Bits, options.Symmetric);
            GroupGrid grid = grids[i / group];
            int code = grid.Code(work[i]);
            codes[order[i]] = (byte)code;
            if (upper is null)
                continue;
            ReadOnlySpan<double> factors = upper.AsSpan(i * columns, columns);
            Subtract(work[(i + 1)..], factors[(i + 1)..], (work[i] - grid.Value(code)) / factors[i]);
        }
    }

    private static void Subtract(Span<double> target, ReadOnlySpan<double> values, double factor)
    {
        Span<Vector<double>> wide = MemoryMarshal.Cast<double, Vector<double>>(target);
        ReadOnlySpan<Vector<double>> wideValues = MemoryMarshal.Cast<double, Vector<double>>(values);
        for (int i = 0; i < wide.Length; i++)
            wide[i] -= wideValues[i] * factor;
        for (int i = wide.Length * Vector<double>.Count; i < target.Length; i++)
            target[i] -= values[i] * factor;
    }
}
