using System.Runtime.Intrinsics;

namespace Athanor.Inference.Sampling;

/// <summary>
/// Top-k, typical, top-p and min-p, in this order, each over what the one before left. Weights are e^((z − max z) / T); only as many tokens are put in order as
/// the filters need to see.
/// </summary>
internal readonly ref struct TokenFilters(SamplingOptions options, ReadOnlySpan<float> logits, float max, double inverseTemperature, SamplerScratch scratch)
{
    // Below e^-800 a weight is 0; the bound keeps −∞ and NaN out of sums.
    private const double Least = -800;
    private readonly ReadOnlySpan<float> _logits = logits;

    /// <summary>Whether tokens have to be put in order at all; min-p alone does not ask for it.</summary>
    public static bool Order(SamplingOptions options, int vocabulary) => options.TopK > 0 && options.TopK < vocabulary || options.TypicalP < 1 || options.TopP < 1;

    /// <summary>The ids that are left, likeliest first, in the scratch.</summary>
    public Span<int> Apply()
    {
        int count = -1; // All.
        if (options.TopK > 0 && options.TopK < _logits.Length)
            count = Take(scratch.Selection.Largest(_logits, options.TopK));
        if (options.TypicalP < 1)
            count = Typical(count);
        if (options.TopP < 1)
            count = count < 0 ? Nucleus() : Nucleus(count);
        Span<int> ids = scratch.Ids(count);
        if (options.MinP > 0)
        {
            double least = options.MinP * Weight(_logits[ids[0]]);
            while (count > 1 && Weight(_logits[ids[count - 1]]) < least)
                count--;
        }
        return ids[..count];
    }

    private double Exponent(float logit) => (logit - (double)max) * inverseTemperature;

    private double Weight(float logit) => Exponent(logit) is > Least and var exponent ? Math.Exp(exponent) : 0;

    private int Take(ReadOnlySpan<ulong> selected)
    {
        Span<int> ids = scratch.Ids(selected.Length);
        for (int i = 0; i < ids.Length; i++)
            ids[i] = TokenSelection.Id(selected[i]);
        return ids.Length;
    }

    /// <summary>Top-p over all tokens: more and more of them are put in order until they reach it.</summary>
    private int Nucleus()
    {
        double wanted = options.TopP * Totals().Sum;
        for (int count = 64; ; count = (int)Math.Min(8L * count, _logits.Length))
        {
            ReadOnlySpan<ulong> first = scratch.Selection.Largest(_logits, count);
            double reached = 0;
            for (int i = 0; i < first.Length; i++)
            {
                reached += Weight(TokenSelection.Value(first[i]));
                if (reached >= wanted)
                    return Take(first[..(i + 1)]);
            }
            if (first.Length == _logits.Length)
                return Take(first);
        }
    }

    /// <summary>Top-p over an ordered list.</summary>
    private int Nucleus(int count)
    {
        ReadOnlySpan<int> ids = scratch.Ids(count);
        double sum = 0, reached = 0;
        foreach (int id in ids)
            sum += Weight(_logits[id]);
        for (int i = 0; i < count; i++)
        {
            reached += Weight(_logits[ids[i]]);
            if (reached >= options.TopP * sum)
                return i + 1;
        }
        return count;
    }

    private int Typical(int listed)
    {
        int all = listed < 0 ? _logits.Length : listed;
        Span<float> keys = scratch.Keys(all);
        ReadOnlySpan<int> ids = listed < 0 ? default : scratch.Ids(listed);
        (double sum, double mean) = listed < 0 ? Totals() : Totals(ids);
        // H = ln Σw − Σ w·s / Σw with s = ln w; the surprise of a token is ln Σw − s, so its distance from H is |Σ w·s / Σw − s|.
        mean /= sum;
        for (int i = 0; i < all; i++)
        {
            double exponent = Exponent(_logits[listed < 0 ? i : ids[i]]);
            keys[i] = exponent > Least ? -(float)Math.Abs(mean - exponent) : float.NegativeInfinity;
        }
        double wanted = options.TypicalP * sum;
        for (int count = Math.Min(64, all); ; count = (int)Math.Min(8L * count, all))
        {
            ReadOnlySpan<ulong> first = listed < 0 ? scratch.Selection.Largest(keys, count) : scratch.Selection.Largest(keys, ids, count);
            double reached = 0;
            for (int i = 0; i < first.Length; i++)
            {
                reached += Weight(_logits[TokenSelection.Id(first[i])]);
                if (reached >= wanted)
                    return Ordered(first[..(i + 1)]);
            }
            if (first.Length == all)
                return Ordered(first);
        }
    }

    /// <summary>Puts selected ids in the order of their logits.</summary>
    private int Ordered(ReadOnlySpan<ulong> selected)
    {
        int count = Take(selected);
        Span<int> ids = scratch.Ids(count);
        Span<float> values = scratch.Keys(count);
        for (int i = 0; i < count; i++)
            values[i] = _logits[ids[i]];
        return Take(scratch.Selection.Largest(values, ids, count));
    }

    private (double Sum, double Weighted) Totals(ReadOnlySpan<int> ids)
    {
        double sum = 0, weighted = 0;
        foreach (int id in ids)
            Count(_logits[id], ref sum, ref weighted);
        return (sum, weighted);
    }

    /// <summary>Σ w and Σ w·ln w over all tokens, in a fixed order whatever the machine.</summary>
    private (double Sum, double Weighted) Totals()
    {
        Vector512<double> sums = Vector512<double>.Zero, weighteds = sums, least = Vector512.Create(Least), shift = Vector512.Create((double)max);
        int i = 0;
        for (; i + 8 <= _logits.Length; i += 8)
        {
            (Vector256<double> low, Vector256<double> high) = Vector256.Widen(Vector256.Create(_logits.Slice(i, 8)));
            Vector512<double> exponent = (Vector512.Create(low, high) - shift) * inverseTemperature;
            exponent = Vector512.ConditionalSelect(Vector512.GreaterThan(exponent, least), exponent, least);
            Vector512<double> weight = Vector512.Exp(exponent);
            sums += weight;
            weighteds += weight * exponent;
        }
        double sum = Vector512.Sum(sums), weighted = Vector512.Sum(weighteds);
        for (; i < _logits.Length; i++)
            Count(_logits[i], ref sum, ref weighted);
        return (sum, weighted);
    }

    private void Count(float logit, ref double sum, ref double weighted)
    {
        double exponent = Exponent(logit);
        if (!(exponent > Least))
            return;
        double weight = Math.Exp(exponent);
        sum += weight;
        weighted += weight * exponent;
    }
}
