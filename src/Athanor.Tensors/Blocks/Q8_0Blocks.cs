using System.Buffers.Binary;

namespace Athanor.Tensors.Blocks;

/// <summary>
/// Q8_0: 32 numbers in 34 bytes, fp16 d, then signed bytes q; value = d·q. d = max|x| / 127, q = x/d rounded half away from zero.
/// Source: quantize_row_q8_0_ref of ggml-quants.c.
/// </summary>
internal static class Q8_0Blocks
{
    private const int Length = 32, Bytes = 34;

    public static void Decode(ReadOnlySpan<byte> row, Span<float> values)
    {
        for (; values.Length > 0; row = row[Bytes..], values = values[Length..])
        {
            float d = (float)BinaryPrimitives.ReadHalfLittleEndian(row);
            for (int i = 0; i < Length; i++)
                values[i] = d * (sbyte)row[2 + i];
        }
    }

    public static void Encode(ReadOnlySpan<float> values, Span<byte> row)
    {
        for (; values.Length > 0; row = row[Bytes..], values = values[Length..])
        {
            float most = 0;
            foreach (float value in values[..Length])
                most = MathF.Max(most, MathF.Abs(value));
            float d = most / 127, inverse = d == 0 ? 0 : 1 / d;
            BinaryPrimitives.WriteHalfLittleEndian(row, (Half)d);
            for (int i = 0; i < Length; i++)
                row[2 + i] = (byte)(sbyte)MathF.Round(values[i] * inverse, MidpointRounding.AwayFromZero);
        }
    }
}
