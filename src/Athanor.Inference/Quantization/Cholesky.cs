namespace Athanor.Inference.Quantization;

/// <summary>Cholesky factors in fp64, row-major, in blocks: nearly all of the work is products of matrices. The bits do not depend on the number of threads.</summary>
internal static unsafe class Cholesky
{
    private const int Block = 64;

    /// <summary>Turns a symmetric matrix, of which the lower half is read, into its lower factor L, A = L·Lᵀ; what is above the diagonal is set to 0.</summary>
    /// <returns>False where the matrix is not positive definite, to rounding; its numbers are of no use then.</returns>
    public static bool Factor(double[] matrix, int size)
    {
        var panel = new double[Block * size];
        double[] diagonal = [.. Enumerable.Range(0, size).Select(i => matrix[(long)i * size + i])];
        for (int first = 0; first < size; first += Block)
        {
            int width = Math.Min(Block, size - first), next = first + width, rest = size - next;
            fixed (double* a = matrix)
            {
                if (!Diagonal(a + (long)first * size + first, size, width, diagonal.AsSpan(first, width)))
                    return false;
            }
            Parallel.For(0, (rest + Block - 1) / Block, part =>
            {
                fixed (double* a = matrix, p = panel)
                    Panel(a, p, size, first, width, next + part * Block, Math.Min(next + (part + 1) * Block, size), rest, next);
            });
            Parallel.For(0, (rest + Block - 1) / Block, part =>
            {
                int row = next + part * Block, end = Math.Min(row + Block, size);
                fixed (double* a = matrix, p = panel)
                    Fp64Product.Subtract(a + (long)row * size + next, size, a + (long)row * size + first, size, p, rest, end - row, end - next, width);
            });
        }
        for (int i = 0; i < size; i++)
            matrix.AsSpan(i * size + i + 1, size - i - 1).Clear();
        return true;
    }

    /// <summary>L⁻¹ of a lower factor.</summary>
    public static double[] Invert(double[] factor, int size)
    {
        var inverse = new double[factor.Length];
        // Stripes of columns know nothing of each other.
        Parallel.For(0, (size + Block - 1) / Block, stripe =>
        {
            int left = stripe * Block, columns = Math.Min(Block, size - left);
            fixed (double* l = factor, x = inverse)
            {
                for (int first = left; first < size; first += Block)
                {
                    int end = Math.Min(first + Block, size);
                    double* to = x + (long)first * size + left;
                    if (first == left)
                    {
                        for (int i = 0; i < columns; i++)
                            to[(long)i * size + i] = 1;
                    }
                    Fp64Product.Subtract(to, size, l + (long)first * size + left, size, x + (long)left * size + left, size, end - first, columns, first - left);
                    for (int i = first; i < end; i++)
                        Solve(x + left, l + (long)i * size, size, first, i, columns);
                }
            }
        });
        return inverse;
    }

    private static bool Diagonal(double* a, int stride, int width, ReadOnlySpan<double> diagonal)
    {
        for (int j = 0; j < width; j++)
        {
            double* row = a + (long)j * stride;
            double pivot = row[j];
            for (int k = 0; k < j; k++)
                pivot = Math.FusedMultiplyAdd(-row[k], row[k], pivot);
            if (!(pivot > 1e-12 * Math.Abs(diagonal[j])) || !double.IsFinite(pivot))
                return false;
            row[j] = Math.Sqrt(pivot);
            for (int i = j + 1; i < width; i++)
                Column(a + (long)i * stride, row, j);
        }
        return true;
    }

    // The rows below the block, and the same turned for the product that follows.
    private static void Panel(double* a, double* panel, int size, int first, int width, int row, int end, int rest, int next)
    {
        for (int i = row; i < end; i++)
        {
            double* below = a + (long)i * size + first;
            for (int j = 0; j < width; j++)
            {
                Column(below, a + (long)(first + j) * size + first, j);
                panel[(long)j * rest + i - next] = below[j];
            }
        }
    }

    private static void Column(double* below, double* row, int j)
    {
        double sum = below[j];
        for (int k = 0; k < j; k++)
            sum = Math.FusedMultiplyAdd(-below[k], row[k], sum);
        below[j] = sum / row[j];
    }

    // Row i of a stripe from the rows of its block above it.
    private static void Solve(double* x, double* row, int size, int first, int i, int columns)
    {
        double* to = x + (long)i * size;
        Fp64Product.Subtract(to, size, row + first, size, x + (long)first * size, size, 1, columns, i - first);
        for (int j = 0; j < columns; j++)
            to[j] /= row[i];
    }
}
