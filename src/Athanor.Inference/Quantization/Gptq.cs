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
/// U the upper Cholesky factor of H⁻¹, the error e = (w − q)/U_ii is taken from the later weights as e·U_i,j: at once within a block of inputs, in products of matrices beyond it. Grids of groups are
/// fitted on the weights as they are by then.
/// </summary>
public static class Gptq
{
    /// <summary>Rows that pass through the blocks together, and the most inputs of a block.</summary>
    private const int Rows = 32, Block = 128;

    /// <summary>Rounds a matrix.</summary>
    /// <param name="weights">[rows, columns], row-major.</param>
    /// <param name="moments">H [columns, columns]; any positive factor.</param>
    public static GroupedWeights Quantize(ReadOnlySpan<float> weights, int rows, int columns, ReadOnlySpan<double> moments, GptqOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _ = Check(options.Bits, options.GroupSize, columns);
        return Quantize(weights, rows, GptqFactors.Of(moments, columns, options), options);
    }

    /// <summary>Rounds a matrix of inputs whose factors are known.</summary>
    internal static unsafe GroupedWeights Quantize(ReadOnlySpan<float> weights, int rows, GptqFactors factors, GptqOptions options)
    {
        int columns = factors.Order.Length, group = Check(options.Bits, options.GroupSize, columns), groups = (columns + group - 1) / group;
        var codes = new byte[weights.Length];
        var grids = new GroupGrid[rows * groups];
        var groupOf = new int[columns];
        for (int i = 0; i < columns; i++)
            groupOf[factors.Order[i]] = i / group;
        var work = new double[weights.Length];
        for (int row = 0; row < rows; row++)
        {
            // An input that is always 0 has no say in the output.
            for (int i = 0; i < columns; i++)
                work[row * columns + i] = factors.Unused[i] ? 0 : weights[row * columns + factors.Order[i]];
        }
        Parallel.For(0, (rows + Rows - 1) / Rows, part =>
        {
            int first = part * Rows, count = Math.Min(Rows, rows - first);
            var errors = new double[count * Block];
            for (int start = 0; start < columns;)
            {
                // A group is whole within a block, or starts one: what it is fitted on must be up to date.
                int end = Math.Min(columns, group > Block ? Math.Min(start + Block, start / group * group + group) : start + Block / group * group), width = end - start;
                for (int i = 0; i < count; i++)
                {
                    int row = first + i;
                    Inputs(work.AsSpan(row * columns, columns), start, end, factors, group, options, codes.AsSpan(row * columns, columns), grids.AsSpan(row * groups, groups), errors.AsSpan(i * Block, width));
                }
                if (factors.Upper is not null)
                {
                    fixed (double* w = work, e = errors, u = factors.Upper)
                        Fp64Product.Subtract(w + (long)first * columns + end, columns, e, Block, u + (long)start * columns + end, columns, count, columns - end, width);
                }
                start = end;
            }
        });
        return new GroupedWeights(codes, grids, groupOf, factors.Damping);
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

    private static void Inputs(Span<double> work, int start, int end, GptqFactors factors, int group, GptqOptions options, Span<byte> codes, Span<GroupGrid> grids, Span<double> errors)
    {
        int columns = work.Length;
        for (int i = start; i < end; i++)
        {
            if (i % group == 0)
                grids[i / group] = GroupGrid.Fit(work[i..Math.Min(columns, i + group)], options.Bits, options.Symmetric);
            GroupGrid grid = grids[i / group];
            int code = grid.Code(work[i]);
            codes[factors.Order[i]] = (byte)code;
            if (factors.Upper is null)
                continue;
            ReadOnlySpan<double> row = factors.Upper.AsSpan(i * columns, columns);
            errors[i - start] = (work[i] - grid.Value(code)) / row[i];
            Subtract(work[(i + 1)..end], row[(i + 1)..end], errors[i - start]);
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
