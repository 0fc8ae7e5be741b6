namespace Athanor.Data.Mixing;

/// <summary>A domain with what it has and what it is to give.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Documents">Documents it has.</param>
/// <param name="Size">Their size, in characters or tokens.</param>
/// <param name="Weight">Its weight against the others.</param>
/// <param name="MaxRepeat">It is read at most so often.</param>
internal sealed record MixSource(string Name, long Documents, long Size, double Weight, double MaxRepeat);

/// <summary>
/// How much of each domain a mixture takes: shares go like weights to the power of 1 / temperature (Devlin et al. 2018 and Conneau et al. 2020 for languages), times the budget. A domain that would be
/// read more often than it may is read that often, and the others share what it leaves.
/// </summary>
internal static class MixPlan
{
    /// <summary>Size to take of each domain; together the budget, or less where every domain is at its limit.</summary>
    public static double[] Targets(IReadOnlyList<MixSource> domains, double budget, double temperature)
    {
        // The largest weight is set to 1 before the power, so that nothing overflows.
        double largest = domains.Max(domain => domain.Size > 0 ? domain.Weight : 0);
        double[] shares = [.. domains.Select(domain => domain.Size > 0 && domain.Weight > 0 ? Math.Pow(domain.Weight / largest, 1 / temperature) : 0)];
        double[] targets = new double[domains.Count];
        bool[] full = new bool[domains.Count];
        bool again = true;
        while (again)
        {
            again = false;
            double left = budget - domains.Select((_, i) => full[i] ? targets[i] : 0).Sum(), open = shares.Where((_, i) => !full[i]).Sum();
            for (int i = 0; i < domains.Count; i++)
            {
                if (full[i])
                    continue;
                double most = domains[i].MaxRepeat * domains[i].Size;
                targets[i] = open > 0 ? left * shares[i] / open : 0;
                if (targets[i] <= most)
                    continue;
                (targets[i], full[i], again) = (most, true, true);
            }
        }
        return targets;
    }
}
