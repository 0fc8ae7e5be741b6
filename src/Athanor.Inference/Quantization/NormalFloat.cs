namespace Athanor.Inference.Quantization;

/// <summary>
/// NF4: 16 numbers at the quantiles of a normal distribution, one of which stands for each weight of a block of 64 after division by the block's largest magnitude (QLoRA, arXiv 2305.14314).
/// Codes are packed as bitsandbytes packs them, the even element in the upper nibble.
/// </summary>
public static class NormalFloat
{
    /// <summary>Weights that share a scale.</summary>
    public const int BlockLength = 64;

    /// <summary>The 16 numbers, ascending.</summary>
    public static ReadOnlySpan<float> Table =>
    [
        -1, -0.6961928009986877f, -0.5250730514526367f, -0.39491748809814453f, -0.28444138169288635f, -0.18477343022823334f, -0.09105003625154495f, 0,
        0.07958029955625534f, 0.16093020141124725f, 0.24611230194568634f, 0.33791524171829224f, 0.44070982933044434f, 0.5626170039176941f, 0.7229568362236023f, 1,
    ];

    /// <summary>Rounds weights.</summary>
    /// <param name="weights">Any number of them.</param>
    /// <param name="codes">Half as many bytes, rounded up.</param>
    /// <param name="scales">One a block of 64, the last of which may be short.</param>
    public static void Encode(ReadOnlySpan<float> weights, Span<byte> codes, Span<float> scales)
    {
        codes.Clear();
        for (int block = 0; block < scales.Length; block++)
        {
            ReadOnlySpan<float> part = weights[(block * BlockLength)..Math.Min(weights.Length, (block + 1) * BlockLength)];
            float largest = 0;
            foreach (float weight in part)
                largest = Math.Max(largest, MathF.Abs(weight));
            scales[block] = largest;
            for (int i = 0; i < part.Length; i++)
            {
                int at = block * BlockLength + i, code = Nearest(largest == 0 ? 0 : part[i] / largest);
                codes[at / 2] |= (byte)(at % 2 == 0 ? code << 4 : code);
            }
        }
    }

    /// <summary>Reads weights.</summary>
    public static void Decode(ReadOnlySpan<byte> codes, ReadOnlySpan<float> scales, Span<float> weights)
    {
        for (int i = 0; i < weights.Length; i++)
            weights[i] = Table[i % 2 == 0 ? codes[i / 2] >> 4 : codes[i / 2] & 15] * scales[i / BlockLength];
    }

    // Strictly above the midpoint, as bitsandbytes compares.
    private static int Nearest(float value)
    {
        int code = 0;
        while (code < 15 && value > (Table[code] + Table[code + 1]) / 2)
            code++;
        return code;
    }
}
