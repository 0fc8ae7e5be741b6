namespace Athanor.Tensors.Blocks;

/// <summary>Q4_1: 32 numbers d·q + m in 20 bytes, <c>half d, half m, u8 q[16]</c>; low nibbles are the first 16 numbers, high ones the last (quantize_row_q4_1_ref of ggml-quants.c).</summary>
internal static class Q4_1Blocks
{
    private const int Values = 32, Half = 16, Bytes = 20;

    public static void Decode(ReadOnlySpan<byte> source, Span<float> target)
    {
        for (; target.Length > 0; source = source[Bytes..], target = target[Values..])
        {
            float d = BlockCodec.Scale(source), m = BlockCodec.Scale(source[2..]);
            for (int i = 0; i < Half; i++)
            {
                target[i] = (source[4 + i] & 15) * d + m;
                target[i + Half] = (source[4 + i] >> 4) * d + m;
            }
        }
    }

    public static void Encode(ReadOnlySpan<float> source, Span<byte> target)
    {
        for (; source.Length > 0; source = source[Values..], target = target[Bytes..])
        {
            (float least, float most) = Extreme.Range(source[..Values]);
            float d = (most - least) / 15, inverse = d != 0 ? 1 / d : 0;
            BlockCodec.SetScale(target, d);
            BlockCodec.SetScale(target[2..], least);
            for (int i = 0; i < Half; i++)
            {
                int low = Math.Min(15, (int)((source[i] - least) * inverse + 0.5f)), high = Math.Min(15, (int)((source[i + Half] - least) * inverse + 0.5f));
                target[4 + i] = (byte)(low | high << 4);
            }
        }
    }
}
