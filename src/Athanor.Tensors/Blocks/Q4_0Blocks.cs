using System.Buffers.Binary;

namespace Athanor.Tensors.Blocks;

/// <summary>
/// Q4_0: 32 numbers in 18 bytes, fp16 d, then 16 bytes, byte j with number j low and number j + 16 high; value = d·(q − 8). The number of
/// largest magnitude becomes −8 exactly. Source: quantize_row_q4_0_ref of ggml-quants.c.
/// </summary>
internal static class Q4_0Blocks
{
    private const int Length = 32, Bytes = 18;

    public static void Decode(ReadOnlySpan<byte> row, Span<float> values)
    {
        for (; values.Length > 0; row = row[Bytes..], values = values[Length..])
        {
            float d = (float)BinaryPrimitives.ReadHalfLittleEndian(row);
            for (int j = 0; j < Length / 2; j++)
            {
                values[j] = d * ((row[2 + j] & 15) - 8);
                values[j + Length / 2] = d * ((row[2 + j] >> 4) - 8);
            }
        }
    }

    public static void Encode(ReadOnlySpan<float> values, Span<byte> row)
    {
        for (; values.Length > 0; row = row[Bytes..], values = values[Length..])
        {
            float most = 0, extreme = 0;
            foreach (float value in values[..Length])
            {
                if (MathF.Abs(value) > most)
                    (most, extreme) = (MathF.Abs(value), value);
            }
            float d = extreme / -8, inverse = d == 0 ? 0 : 1 / d;
            BinaryPrimitives.WriteHalfLittleEndian(row, (Half)d);
            for (int j = 0; j < Length / 2; j++)
                row[2 + j] = (byte)(Nibble(values[j] * inverse) | Nibble(values[j + Length / 2] * inverse) << 4);
        }
    }

    private static int Nibble(float x) => Math.Min(15, (int)(sbyte)(x + 8.5f));
}
