namespace Athanor.Inference.Quantization;

/// <summary>
/// The signed 8-bit dynamic code of bitsandbytes (arXiv 2110.02861): 7 decades of linear steps of both signs, 0 and 1; the second quantization of NF4's scales, in blocks of 256 after their
/// mean is taken away.
/// </summary>
public static class DynamicCode
{
    /// <summary>Numbers that share a scale.</summary>
    public const int BlockLength = 256;

    private static readonly float[] _table = Build();

    /// <summary>The 256 numbers, ascending.</summary>
    public static ReadOnlySpan<float> Table => _table;

    /// <summary>Rounds numbers.</summary>
    /// <param name="codes">A byte for each.</param>
    /// <param name="scales">One a block of 256.</param>
    /// <returns>The mean that was taken away first.</returns>
    public static float Encode(ReadOnlySpan<float> values, Span<byte> codes, Span<float> scales)
    {
        double sum = 0;
        foreach (float value in values)
            sum += value;
        float offset = (float)(sum / Math.Max(1, values.Length));
        for (int block = 0; block < scales.Length; block++)
        {
            int first = block * BlockLength, end = Math.Min(values.Length, first + BlockLength);
            float largest = 0;
            for (int i = first; i < end; i++)
                largest = Math.Max(largest, MathF.Abs(values[i] - offset));
            scales[block] = largest;
            for (int i = first; i < end; i++)
                codes[i] = Nearest(largest == 0 ? 0 : (values[i] - offset) / largest);
        }
        return offset;
    }

    /// <summary>Reads numbers.</summary>
    public static void Decode(ReadOnlySpan<byte> codes, ReadOnlySpan<float> scales, float offset, Span<float> values)
    {
        for (int i = 0; i < values.Length; i++)
            values[i] = _table[codes[i]] * scales[i / BlockLength] + offset;
    }

    private static byte Nearest(float value)
    {
        int at = Array.BinarySearch(_table, value);
        if (at >= 0)
            return (byte)at;
        int above = Math.Clamp(~at, 1, 255);
        return (byte)(value - _table[above - 1] <= _table[above] - value ? above - 1 : above);
    }

    private static float[] Build()
    {
        var table = new List<float> { 0, 1 };
        for (int i = 0; i < 7; i++)
        {
            int steps = 1 << i;
            for (int step = 0; step < steps; step++)
            {
                double mean = 0.1 + 0.9 * (step + 0.5) / steps, value = Math.Pow(10, i - 6) * mean;
                table.Add((float)value);
                table.Add((float)-value);
            }
        }
        table.Sort();
        return [.. table];
    }
}
