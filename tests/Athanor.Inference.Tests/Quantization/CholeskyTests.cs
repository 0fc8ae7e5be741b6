using Athanor.Inference.Quantization;

namespace Athanor.Inference.Tests.Quantization;

public sealed class CholeskyTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(203)]
    public void Factors_multiply_to_the_matrix_and_their_inverses_to_one(int size)
    {
        double[] matrix = Positive(size);
        double[] factor = [.. matrix];
        Assert.True(Cholesky.Factor(factor, size));
        double[] inverse = Cholesky.Invert(factor, size);
        for (int i = 0; i < size; i++)
        {
            for (int j = 0; j < size; j++)
            {
                double product = 0, one = 0;
                for (int k = 0; k < size; k++)
                {
                    product += factor[i * size + k] * factor[j * size + k];
                    one += factor[i * size + k] * inverse[k * size + j];
                }
                Assert.Equal(matrix[i * size + j], product, 1e-9);
                Assert.Equal(i == j ? 1 : 0, one, 1e-9);
                Assert.True(j <= i || (factor[i * size + j] == 0 && inverse[i * size + j] == 0));
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(70)]
    public void A_matrix_with_a_negative_direction_has_no_factors(int at)
    {
        const int size = 100;
        double[] matrix = Positive(size);
        matrix[at * size + at] = -1;
        Assert.False(Cholesky.Factor(matrix, size));
        // Rank 1.
        Assert.False(Cholesky.Factor([.. Enumerable.Range(0, size * size).Select(i => (double)(1 + i / size) * (1 + i % size))], size));
    }

    [Fact]
    public unsafe void Products_have_the_same_bits_however_the_matrix_is_cut()
    {
        const int rows = 11, columns = 45, depth = 37;
        double[] a = Numbers(rows * depth, 1), b = Numbers(depth * columns, 2), whole = Numbers(rows * columns, 3), parts = [.. whole], expected = [.. whole];
        fixed (double* x = a, y = b, c = whole, p = parts)
        {
            Fp64Product.Subtract(c, columns, x, depth, y, columns, rows, columns, depth);
            for (int i = 0; i < rows; i += 3)
            {
                for (int j = 0; j < columns; j += 20)
                    Fp64Product.Subtract(p + i * columns + j, columns, x + i * depth, depth, y + j, columns, Math.Min(3, rows - i), Math.Min(20, columns - j), depth);
            }
        }
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                double sum = 0;
                for (int k = 0; k < depth; k++)
                    sum += a[i * depth + k] * b[k * columns + j];
                Assert.Equal(expected[i * columns + j] - sum, whole[i * columns + j], 1e-12);
            }
        }
        Assert.Equal(whole, parts);
    }

    private static double[] Numbers(int count, int seed) => [.. CodebookTests.Normal(count, seed).Select(value => (double)value)];

    private static double[] Positive(int size)
    {
        double[] x = Numbers(size * 2 * size, size), matrix = new double[size * size];
        for (int i = 0; i < size; i++)
        {
            for (int j = 0; j < size; j++)
            {
                for (int k = 0; k < 2 * size; k++)
                    matrix[i * size + j] += x[i * 2 * size + k] * x[j * 2 * size + k] / size;
            }
        }
        return matrix;
    }
}
