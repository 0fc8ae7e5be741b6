using System.Runtime.CompilerServices;

namespace Athanor.Tensors.Blocks;

/// <summary>
/// The searches of the formats with super-blocks: several scales near the obvious one are tried, each is fitted by weighted least squares, and the one
/// of least error is kept (ggml-quants.c, <c>make_qkx2_quants</c> and <c>make_qx_quants</c>). Sums run in the order of the numbers, as there, so that bits agree.
/// </summary>
internal static class ScaleSearch
{
    /// <summary>Sums of blocks below this count as nothing.</summary>
    public const float Nothing = 1e-15f;

    /// <summary>Half to even below 2^22, by the bits that are left when a large number is added.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Nearest(float value) => (BitConverter.SingleToInt32Bits(value + 12582912f) & 0x007FFFFF) - 0x00400000;

    /// <summary>x ≈ scale·q + least with q in 0..<paramref name="most"/> and least ≤ 0.</summary>
    /// <param name="first">The first scale tried is <paramref name="most"/> plus this over the range.</param>
    /// <param name="steps">Scales tried after it, 0.1 apart.</param>
    /// <param name="codes">q of the best scale.</param>
    /// <param name="tried">Scratch of the same length.</param>
    /// <returns>The scale and −least.</returns>
    public static (float Scale, float Minimum) WithOffset(ReadOnlySpan<float> x, ReadOnlySpan<float> weights, int most, float first, int steps, Span<byte> codes, Span<byte> tried)
    {
        float least = x[0], largest = x[0], sumW = weights[0], sumX = sumW * x[0];
        for (int i = 1; i < x.Length; i++)
        {
            if (x[i] < least)
                least = x[i];
            if (x[i] > largest)
                largest = x[i];
            float w = weights[i];
            sumW += w;
            sumX += w * x[i];
        }
        if (least > 0)
            least = 0;
        if (largest == least)
        {
            codes.Clear();
            return (0, -least);
        }
        float inverse = most / (largest - least), scale = 1 / inverse, bestError = 0, start = least;
        for (int i = 0; i < x.Length; i++)
        {
            int q = Math.Clamp(Nearest(inverse * (x[i] - start)), 0, most);
            codes[i] = (byte)q;
            float difference = scale * q + start - x[i];
            difference *= difference;
            bestError += weights[i] * difference;
        }
        for (int step = 0; step <= steps; step++)
        {
            inverse = (first + 0.1f * step + most) / (largest - start);
            float sumL = 0, sumL2 = 0, sumXL = 0;
            // The candidates are laid from the least number fitted so far, not from the first.
            for (int i = 0; i < x.Length; i++)
            {
                int q = Math.Clamp(Nearest(inverse * (x[i] - start)), 0, most);
                tried[i] = (byte)q;
                float w = weights[i];
                sumL += w * q;
                sumL2 += w * q * q;
                sumXL += w * q * x[i];
            }
            float determinant = sumW * sumL2 - sumL * sumL;
            if (!(determinant > 0))
                continue;
            float newScale = (sumW * sumXL - sumX * sumL) / determinant, newLeast = (sumL2 * sumX - sumL * sumXL) / determinant;
            if (newLeast > 0)
            {
                newLeast = 0;
                newScale = sumXL / sumL2;
            }
            float error = 0;
            for (int i = 0; i < x.Length; i++)
            {
                float difference = newScale * tried[i] + newLeast - x[i];
                difference *= difference;
                error += weights[i] * difference;
            }
            if (!(error < bestError))
                continue;
            tried.CopyTo(codes);
            (bestError, scale, start) = (error, newScale, newLeast);
        }
        return (scale, -start);
    }

    /// <summary>x ≈ scale·q with q in −<paramref name="most"/>..<paramref name="most"/>−1, errors weighted by x²; 0 where all is nothing.</summary>
    /// <param name="codes">q + most.</param>
    public static float Signed(ReadOnlySpan<float> x, int most, Span<byte> codes)
    {
        float extreme = Extreme.Of(x);
        if (MathF.Abs(extreme) < Nothing)
        {
            codes.Clear();
            return 0;
        }
        float inverse = -most / extreme;
        (float sumXL, float sumL2) = Fit(x, inverse, most);
        Fill(x, inverse, most, codes);
        float scale = sumL2 != 0 ? sumXL / sumL2 : 0, best = scale * sumXL;
        for (int step = -9; step <= 9; step++)
        {
            if (step == 0)
                continue;
            inverse = -(most + 0.1f * step) / extreme;
            (sumXL, sumL2) = Fit(x, inverse, most);
            if (!(sumL2 > 0 && sumXL * sumXL > best * sumL2))
                continue;
            Fill(x, inverse, most, codes);
            scale = sumXL / sumL2;
            best = scale * sumXL;
        }
        return scale;
    }

    private static (float SumXL, float SumL2) Fit(ReadOnlySpan<float> x, float inverse, int most)
    {
        float sumXL = 0, sumL2 = 0;
        foreach (float value in x)
        {
            int q = Math.Clamp(Nearest(inverse * value), -most, most - 1);
            float w = value * value;
            sumXL += w * value * q;
            sumL2 += w * q * q;
        }
        return (sumXL, sumL2);
    }

    private static void Fill(ReadOnlySpan<float> x, float inverse, int most, Span<byte> codes)
    {
        for (int i = 0; i < x.Length; i++)
            codes[i] = (byte)(Math.Clamp(Nearest(inverse * x[i]), -most, most - 1) + most);
    }
}
