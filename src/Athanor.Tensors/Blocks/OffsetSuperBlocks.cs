namespace Athanor.Tensors.Blocks;

/// <summary>
/// Q4_K: <c>half d, half dmin, u8 scales[12], u8 q[128]</c>, and Q5_K with <c>u8 h[32]</c> before q. 8 parts of 32 numbers d·sc·q − dmin·m; sc and m of 6 bits are packed
/// in the 12 bytes; for each pair of parts 32 bytes of q hold the first in their low nibbles, the second in their high ones, and two bits of each byte of h are their fifth bits.
/// </summary>
internal static class OffsetSuperBlocks
{
    private const int Values = 256, Part = 32, Parts = 8, Scales = 4, Codes4 = 16, High5 = 16, Codes5 = 48;

    public static void Decode(ReadOnlySpan<byte> source, Span<float> target, bool fifthBit)
    {
        int bytes = fifthBit ? 176 : 144;
        for (; target.Length > 0; source = source[bytes..], target = target[Values..])
        {
            float d = BlockCodec.Scale(source), least = BlockCodec.Scale(source[2..]);
            ReadOnlySpan<byte> codes = source[(fifthBit ? Codes5 : Codes4)..];
            for (int part = 0; part < Parts; part++)
            {
                (int scale, int minimum) = ScaleOf(source[Scales..], part);
                float dPart = d * scale, mPart = least * minimum;
                for (int i = 0; i < Part; i++)
                {
                    int q = codes[part / 2 * Part + i] >> part % 2 * 4 & 15;
                    if (fifthBit)
                        q |= (source[High5 + i] >> part & 1) << 4;
                    target[part * Part + i] = dPart * q - mPart;
                }
            }
        }
    }

    public static void Encode(ReadOnlySpan<float> source, Span<byte> target, bool fifthBit)
    {
        int bytes = fifthBit ? 176 : 144, most = fifthBit ? 31 : 15;
        Span<float> weights = stackalloc float[Part], scales = stackalloc float[Parts], minimums = stackalloc float[Parts];
        Span<byte> codes = stackalloc byte[Values], tried = stackalloc byte[Part];
        for (; source.Length > 0; source = source[Values..], target = target[bytes..])
        {
            float largestScale = 0, largestMinimum = 0;
            for (int part = 0; part < Parts; part++)
            {
                ReadOnlySpan<float> x = source.Slice(part * Part, Part);
                Weigh(x, weights);
                (scales[part], minimums[part]) = ScaleSearch.WithOffset(x, weights, most, fifthBit ? -0.5f : -1, fifthBit ? 15 : 20, codes.Slice(part * Part, Part), tried);
                largestScale = scales[part] > largestScale ? scales[part] : largestScale;
                largestMinimum = minimums[part] > largestMinimum ? minimums[part] : largestMinimum;
            }
            target[..bytes].Clear();
            float d = BlockCodec.SetScale(target, largestScale / 63), least = BlockCodec.SetScale(target[2..], largestMinimum / 63);
            float inverseScale = largestScale > 0 ? 63 / largestScale : 0, inverseMinimum = largestMinimum > 0 ? 63 / largestMinimum : 0;
            for (int part = 0; part < Parts; part++)
            {
                // A scale below 0 wraps, as in the original's bytes.
                byte scale = Math.Min((byte)63, (byte)ScaleSearch.Nearest(inverseScale * scales[part])), minimum = Math.Min((byte)63, (byte)ScaleSearch.Nearest(inverseMinimum * minimums[part]));
                SetScale(target[Scales..], part, scale, minimum);
                float dPart = d * scale, mPart = least * minimum;
                // The codes of the search stay where the scale rounds to nothing.
                if (dPart == 0)
                    continue;
                for (int i = part * Part; i < (part + 1) * Part; i++)
                    codes[i] = (byte)Math.Clamp(ScaleSearch.Nearest((source[i] + mPart) / dPart), 0, most);
            }
            Pack(codes, target, fifthBit);
        }
    }

    private static void Weigh(ReadOnlySpan<float> x, Span<float> weights)
    {
        float sum = 0;
        foreach (float value in x)
            sum += value * value;
        float average = MathF.Sqrt(sum / Part);
        for (int i = 0; i < Part; i++)
            weights[i] = average + MathF.Abs(x[i]);
    }

    private static void Pack(ReadOnlySpan<byte> codes, Span<byte> target, bool fifthBit)
    {
        Span<byte> packed = target[(fifthBit ? Codes5 : Codes4)..];
        for (int part = 0; part < Parts; part++)
        {
            for (int i = 0; i < Part; i++)
            {
                int q = codes[part * Part + i];
                packed[part / 2 * Part + i] |= (byte)((q & 15) << part % 2 * 4);
                if (fifthBit)
                    target[High5 + i] |= (byte)(q >> 4 << part);
            }
        }
    }

    private static (int Scale, int Minimum) ScaleOf(ReadOnlySpan<byte> packed, int part) => part < 4
        ? (packed[part] & 63, packed[part + 4] & 63)
        : (packed[part + 4] & 15 | packed[part - 4] >> 6 << 4, packed[part + 4] >> 4 | packed[part] >> 6 << 4);

    private static void SetScale(Span<byte> packed, int part, byte scale, byte minimum)
    {
        if (part < 4)
        {
            packed[part] = scale;
            packed[part + 4] = minimum;
            return;
        }
        packed[part + 4] = (byte)(scale & 15 | (minimum & 15) << 4);
        packed[part - 4] |= (byte)(scale >> 4 << 6);
        packed[part] |= (byte)(minimum >> 4 << 6);
    }
}
