using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
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

    public static TheoryData<BlockFormat> Formats() => [BlockFormat.F32, BlockFormat.F16, BlockFormat.BF16, BlockFormat.Q8_0, BlockFormat.Q4_0, BlockFormat.Q4_K, BlockFormat.Q6_K];

    /// <summary>Blocks of random bytes whose scales are plausible: every pattern of the small scales and numbers occurs.</summary>
    private static PackedMatrix Random(BlockFormat format, int rows, int columns, int seed)
    {
        var random = new Random(seed);
        if (format.BlockLength() == 1)
            return PackedMatrix.Encode(format.ToString(), format, columns, [.. Enumerable.Range(0, rows * columns).Select(_ => (float)(random.NextDouble() - 0.5))]);
        byte[] bytes = GC.AllocateArray<byte>((int)(rows * format.RowBytes(columns)), pinned: true);
        random.NextBytes(bytes);
        int[] scales = format switch { BlockFormat.Q4_K => [0, 2], BlockFormat.Q6_K => [208], _ => [0] };
        for (int block = 0; block < bytes.Length; block += format.BlockBytes())
        {
            foreach (int at in scales)
                BitConverter.TryWriteBytes(bytes.AsSpan(block + at), (Half)(random.NextDouble() * 2e-4 - (at == 2 ? 0 : 5e-5)));
        }
        return new PackedMatrix(format.ToString(), columns, [new PackedPart(format, rows, Marshal.UnsafeAddrOfPinnedArrayElement(bytes, 0))], bytes);
    }

    private static float[] Multiply(CpuDevice device, PackedMatrix matrix, float[] x, DType type, float[]? bias = null)
    {
        using StepScope scope = StepScope.Begin(device, record: false);
        Tensor b = bias is null ? default : Tensor.From(device, new Shape(bias.Length), bias);
        return Ops.Linear(Tensor.From(device, new Shape(x.Length / matrix.Columns, matrix.Columns), x, type), matrix, b).ToArray();
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void A_row_of_a_product_has_the_same_bits_whatever_stands_beside_it(BlockFormat format)
    {
        const int Columns = 1280;
        PackedMatrix matrix = Random(format, 83, Columns, 5);
        using TestBuffer x = TestData.Normal(2, 70 * Columns, DType.F32);
        foreach (CpuDevice device in TestDevices.Fast)
        {
            float[] inputs = x.ToArray();
            float[][] alone = [.. Enumerable.Range(0, 70).Select(m => Multiply(device, matrix, inputs[(m * Columns)..((m + 1) * Columns)], DType.F32))];
            int[] counts = device.Lanes == 16 ? [.. Enumerable.Range(2, 69)] : [2, 17, 70];
            foreach (int rows in counts)
            {
                float[] together = Multiply(device, matrix, inputs[..(rows * Columns)], DType.F32);
                for (int m = 0; m < rows; m++)
                    Assert.True(alone[m].AsSpan().SequenceEqual(together.AsSpan(m * matrix.Rows, matrix.Rows)), $"{device}: row {m} of {rows}.");
            }
        }
    }

    [Theory]
    [InlineData(BlockFormat.Q8_0, 32, 1, 5)]
    [InlineData(BlockFormat.Q8_0, 96, 3, 16)]
    [InlineData(BlockFormat.Q8_0, 2080, 17, 200)]
    [InlineData(BlockFormat.Q8_0, 2048, 2, 216)]
    [InlineData(BlockFormat.Q4_0, 32, 1, 1)]
    [InlineData(BlockFormat.Q4_0, 1056, 1, 330)]
    [InlineData(BlockFormat.Q4_0, 1056, 33, 65)]
    [InlineData(BlockFormat.Q4_K, 256, 1, 17)]
    [InlineData(BlockFormat.Q4_K, 4352, 3, 49)]
    [InlineData(BlockFormat.Q4_K, 2304, 20, 40)]
    [InlineData(BlockFormat.Q6_K, 256, 1, 17)]
    [InlineData(BlockFormat.Q6_K, 768, 5, 150)]
    [InlineData(BlockFormat.Q6_K, 2304, 20, 40)]
    public void Products_of_bytes_are_those_of_rounded_inputs_on_every_path(BlockFormat format, int columns, int inputs, int rows)
    {
        PackedMatrix matrix = Random(format, rows, columns, 9);
        using TestBuffer x = TestData.Normal(2, inputs * columns, DType.F32), b = TestData.Normal(3, rows, DType.F32, 0.1);
        float[] exact = new float[inputs * columns], row = new float[columns];
        for (int i = 0; i < exact.Length; i += 32)
        {
            // What the inputs become: 127 steps to the largest of 32.
            float most = 0;
            for (int j = i; j < i + 32; j++)
                most = Math.Max(most, Math.Abs(x[j]));
            for (int j = i; j < i + 32; j++)
                exact[j] = MathF.Round(x[j] * (127 / most)) * (most / 127);
        }
        float[]? first = null;
        foreach (CpuDevice device in TestDevices.Fast)
        {
            float[] actual = Multiply(device, matrix, x.ToArray(), DType.F32, b.ToArray());
            for (int n = 0; n < rows; n++)
            {
                matrix.DecodeRow(n, row);
                for (int m = 0; m < inputs; m++)
                {
                    double sum = b[n], size = Math.Abs(b[n]);
                    for (int k = 0; k < columns; k++)
                    {
                        sum += (double)row[k] * exact[m * columns + k];
                        size += Math.Abs((double)row[k] * exact[m * columns + k]);
                    }
                    Assert.True(Math.Abs(actual[m * rows + n] - sum) <= 3e-6 * size, $"{device} {format} [{m}, {n}]: {actual[m * rows + n]} instead of {sum}, beside {size}.");
                }
            }
            if (!Fma.IsSupported)
                continue;
            first ??= actual;
            Assert.True(first.AsSpan().SequenceEqual(actual), $"{device} rounds {format} otherwise than {TestDevices.Fast[0]}.");
        }
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Results_do_not_depend_on_threads(BlockFormat format)
    {
        PackedMatrix matrix = Random(format, 300, 512, 4);
        using TestBuffer x = TestData.Normal(2, 19 * 512, DType.F32);
        CpuDevice device = TestDevices.Fast[^1];
        Assert.Equal(Multiply(TestDevices.WithThreads(device, 1), matrix, x.ToArray(), DType.BF16), Multiply(TestDevices.WithThreads(device, 3), matrix, x.ToArray(), DType.BF16));
    }

    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    public void Inputs_that_are_not_finite_stay_in_their_rows(CpuDevice device)
    {
        PackedMatrix matrix = Random(BlockFormat.Q8_0, 20, 64, 4);
        float[] x = new float[3 * 64];
        x[3] = float.NaN;
        x[64] = 1;
        x[130] = 1e-44f;
        float[] y = Multiply(device, matrix, x, DType.F32);
        Assert.All(y[..20], value => Assert.True(float.IsNaN(value)));
        Assert.All(y[20..], value => Assert.True(float.IsFinite(value)));
        Assert.Contains(y[20..40], value => value != 0);
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
