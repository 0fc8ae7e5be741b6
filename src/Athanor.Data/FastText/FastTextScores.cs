namespace Athanor.Data.FastText;

/// <summary>How fastText makes numbers of sums: with 1e-5 added before each logarithm, and a logistic function out of a table of 512 steps.</summary>
internal static class FastTextScores
{
    private const int Steps = 512, Bound = 8;
    private const float Epsilon = 1e-5f;

    private static readonly float[] Logistic = [.. Enumerable.Range(0, Steps + 1).Select(i => (float)(1.0 / (1.0 + Math.Exp(-(((float)(i * 2 * Bound) / Steps) - Bound)))))];

    public static float Log(float value) => (float)Math.Log(value + 1e-5);

    public static float Sigmoid(float value) =>
        float.IsNaN(value) ? value : value < -Bound ? 0 : value > Bound ? 1 : Logistic[(int)((value + Bound) * Steps / Bound / 2)];

    /// <summary>What fastText tells as a probability: 1e-5 more than it is.</summary>
    public static float Told(float probability) => probability + Epsilon;

    /// <summary>Sums → probabilities.</summary>
    public static void Softmax(Span<float> values)
    {
        float most = values[0], sum = 0;
        foreach (float value in values)
            most = Math.Max(most, value);
        foreach (ref float value in values)
            sum += value = (float)Math.Exp(value - most);
        foreach (ref float value in values)
            value /= sum;
    }
}
