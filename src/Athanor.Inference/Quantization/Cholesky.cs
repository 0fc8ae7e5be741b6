using System.Numerics;
using System.Runtime.InteropServices;

namespace Athanor.Inference.Quantization;

/// <summary>Cholesky factors in fp64, row-major.</summary>
internal static class Cholesky
{
    private const int Alone = 64;

    /// <summary>Turns a symmetric matrix into its lower factor L, A = L·Lᵀ; what is above the diagonal is set to 0.</summary>
    /// <returns>False where the matrix is not positive definite, to rounding.</returns>
    public static bool Factor(double[] matrix, int size)
    {
        for (int j = 0; j < size; j++)
        {
            Span<double> row = matrix.AsSpan(j * size, size);
            double pivot = row[j] - Dot(row[..j], row[..j]);
            if (!(pivot > 1e-12 * Math.Abs(row[j])) || !double.IsFinite(pivot))
                return false;
            double root = Math.Sqrt(pivot);
            row[j] = root;
            row[(j + 1)..].Clear();
            For(j + 1, size, i =>
            {
                Span<double> below = matrix.AsSpan(i * size, size);
                below[j] = (below[j] - Dot(below[..j], matrix.AsSpan(j * size, j))) / root;
            });
        }
        return true;
    }

    /// <summary>The inverse of A from its lower factor.</summary>
    public static double[] Inverse(double[] factor, int size)
    {
        // Rows of (L⁻¹)ᵀ, so that sums run along memory: A⁻¹ = L⁻ᵀ·L⁻¹.
        var inverse = new double[factor.Length];
        For(0, size, column =>
        {
            Span<double> x = inverse.AsSpan(column * size, size);
            for (int i = column; i < size; i++)
                x[i] = ((i == column ? 1 : 0) - Dot(factor.AsSpan(i * size + column, i - column), x[column..i])) / factor[i * size + i];
        });
        var result = new double[factor.Length];
        For(0, size, i =>
        {
            for (int j = 0; j <= i; j++)
                result[i * size + j] = Dot(inverse.AsSpan(i * size + i, size - i), inverse.AsSpan(j * size + i, size - i));
        });
        for (int i = 0; i < size; i++)
        {
            for (int j = i + 1; j < size; j++)
                result[i * size + j] = result[j * size + i];
        }
        return result;
    }

    private static void For(int first, int end, Action<int> body)
    {
        if (end - first > Alone)
        {
            Parallel.For(first, end, body);
            return;
        }
        for (int i = first; i < end; i++)
            body(i);
    }

    private static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        var sum = Vector<double>.Zero;
        ReadOnlySpan<Vector<double>> wideA = MemoryMarshal.Cast<double, Vector<double>>(a), wideB = MemoryMarshal.Cast<double, Vector<double>>(b);
        for (int i = 0; i < wideA.Length; i++)
            sum += wideA[i] * wideB[i];
        double rest = Vector.Sum(sum);
        for (int i = wideA.Length * Vector<double>.Count; i < a.Length; i++)
            rest += a[i] * b[i];
        return rest;
    }
}
