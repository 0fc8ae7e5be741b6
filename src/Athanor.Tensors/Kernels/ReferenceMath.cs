namespace Athanor.Tensors.Kernels;

/// <summary>Special functions in double that .NET does not have, for the reference kernels.</summary>
internal static class ReferenceMath
{
    /// <summary>Φ(x) = ½·erfc(−x/√2).</summary>
    public static double NormalDistribution(double x) => 0.5 * Erfc(-x / Math.Sqrt(2));

    /// <summary>1 − erf(x) to about 1e-15: Maclaurin series for |x| &lt; 2, continued fraction (Lentz) beyond.</summary>
    public static double Erfc(double x)
    {
        if (double.IsNaN(x))
            return x;
        double a = Math.Abs(x), z = a * a;
        if (a < 2)
        {
            double term = a, sum = a;
            for (int k = 1; k < 60; k++)
            {
                term *= -z / k;
                sum += term / (2 * k + 1);
            }
            return 1 - Math.Sign(x) * 2 / Math.Sqrt(Math.PI) * sum;
        }
        // erfc(a) = e^−a²/√π · 1/(a + ½/(a + 1/(a + 3⁄2/(a + …)))), evaluated from the far end.
        double tail = a;
        for (int k = 60; k >= 1; k--)
            tail = a + 0.5 * k / tail;
        double upper = a > 27 ? 0 : Math.Exp(-z) / (Math.Sqrt(Math.PI) * tail);
        return x > 0 ? upper : 2 - upper;
    }
}
