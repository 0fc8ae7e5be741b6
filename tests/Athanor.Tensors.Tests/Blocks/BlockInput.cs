namespace Athanor.Tensors.Tests.Blocks;

/// <summary>Numbers by a small generator that any language repeats to the bit, with the shapes that break quantizers: zeros, constants, a spike, subnormal scales, large numbers.</summary>
internal static class BlockInput
{
    public static float[] Small { get; } = Triangular(7, 256);

    public static float[] Large { get; } = MakeLarge();

    private static float[] MakeLarge()
    {
        float[] values = Triangular(11, 65536);
        values.AsSpan(0, 256).Clear();
        values.AsSpan(256, 256).Fill(0.5f);
        values.AsSpan(512, 256).Fill(-0.25f);
        values.AsSpan(768, 256).Clear();
        values[800] = 3;
        Scale(values.AsSpan(1024, 256), 1e-20);
        Scale(values.AsSpan(1280, 256), 1000);
        Scale(values.AsSpan(1536, 32), 1e-6);
        return values;
    }

    private static void Scale(Span<float> values, double factor)
    {
        foreach (ref float value in values)
            value = (float)(value * factor);
    }

    private static float[] Triangular(uint seed, int count)
    {
        var values = new float[count];
        for (int i = 0; i < count; i++)
            values[i] = (float)(((Next(ref seed) + Next(ref seed)) / 16777216.0 - 1.0) * 0.125);
        return values;
    }

    private static double Next(ref uint state) => (state = state * 1664525 + 1013904223) >> 8;
}
