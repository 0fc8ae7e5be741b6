using Athanor.Inference.Quantization;

namespace Athanor.Inference.Tests.Quantization;

public sealed class CodebookTests
{
    [Fact]
    public void NF4_is_the_quantiles_of_a_normal_distribution()
    {
        const double end = 0.9677083;
        List<double> values = [0];
        for (int i = 0; i < 8; i++)
            values.Add(Quantile(end + (0.5 - end) * i / 8));
        for (int i = 0; i < 7; i++)
            values.Add(-Quantile(end + (0.5 - end) * i / 7));
        values.Sort();
        for (int i = 0; i < 16; i++)
            Assert.Equal(values[i] / values[^1], NormalFloat.Table[i], 1e-5);
    }

    [Fact]
    public void NF4_takes_the_nearest_code_with_the_even_number_in_the_upper_nibble()
    {
        float[] weights = [2, -1.5f, 0.1f, 0, 0.08f, -2];
        byte[] codes = new byte[3];
        float[] scales = new float[1], read = new float[6];
        NormalFloat.Encode(weights, codes, scales);
        Assert.Equal(2, scales[0]);
        Assert.Equal([15 << 4 | 1, 8 << 4 | 7, 8 << 4 | 0], codes.Select(code => (int)code));
        NormalFloat.Decode(codes, scales, read);
        Assert.Equal(2, read[0]);
        Assert.Equal(-2, read[5]);
        Assert.Equal(0, read[3]);
        // Exactly at a midpoint the lower one stays: the comparison is strict.
        NormalFloat.Encode([1, (NormalFloat.Table[7] + NormalFloat.Table[8]) / 2], codes, scales);
        Assert.Equal(7, codes[0] & 15);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(1000)]
    public void NF4_errs_by_no_more_than_half_its_widest_gap(int count)
    {
        float[] weights = Normal(count, count), scales = new float[(count + 63) / 64], read = new float[count];
        byte[] codes = new byte[(count + 1) / 2];
        NormalFloat.Encode(weights, codes, scales);
        NormalFloat.Decode(codes, scales, read);
        for (int i = 0; i < count; i++)
        {
            Assert.InRange(Math.Abs(weights[i] - read[i]), 0, 0.1521f * scales[i / 64]);
            float best = NormalFloat.Table.ToArray().Min(value => Math.Abs(weights[i] - value * scales[i / 64]));
            Assert.InRange(Math.Abs(weights[i] - read[i]), 0, best + 1e-6f * scales[i / 64]);
        }
    }

    [Fact]
    public void The_dynamic_code_has_the_numbers_of_bitsandbytes()
    {
        float[] table = DynamicCode.Table.ToArray();
        Assert.Equal(256, table.Distinct().Count());
        Assert.Equal(table.Order(), table);
        Assert.Equal(1, table[^1]);
        Assert.Equal(5.5e-7, table.Where(value => value > 0).Min(), 1e-9);
        // The last decade has 64 means of [0.1, 1].
        Assert.Equal(0.1 + 0.9 * 63.5 / 64, table[^2], 1e-6);
        Assert.Equal(-(0.1 + 0.9 * 63.5 / 64), table[0], 1e-6);
    }

    [Fact]
    public void Doubly_quantized_scales_are_near_themselves()
    {
        float[] scales = [.. Normal(700, 3).Select(value => 1 + 0.2f * value)], outer = new float[3], read = new float[700];
        byte[] codes = new byte[700];
        float offset = DynamicCode.Encode(scales, codes, outer);
        Assert.Equal(scales.Average(), offset, 1e-5f);
        DynamicCode.Decode(codes, outer, offset, read);
        for (int i = 0; i < scales.Length; i++)
            Assert.InRange(Math.Abs(scales[i] - read[i]), 0, outer[i / 256] * 0.5f * 0.9f / 64 + 1e-6f + 0.05f * Math.Abs(scales[i] - offset));
    }

    [Fact]
    public void Int8_errs_by_no_more_than_half_a_step_of_its_row()
    {
        float[] row = Normal(333, 5), read = new float[333];
        var codes = new sbyte[333];
        float largest = RowInt8.Encode(row, codes);
        Assert.Equal(row.Max(Math.Abs), largest);
        RowInt8.Decode(codes, largest, read);
        for (int i = 0; i < row.Length; i++)
            Assert.InRange(Math.Abs(row[i] - read[i]), 0, largest / 254 * 1.0001f);
        Assert.Equal(0, RowInt8.Encode(new float[4], new sbyte[4]));
        RowInt8.Encode([127, 0.5f, 1.5f, -0.5f], codes);
        Assert.Equal([127, 0, 2, 0], codes[..4].Select(code => (int)code));
    }

    internal static float[] Normal(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble())))];
    }

    private static double Quantile(double share)
    {
        double low = -4, high = 4;
        for (int i = 0; i < 80; i++)
        {
            double middle = (low + high) / 2, x = middle / Math.Sqrt(2), term = x, sum = x;
            for (int n = 1; n < 80; n++)
                sum += (term *= -x * x / n) / (2 * n + 1);
            if (0.5 + sum / Math.Sqrt(Math.PI) < share)
                low = middle;
            else
                high = middle;
        }
        return low;
    }
}
