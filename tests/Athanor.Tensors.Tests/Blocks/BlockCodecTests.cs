using Athanor.Tensors.Blocks;

namespace Athanor.Tensors.Tests.Blocks;

public sealed class BlockCodecTests
{
    [Theory]
    [InlineData(BlockFormat.F32, 0)]
    [InlineData(BlockFormat.F16, 0.0005)]
    [InlineData(BlockFormat.BF16, 0.004)]
    [InlineData(BlockFormat.Q8_0, 0.0045)]
    [InlineData(BlockFormat.Q4_0, 0.13)]
    public void Encoding_stays_within_the_step_of_a_block(BlockFormat format, double bound)
    {
        float[] values = Numbers(7, 512), decoded = new float[512];
        byte[] row = new byte[format.RowBytes(values.Length)];
        BlockCodec.EncodeRow(format, values, row);
        BlockCodec.DecodeRow(format, row, decoded);
        for (int i = 0; i < values.Length; i++)
        {
            float most = values.Skip(i / 32 * 32).Take(32).Max(Math.Abs);
            Assert.True(Math.Abs(decoded[i] - values[i]) <= bound * most, $"{format} {i}: {values[i]} became {decoded[i]} beside {most}.");
        }
    }

    [Fact]
    public void Q8_0_lies_as_ggml_writes_it()
    {
        float[] values = new float[32];
        values[0] = 127;
        values[1] = -127;
        values[2] = 2.5f;
        values[31] = -0.5f;
        byte[] row = new byte[34];
        BlockCodec.EncodeRow(BlockFormat.Q8_0, values, row);
        Assert.Equal([0x00, 0x3C, 127, 0x81, 3], row[..5]);
        Assert.Equal(0xFF, row[33]);
    }

    [Fact]
    public void Q4_0_gives_the_largest_number_minus_eight_exactly()
    {
        float[] values = new float[32];
        values[3] = 16;
        values[17] = -2;
        byte[] row = new byte[18];
        BlockCodec.EncodeRow(BlockFormat.Q4_0, values, row);
        Assert.Equal([0x00, 0xC0], row[..2]);
        Assert.Equal(0x80, row[2 + 3]);
        Assert.Equal(0x98, row[2 + 1]);
        BlockCodec.DecodeRow(BlockFormat.Q4_0, row, values);
        Assert.Equal(16, values[3]);
        Assert.Equal(-2, values[17]);
    }

    [Fact]
    public void Lengths_that_do_not_fit_are_refused_with_the_remedy()
    {
        Assert.Contains("Q8_0", Assert.Throws<ArgumentException>(() => BlockFormat.Q4_K.RowBytes(128)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => BlockCodec.DecodeRow(BlockFormat.Q8_0, new byte[33], new float[32]));
    }

    [Fact]
    public void A_matrix_of_several_formats_gives_its_rows_in_order()
    {
        float[] values = Numbers(3, 6 * 64), row = new float[64];
        PackedMatrix matrix = PackedMatrix.Stack("qkv",
            PackedMatrix.Encode("q", BlockFormat.F32, 64, values.AsSpan(0, 128)),
            PackedMatrix.Encode("k", BlockFormat.Q8_0, 64, values.AsSpan(128, 64)),
            PackedMatrix.Encode("v", BlockFormat.BF16, 64, values.AsSpan(192)));
        Assert.Equal(6, matrix.Rows);
        Assert.Equal(2 * 256 + 68 + 3 * 128, matrix.Bytes);
        for (int i = 0; i < 6; i++)
        {
            matrix.DecodeRow(i, row);
            for (int j = 0; j < 64; j++)
                Assert.Equal(values[i * 64 + j], row[j], 0.02f);
        }
        Assert.Throws<ArgumentOutOfRangeException>(() => matrix.DecodeRow(6, row));
    }

    private static float[] Numbers(int seed, int count)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (float)(random.NextDouble() * 2 - 1))];
    }
}
