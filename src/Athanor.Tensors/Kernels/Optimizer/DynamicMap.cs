namespace Athanor.Tensors.Kernels;

/// <summary>
/// The 8-bit "dynamic" data type of optimizer state (Dettmers 2015, arXiv 1511.04561; Dettmers et al. 2021, arXiv 2110.02861):
/// seven decades, each with twice as many codes as the one below, so that large entries of a block get about 1 % resolution and
/// small ones still six orders of magnitude of range.
/// </summary>
/// <remarks>
/// <para>Level i = 0 … 6 covers (10^(i-7), 10^(i-6)] by the middles of n = 2^i (signed) or 2^(i+1) (unsigned) equal parts; the rest
/// of the 256 codes are 0, 1 and, signed, the negatives of the levels. Codes number the values in ascending order, so 1 has the
/// code 255, zero 127 (signed) or 0 (unsigned), and the smallest signed value is -0.99296875.</para>
/// <para>In both maps |code - zero|, plus one when unsigned, is 2^e + k for entry k of a level with 2^e entries: that is how the vector
/// code works without the table.</para>
/// </remarks>
internal static class DynamicMap
{
    /// <summary>The signed map, ascending; for first moments.</summary>
    public static double[] Signed { get; } = Build(signed: true);

    /// <summary>The unsigned map, ascending; for second moments.</summary>
    public static double[] Unsigned { get; } = Build(signed: false);

    /// <summary>Code of the entry nearest to <paramref name="x"/>; NaN gives the code of 1.</summary>
    public static byte Encode(double[] map, double x)
    {
        int low = 0, high = 255;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (x < (map[middle] + map[middle + 1]) / 2)
                high = middle;
            else
                low = middle + 1;
        }
        return (byte)(double.IsNaN(x) ? 255 : low);
    }

    private static double[] Build(bool signed)
    {
        var values = new List<double> { 0, 1 };
        for (int level = 0; level < 7; level++)
        {
            int parts = 1 << (signed ? level : level + 1);
            for (int k = 0; k < parts; k++)
            {
                double value = Math.Pow(10, level - 6) * (0.1 + 0.9 * (k + 0.5) / parts);
                values.Add(value);
                if (signed)
                    values.Add(-value);
            }
        }
        values.Sort();
        return [.. values];
    }
}
