namespace Athanor.Tensors.Blocks;

/// <summary>The outermost numbers of a block.</summary>
internal static class Extreme
{
    /// <summary>The first number of largest magnitude, with its sign.</summary>
    public static float Of(ReadOnlySpan<float> values)
    {
        float largest = 0, signed = 0;
        foreach (float value in values)
        {
            float magnitude = MathF.Abs(value);
            if (magnitude > largest)
                (largest, signed) = (magnitude, value);
        }
        return signed;
    }

    /// <summary>The least and the largest number.</summary>
    public static (float Least, float Most) Range(ReadOnlySpan<float> values)
    {
        float least = float.MaxValue, most = float.MinValue;
        foreach (float value in values)
        {
            if (value < least)
                least = value;
            if (value > most)
                most = value;
        }
        return (least, most);
    }
}
