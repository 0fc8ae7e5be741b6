namespace Athanor.Tensors.Blocks;

/// <summary>
/// Q6_K: <c>u8 low[128], u8 high[64], i8 scales[16], half d</c>. 16 parts of 16 numbers d·sc·(q − 32). Of each half of 128 numbers, byte l of 32 of <c>high</c> holds the upper two
/// bits of the numbers l, l + 32, l + 64, l + 96; the lower nibbles of 64 bytes of <c>low</c> belong to the first 64 numbers, the upper ones to the last.
/// </summary>
internal static class SignedSuperBlocks
{
    private const int Values = 256, Bytes = 210, Part = 16, Parts = 16, High = 128, Scales = 192, Scale = 208, Half = 128;

    public static void Decode(ReadOnlySpan<byte> source, Span<float> target)
    {
        for (; target.Length > 0; source = source[Bytes..], target = target[Values..])
        {
            float d = BlockCodec.Scale(source[Scale..]);
            for (int i = 0; i < Values; i++)
            {
                int half = i / Half, within = i % Half, quarter = within / 32, l = within % 32;
                int low = source[half * 64 + within % 64] >> within / 64 * 4 & 15, high = source[High + half * 32 + l] >> quarter * 2 & 3;
                target[i] = d * (sbyte)source[Scales + i / Part] * ((low | high << 4) - 32);
            }
        }
    }

    public static void Encode(ReadOnlySpan<float> source, Span<byte> target)
    {
        Span<float> scales = stackalloc float[Parts];
        Span<byte> codes = stackalloc byte[Values];
        for (; source.Length > 0; source = source[Values..], target = target[Bytes..])
        {
            target[..Bytes].Clear();
            float largest = 0;
            for (int part = 0; part < Parts; part++)
                scales[part] = ScaleSearch.Signed(source.Slice(part * Part, Part), 32, codes.Slice(part * Part, Part));
            largest = Extreme.Of(scales);
            if (MathF.Abs(largest) < ScaleSearch.Nothing)
                continue;
            float inverse = -128 / largest, d = BlockCodec.SetScale(target[Scale..], 1 / inverse);
            for (int part = 0; part < Parts; part++)
            {
                int scale = Math.Min(127, ScaleSearch.Nearest(inverse * scales[part]));
                target[Scales + part] = (byte)(sbyte)scale;
                float dPart = d * (sbyte)scale;
                if (dPart == 0)
                    continue;
                for (int i = part * Part; i < (part + 1) * Part; i++)
                    codes[i] = (byte)(Math.Clamp(ScaleSearch.Nearest(source[i] / dPart), -32, 31) + 32);
            }
            for (int i = 0; i < Values; i++)
            {
                int half = i / Half, within = i % Half;
                target[half * 64 + within % 64] |= (byte)((codes[i] & 15) << within / 64 * 4);
                target[High + half * 32 + within % 32] |= (byte)(codes[i] >> 4 << within / 32 * 2);
            }
        }
    }
}
