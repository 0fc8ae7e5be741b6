using System.Numerics;
using System.Runtime.InteropServices;

namespace Athanor.Tensors.Blocks;

/// <summary>Turns rows of fp32 into blocks and back. Bit for bit what ggml's reference quantizers make without an importance matrix (ggml-quants.c, <c>*_ref</c>).</summary>
public static class BlockCodec
{
    /// <summary>Whether <see cref="EncodeRow"/> writes the format; all are read.</summary>
    public static bool CanEncode(BlockFormat format) => format is not (BlockFormat.Q2_K or BlockFormat.Q3_K);

    /// <summary>Writes the numbers of a row.</summary>
    /// <param name="row">Exactly the bytes of <paramref name="values"/>.Length numbers.</param>
    /// <exception cref="ArgumentException">Lengths do not fit the format.</exception>
    public static void DecodeRow(BlockFormat format, ReadOnlySpan<byte> row, Span<float> values)
    {
        Check(format, row.Length, values.Length);
        switch (format)
        {
            case BlockFormat.F32: PlainRows.DecodeF32(row, values); break;
            case BlockFormat.F16: PlainRows.DecodeF16(row, values); break;
            case BlockFormat.BF16: PlainRows.DecodeBF16(row, values); break;
            case BlockFormat.Q8_0: Q8_0Blocks.Decode(row, values); break;
            case BlockFormat.Q4_0: Q4_0Blocks.Decode(row, values); break;
            case BlockFormat.Q4_1: Q4_1Blocks.Decode(row, values); break;
            case BlockFormat.Q5_0: Q5Blocks.DecodeSigned(row, values); break;
            case BlockFormat.Q5_1: Q5Blocks.DecodeOffset(row, values); break;
            case BlockFormat.Q2_K: LowBitSuperBlocks.Decode2(row, values); break;
            case BlockFormat.Q3_K: LowBitSuperBlocks.Decode3(row, values); break;
            case BlockFormat.Q4_K: OffsetSuperBlocks.Decode(row, values, fifthBit: false); break;
            case BlockFormat.Q5_K: OffsetSuperBlocks.Decode(row, values, fifthBit: true); break;
            case BlockFormat.Q6_K: SignedSuperBlocks.Decode(row, values); break;
            default: throw new ArgumentOutOfRangeException(nameof(format), format, "An unknown block format.");
        }
    }

    /// <summary>Rounds finite numbers to the format.</summary>
    /// <param name="row">Exactly the bytes of <paramref name="values"/>.Length numbers.</param>
    /// <exception cref="ArgumentException">Lengths do not fit the format, or a number is not finite and the format has shared scales.</exception>
    /// <exception cref="NotSupportedException">The format is read only.</exception>
    public static void EncodeRow(BlockFormat format, ReadOnlySpan<float> values, Span<byte> row)
    {
        Check(format, row.Length, values.Length);
        if (format.BlockLength() > 1)
            RequireFinite(values);
        switch (format)
        {
            case BlockFormat.F32: PlainRows.EncodeF32(values, row); break;
            case BlockFormat.F16: PlainRows.EncodeF16(values, row); break;
            case BlockFormat.BF16: PlainRows.EncodeBF16(values, row); break;
            case BlockFormat.Q8_0: Q8_0Blocks.Encode(values, row); break;
            case BlockFormat.Q4_0: Q4_0Blocks.Encode(values, row); break;
            case BlockFormat.Q4_1: Q4_1Blocks.Encode(values, row); break;
            case BlockFormat.Q5_0: Q5Blocks.EncodeSigned(values, row); break;
            case BlockFormat.Q5_1: Q5Blocks.EncodeOffset(values, row); break;
            case BlockFormat.Q4_K: OffsetSuperBlocks.Encode(values, row, fifthBit: false); break;
            case BlockFormat.Q5_K: OffsetSuperBlocks.Encode(values, row, fifthBit: true); break;
            case BlockFormat.Q6_K: SignedSuperBlocks.Encode(values, row); break;
            default: throw new NotSupportedException($"Rows of {format} can be read, not written; quantize to Q8_0, Q6_K, Q5_K, Q4_K or Q4_0.");
        }
    }

    /// <summary>Half to float of a scale at the start of <paramref name="bytes"/>.</summary>
    internal static float Scale(ReadOnlySpan<byte> bytes) => (float)MemoryMarshal.Read<Half>(bytes);

    /// <summary>Writes a scale as half and returns what was written.</summary>
    internal static float SetScale(Span<byte> bytes, float scale)
    {
        var half = (Half)scale;
        MemoryMarshal.Write(bytes, in half);
        return (float)half;
    }

    private static void Check(BlockFormat format, int bytes, int columns)
    {
        long wanted = format.RowBytes(columns);
        if (bytes != wanted)
            throw new ArgumentException($"A {format} row of {columns} numbers has {wanted} bytes, not {bytes}.");
    }

    private static void RequireFinite(ReadOnlySpan<float> source)
    {
        // The sum of x·0 is 0 unless a number is infinite or none.
        var sum = Vector<float>.Zero;
        int i = 0;
        for (; i <= source.Length - Vector<float>.Count; i += Vector<float>.Count)
            sum += new Vector<float>(source[i..]) * 0f;
        float rest = Vector.Sum(sum);
        for (; i < source.Length; i++)
            rest += source[i] * 0f;
        if (rest == 0)
            return;
        int at = 0;
        while (float.IsFinite(source[at]))
            at++;
        throw new ArgumentException($"Number {at} of the row is {source[at]}; only finite numbers have a block. Training diverged, or the file is damaged.", nameof(source));
    }
}
