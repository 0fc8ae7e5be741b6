namespace Athanor.Inference.Quantization;

/// <summary>int8 with a scale for each output (LLM.int8, arXiv 2208.07339): q = round(127·w / max|row|), halves to even.</summary>
public static class RowInt8
{
    /// <summary>Rounds a row.</summary>
    /// <returns>The row's largest magnitude, which bitsandbytes stores as SCB.</returns>
    public static float Encode(ReadOnlySpan<float> row, Span<sbyte> codes)
    {
        float largest = 0;
        foreach (float weight in row)
            largest = Math.Max(largest, MathF.Abs(weight));
        float inverse = largest == 0 ? 0 : 127 / largest;
        for (int i = 0; i < row.Length; i++)
            codes[i] = (sbyte)Math.Clamp(MathF.Round(row[i] * inverse), -127, 127);
        return largest;
    }

    /// <summary>Reads a row.</summary>
    public static void Decode(ReadOnlySpan<sbyte> codes, float largest, Span<float> row)
    {
        for (int i = 0; i < row.Length; i++)
            row[i] = codes[i] * (largest / 127);
    }
}
