namespace Athanor.Tensors.Blocks;

/// <summary>
/// Q2_K: <c>u8 scales[16], u8 q[64], half d, half dmin</c>, and Q3_K: <c>u8 h[32], u8 q[64], u8 scales[12], half d</c>; read only. Of each half of 128 numbers, two bits of 32 bytes of q
/// are 32 numbers.
/// </summary>
internal static class LowBitSuperBlocks
{
    private const int Values = 256, Bytes2 = 84, Bytes3 = 110, Part = 16;

    public static void Decode2(ReadOnlySpan<byte> source, Span<float> target)
    {
        for (; target.Length > 0; source = source[Bytes2..], target = target[Values..])
        {
            float d = BlockCodec.Scale(source[80..]), least = BlockCodec.Scale(source[82..]);
            for (int i = 0; i < Values; i++)
            {
                byte scale = source[i / Part];
                target[i] = d * (scale & 15) * TwoBits(source[16..], i) - least * (scale >> 4);
            }
        }
    }

    public static void Decode3(ReadOnlySpan<byte> source, Span<float> target)
    {
        for (; target.Length > 0; source = source[Bytes3..], target = target[Values..])
        {
            float d = BlockCodec.Scale(source[108..]);
            for (int i = 0; i < Values; i++)
            {
                int part = i / Part, bit = source[i % 32] >> i / 32 & 1;
                target[i] = d * (ScaleOf(source[96..108], part) - 32) * (TwoBits(source[32..], i) - (bit == 1 ? 0 : 4));
            }
        }
    }

    private static int TwoBits(ReadOnlySpan<byte> codes, int i) => codes[i / 128 * 32 + i % 32] >> i % 128 / 32 * 2 & 3;

    // Low nibbles of the first 8 bytes are the scales 0 to 7, high ones 8 to 15; the last 4 bytes hold the upper two bits, scale j in byte j mod 4.
    private static int ScaleOf(ReadOnlySpan<byte> packed, int part) =>
        packed[part % 8] >> part / 8 * 4 & 15 | (packed[8 + part % 4] >> part / 4 * 2 & 3) << 4;
}
