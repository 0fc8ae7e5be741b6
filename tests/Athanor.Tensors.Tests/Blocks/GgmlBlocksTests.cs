using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Athanor.Tensors.Blocks;
using Athanor.Testing;

namespace Athanor.Tensors.Tests.Blocks;

public sealed class GgmlBlocksTests
{
    public static TheoryData<BlockFormat> Packed => [.. Enum.GetValues<BlockFormat>().Where(format => format.BlockLength() > 1)];

    public static TheoryData<BlockFormat> Written => [.. Enum.GetValues<BlockFormat>().Where(format => format.BlockLength() > 1 && BlockCodec.CanEncode(format))];

    [Theory]
    [MemberData(nameof(Packed))]
    public void Blocks_are_those_of_ggml_bit_for_bit(BlockFormat format)
    {
        string[] vector = BlockVectors.All.Single(row => row[0] == format.ToString());
        byte[] small = Convert.FromBase64String(vector[1]);
        var decoded = new float[256];
        BlockCodec.DecodeRow(format, small, decoded);
        Assert.Equal(vector[3], Sha(MemoryMarshal.AsBytes(decoded.AsSpan())));
        if (!BlockCodec.CanEncode(format))
        {
            Assert.Throws<NotSupportedException>(() => Encode(format, BlockInput.Small));
            return;
        }
        Assert.Equal(Convert.ToHexString(small), Convert.ToHexString(Encode(format, BlockInput.Small)));
        Assert.Equal(vector[2], Sha(Encode(format, BlockInput.Large)));
    }

    // The bound of ggml's test-quantize-fns: root of the summed squares over the count, on 0.1 + 2·cos i.
    [Theory]
    [MemberData(nameof(Written))]
    public void The_error_on_a_wave_is_within_ggmls_bound(BlockFormat format)
    {
        const int count = 4096;
        float[] wave = [.. Enumerable.Range(0, count).Select(i => 0.1f + 2 * MathF.Cos(i))];
        float[] read = Decode(format, Encode(format, wave));
        double squares = wave.Zip(read, (a, b) => Math.Pow(a - b, 2)).Sum();
        Assert.InRange(Math.Sqrt(squares) / count, 1e-7, 0.002);
    }

    [Theory]
    [MemberData(nameof(Written))]
    public void Every_number_is_within_a_step_of_its_block(BlockFormat format)
    {
        var random = new Random(3);
        for (int round = 0; round < 50; round++)
        {
            double scale = Math.Pow(10, random.Next(0, 4));
            float[] values = [.. Enumerable.Range(0, 256).Select(_ => (float)((random.NextDouble() - 0.5) * scale))];
            float[] read = Decode(format, Encode(format, values));
            double range = values.Max() - Math.Min(0, values.Min()), steps = format is BlockFormat.Q8_0 ? 254 : format is BlockFormat.Q6_K ? 63 : format is BlockFormat.Q5_K or BlockFormat.Q5_0 or BlockFormat.Q5_1 ? 31 : 15;
            // Half a step, and a whole one more for scales and minimums that are rounded themselves.
            double most = 1.5 * range / steps;
            for (int i = 0; i < 256; i++)
                Assert.InRange(Math.Abs(values[i] - read[i]), 0, most);
        }
    }

    [Theory]
    [MemberData(nameof(Written))]
    public void What_is_not_finite_is_refused_by_its_place(BlockFormat format)
    {
        foreach (float bad in (float[])[float.NaN, float.PositiveInfinity, float.NegativeInfinity])
        {
            var values = new float[512];
            values[300] = bad;
            ArgumentException error = Assert.Throws<ArgumentException>(() => Encode(format, values));
            Assert.Contains("Number 300", error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Packed))]
    public void Rows_that_are_not_whole_blocks_are_refused(BlockFormat format)
    {
        int length = format.BlockLength();
        Assert.Throws<ArgumentException>(() => BlockCodec.DecodeRow(format, new byte[format.BlockBytes()], new float[length - 1]));
        Assert.Throws<ArgumentException>(() => BlockCodec.DecodeRow(format, new byte[format.BlockBytes() - 1], new float[length]));
        Assert.Throws<ArgumentException>(() => BlockCodec.EncodeRow(format, new float[length + 1], new byte[format.BlockBytes()]));
    }

    // Any bytes are some numbers: a hostile file must not make a decoder read or write elsewhere.
    [Theory]
    [MemberData(nameof(Packed))]
    public void Random_bytes_decode_to_numbers(BlockFormat format)
    {
        var random = new Random(5);
        var bytes = new byte[format.RowBytes(2048)];
        for (int round = 0; round < 20; round++)
        {
            random.NextBytes(bytes);
            BlockCodec.DecodeRow(format, bytes, new float[2048]);
        }
    }

    [Theory]
    [InlineData(BlockFormat.F32)]
    [InlineData(BlockFormat.F16)]
    [InlineData(BlockFormat.BF16)]
    public void Plain_formats_keep_what_they_can_hold(BlockFormat format)
    {
        float[] values = [0, -0f, 1, -2.5f, 0.00390625f, float.PositiveInfinity, 240, -0.15625f];
        Assert.Equal(values, Decode(format, Encode(format, values)));
    }

    [LlamaCppFact]
    public void Random_rows_encode_as_the_installed_ggml_does()
    {
        nint library = NativeLibrary.Load(LlamaCpp.Library("libggml-base.so")!);
        var random = new Random(17);
        foreach ((BlockFormat format, int type) in (IEnumerable<(BlockFormat, int)>)[(BlockFormat.Q4_0, 2), (BlockFormat.Q4_1, 3), (BlockFormat.Q5_0, 6), (BlockFormat.Q5_1, 7), (BlockFormat.Q8_0, 8), (BlockFormat.Q4_K, 12), (BlockFormat.Q5_K, 13), (BlockFormat.Q6_K, 14)])
        {
            for (int round = 0; round < 20; round++)
            {
                double scale = Math.Pow(10, random.Next(-6, 3)), shift = round % 3 * 0.3;
                float[] values = [.. Enumerable.Range(0, 4096).Select(_ => (float)((Math.Pow(random.NextDouble(), 1 + round % 4) - shift) * scale))];
                Assert.Equal(Convert.ToHexString(Peer(library, type, values, (int)format.RowBytes(values.Length))), Convert.ToHexString(Encode(format, values)));
            }
        }
    }

    private static unsafe byte[] Peer(nint library, int type, float[] values, int bytes)
    {
        var quantize = (delegate* unmanaged<int, float*, byte*, long, long, long, float*, nuint>)NativeLibrary.GetExport(library, "ggml_quantize_chunk");
        var target = new byte[bytes];
        fixed (float* source = values)
        fixed (byte* place = target)
            Assert.Equal((nuint)bytes, quantize(type, source, place, 0, 1, values.Length, null));
        return target;
    }

    private static byte[] Encode(BlockFormat format, float[] values)
    {
        var bytes = new byte[format.RowBytes(values.Length)];
        BlockCodec.EncodeRow(format, values, bytes);
        return bytes;
    }

    private static float[] Decode(BlockFormat format, byte[] bytes)
    {
        var values = new float[bytes.Length / format.BlockBytes() * format.BlockLength()];
        BlockCodec.DecodeRow(format, bytes, values);
        return values;
    }

    private static string Sha(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
