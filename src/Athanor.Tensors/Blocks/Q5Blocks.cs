using System.Buffers.Binary;

namespace Athanor.Tensors.Blocks;

/// <summary>Q5_0: <c>half d, u32 h, u8 q[16]</c>, and Q5_1: <c>half d, half m, u32 h, u8 q[16]</c>. Bit i of h is the fifth bit of number i (ggml-quants.c).</summary>
internal static class Q5Blocks
{
    private const int Values = 32, Half = 16, SignedBytes = 22, OffsetBytes = 24;

    public static void DecodeSigned(ReadOnlySpan<byte> source, Span<float> target)
    {
        for (; target.Length > 0; source = source[SignedBytes..], target = target[Values..])
        {
            float d = BlockCodec.Scale(source);
            for (int i = 0; i < Values; i++)
                target[i] = (Get(source[2..], i) - 16) * d;
        }
    }

    public static void DecodeOffset(ReadOnlySpan<byte> source, Span<float> target)
    {
        for (; target.Length > 0; source = source[OffsetBytes..], target = target[Values..])
        {
            float d = BlockCodec.Scale(source), m = BlockCodec.Scale(source[2..]);
            for (int i = 0; i < Values; i++)
                target[i] = Get(source[4..], i) * d + m;
        }
    }

    public static void EncodeSigned(ReadOnlySpan<float> source, Span<byte> target)
    {
        for (; source.Length > 0; source = source[Values..], target = target[SignedBytes..])
        {
            float d = Extreme.Of(source[..Values]) / -16, inverse = d != 0 ? 1 / d : 0;
            BlockCodec.SetScale(target, d);
            target[2..SignedBytes].Clear();
            for (int i = 0; i < Values; i++)
                Set(target[2..], i, Math.Min(31, (int)(source[i] * inverse + 16.5f)));
        }
    }

    public static void EncodeOffset(ReadOnlySpan<float> source, Span<byte> target)
    {
        for (; source.Length > 0; source = source[Values..], target = target[OffsetBytes..])
        {
            (float least, float most) = Extreme.Range(source[..Values]);
            float d = (most - least) / 31, inverse = d != 0 ? 1 / d : 0;
            BlockCodec.SetScale(target, d);
            BlockCodec.SetScale(target[2..], least);
            target[4..OffsetBytes].Clear();
            for (int i = 0; i < Values; i++)
                Set(target[4..], i, (int)((source[i] - least) * inverse + 0.5f));
        }
    }

    private static int Get(ReadOnlySpan<byte> bits, int i)
    {
        int low = i < Half ? bits[4 + i] & 15 : bits[4 + i - Half] >> 4;
        return low | (int)(BinaryPrimitives.ReadUInt32LittleEndian(bits) >> i & 1) << 4;
    }

    private static void Set(Span<byte> bits, int i, int value)
    {
        bits[4 + i % Half] |= (byte)((value & 15) << (i < Half ? 0 : 4));
        bits[i / 8] |= (byte)((value >> 4 & 1) << i % 8);
    }
}
