using Athanor.Tensors.Blocks;
using Athanor.Tensors.Tests.Testing;

namespace Athanor.Tensors.Tests.Packed;

public sealed class PackedLinearTests
{
    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    public void Products_of_stacked_formats_agree_with_double_sums(CpuDevice device)
    {
        const int Rows = 5, Columns = 256;
        using TestBuffer w = TestData.Normal(1, 70 * Columns, DType.F32, 0.05), x = TestData.Normal(2, Rows * Columns, DType.F32), b = TestData.Normal(3, 70, DType.F32);
        float[] weights = w.ToArray();
        PackedMatrix matrix = PackedMatrix.Stack("w",
            PackedMatrix.Encode("a", BlockFormat.Q8_0, Columns, weights.AsSpan(0, 33 * Columns)),
            PackedMatrix.Encode("b", BlockFormat.Q4_0, Columns, weights.AsSpan(33 * Columns, 20 * Columns)),
            PackedMatrix.Encode("c", BlockFormat.BF16, Columns, weights.AsSpan(53 * Columns, 10 * Columns)),
            PackedMatrix.Encode("d", BlockFormat.F16, Columns, weights.AsSpan(63 * Columns)));
        using StepScope scope = StepScope.Begin(device, record: false);
        Tensor y = Ops.Linear(Tensor.From(device, new Shape(Rows, Columns), x.ToArray()), matrix, Tensor.From(device, new Shape(70), b.ToArray()));
        float[] actual = y.ToArray(), row = new float[Columns];
        for (int n = 0; n < 70; n++)
        {
            matrix.DecodeRow(n, row);
            for (int m = 0; m < Rows; m++)
            {
                double sum = b[n], size = Math.Abs(b[n]);
                for (int k = 0; k < Columns; k++)
                {
                    sum += (double)row[k] * x[m * Columns + k];
                    size += Math.Abs((double)row[k] * x[m * Columns + k]);
                }
                Assert.True(Math.Abs(actual[m * 70 + n] - sum) <= 0.004 * size, $"{device} [{m}, {n}]: {actual[m * 70 + n]} instead of {sum}.");
            }
        }
    }

    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    public void An_embedding_gives_the_decoded_rows(CpuDevice device)
    {
        using TestBuffer w = TestData.Normal(1, 9 * 64, DType.F32);
        PackedMatrix table = PackedMatrix.Encode("table", BlockFormat.Q8_0, 64, w.ToArray());
        using StepScope scope = StepScope.Begin(device, record: false);
        Tensor y = Ops.Embedding(table, Tensor.From(device, new Shape(1, 3), [8, 0, 8]), DType.F32);
        Assert.Equal(new Shape(1, 3, 64), y.Shape);
        float[] row = new float[64], values = y.ToArray();
        table.DecodeRow(8, row);
        Assert.Equal(row, values[..64]);
        Assert.Equal(row, values[128..]);
        Assert.ThrowsAny<ArgumentException>(() => Ops.Embedding(table, Tensor.From(device, new Shape(1), [9])));
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        PackedMatrix matrix = PackedMatrix.Encode("w", BlockFormat.Q8_0, 32, new float[64]);
        using StepScope scope = StepScope.Begin(TestDevices.Reference);
        Assert.Throws<ArgumentException>(() => Ops.Linear(Tensor.Zeros(scope.Device, new Shape(1, 33)), matrix));
        Assert.Throws<ArgumentException>(() => Ops.Linear(Tensor.Zeros(scope.Device, new Shape(1, 32)), matrix, Tensor.Zeros(scope.Device, new Shape(3))));
        Tensor leaf = Tensor.From(scope.Device, new Shape(1, 32), new float[32], requiresGrad: true);
        Assert.Throws<NotSupportedException>(() => Ops.Linear(leaf, matrix));
    }
}
