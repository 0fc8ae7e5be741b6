using System.Buffers.Binary;

namespace Athanor.Tensors.Blocks;

/// <summary>Rows of F32, F16 and BF16; encoding rounds to nearest, ties to even.</summary>
internal static class PlainRows
{
    public static void DecodeF32(ReadOnlySpan<byte> row, Span<float> values)
    {
        for (int i = 0; i < values.Length; i++)
            values[i] = BinaryPrimitives.ReadSingleLittleEndian(row[(4 * i)..]);
    }

    public static void DecodeF16(ReadOnlySpan<byte> row, Span<float> values)
    {
        for (int i = 0; i < values.Length; i++)
            values[i] = (float)BinaryPrimitives.ReadHalfLittleEndian(row[(2 * i)..]);
    }

    public static void DecodeBF16(ReadOnlySpan<byte> row, Span<float> values)
    {
        for (int i = 0; i < values.Length; i++)
            values[i] = BFloat16.ToSingle(BinaryPrimitives.ReadUInt16LittleEndian(row[(2 * i)..]));
    }

    public static void EncodeF32(ReadOnlySpan<float> values, Span<byte> row)
    {
        for (int i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteSingleLittleEndian(row[(4 * i)..], values[i]);
    }

    public static void EncodeF16(ReadOnlySpan<float> values, Span<byte> row)
    {
        for (int i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteHalfLittleEndian(row[(2 * i)..], (Half)values[i]);
    }

    public static void EncodeBF16(ReadOnlySpan<float> values, Span<byte> row)
    {
        for (int i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteUInt16LittleEndian(row[(2 * i)..], BFloat16.FromSingle(values[i]));
    }
}
