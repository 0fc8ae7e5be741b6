using Athanor.Inference.Sampling;

namespace Athanor.Inference.Tests.Testing;

/// <summary>The distribution that options make of logits, by the definitions: full sorts, double, no shortcut.</summary>
internal static class PlainSampling
{
    public static double[] Distribution(ReadOnlySpan<float> logits, SamplingOptions options, IReadOnlyCollection<int>? prompt = null, IReadOnlyList<int>? generated = null, Func<int, bool>? allowed = null)
    {
        var z = new double[logits.Length];
        for (int i = 0; i < z.Length; i++)
        {
            z[i] = allowed?.Invoke(i) == false ? double.NegativeInfinity : logits[i];
            if (options.LogitBias?.TryGetValue(i, out float bias) == true)
                z[i] += bias;
            int times = generated?.Count(token => token == i) ?? 0;
            if (times > 0 || prompt?.Contains(i) == true)
                z[i] = z[i] > 0 ? z[i] / options.RepetitionPenalty : z[i] * options.RepetitionPenalty;
            if (times > 0)
                z[i] -= options.PresencePenalty + times * options.FrequencyPenalty;
        }
        double[] p = Normalized([.. z.Select(value => Math.Exp((value - z.Max()) / options.Temperature))]);
        if (options.TopK > 0)
            p = Only(p, [.. Enumerable.Range(0, p.Length).OrderByDescending(i => p[i]).ThenBy(i => i).Take(options.TopK)]);
        if (options.TypicalP < 1)
        {
            double[] now = p;
            double entropy = -now.Sum(value => value == 0 ? 0 : value * Math.Log(value));
            p = Until(now, options.TypicalP, Enumerable.Range(0, now.Length).Where(i => now[i] > 0).OrderBy(i => Math.Abs(-Math.Log(now[i]) - entropy)).ThenBy(i => i));
        }
        if (options.TopP < 1)
        {
            double[] now = p;
            p = Until(now, options.TopP, Enumerable.Range(0, now.Length).OrderByDescending(i => now[i]).ThenBy(i => i));
        }
        double least = options.MinP * p.Max();
        return Normalized([.. p.Select(value => value < least ? 0 : value)]);
    }

    private static double[] Until(double[] p, double wanted, IEnumerable<int> order)
    {
        var kept = new List<int>();
        double reached = 0;
        foreach (int i in order)
        {
            kept.Add(i);
            reached += p[i];
            if (reached >= wanted)
                break;
        }
        return Only(p, kept);
    }

    private static double[] Only(double[] p, IReadOnlyCollection<int> kept)
    {
        var result = new double[p.Length];
        foreach (int i in kept)
            result[i] = p[i];
        return Normalized(result);
    }

    private static double[] Normalized(double[] weights)
    {
        double sum = weights.Sum();
        return [.. weights.Select(weight => weight / sum)];
    }
}
