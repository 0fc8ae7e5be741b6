namespace Athanor.Data.Quality;

/// <summary>Rules with the families of signals they need, in the order of first use: what a worker's filter is made from.</summary>
internal sealed class QualityPlan
{
    /// <summary>Makes a family of signals for a worker, by its name.</summary>
    private static readonly Dictionary<string, Func<C4Rules, SignalFamily>> Makers = new(StringComparer.Ordinal)
    {
        ["gopher"] = _ => new GopherSignals(),
        ["gopher_repetition"] = _ => new GopherRepetitionSignals(),
        ["datatrove"] = _ => new DatatroveSignals(),
        ["datatrove_repetition"] = _ => new DatatroveRepetitionSignals(),
        ["c4"] = rules => new C4Signals(rules),
        ["fineweb"] = _ => new FineWebSignals(),
        ["dolma"] = _ => new DolmaSignals(),
        ["dclm"] = _ => new DclmSignals(),
        ["dclm_repetition"] = _ => new DclmRepetitionSignals(),
        ["refinedweb"] = _ => new RefinedWebSignals(),
        ["slimpajama"] = _ => new SlimPajamaSignals(),
        ["text"] = _ => new TextSignals(),
    };

    private readonly C4Rules _c4;
    private readonly List<string> _families = [];

    /// <param name="rules">The rules, in their order.</param>
    /// <param name="c4">How the family c4 drops lines.</param>
    /// <param name="also">Families that are measured though no rule asks for them.</param>
    /// <exception cref="InvalidDataException">A rule names no signal.</exception>
    public QualityPlan(IReadOnlyList<QualityRule> rules, C4Rules c4, IEnumerable<string>? also = null)
    {
        rules = Grouped(rules);
        (Rules, _c4) = (rules, c4);
        foreach (string family in rules.Select(rule => rule.Signal.Split('.')[0]).Concat(also ?? []))
        {
            if (!Makers.ContainsKey(family))
                throw new InvalidDataException($"There is no family of signals '{family}'; there are {string.Join(", ", Makers.Keys)}.");
            if (!_families.Contains(family))
                _families.Add(family);
        }
        Signals = [.. Families().SelectMany(NamesOf)];
        Places = [.. rules.Select(rule => Signals.IndexOf(rule.Signal))];
        int missing = Array.IndexOf(Places, -1);
        if (missing >= 0)
            throw new InvalidDataException($"There is no signal '{rules[missing].Signal}'; of its family there are {string.Join(", ", Signals.Where(name => name.StartsWith(rules[missing].Signal.Split('.')[0] + ".", StringComparison.Ordinal)))}.");
    }

    public IReadOnlyList<QualityRule> Rules { get; }

    /// <summary>All signals of the families, in their order.</summary>
    public List<string> Signals { get; }

    /// <summary>Where each rule's signal lies in <see cref="Signals"/>.</summary>
    public int[] Places { get; }

    /// <summary>Rules by family, families in the order of first use: the order in which they are asked, since a family is measured as a whole.</summary>
    public static IReadOnlyList<QualityRule> Grouped(IReadOnlyList<QualityRule> rules) => [.. rules.GroupBy(rule => rule.Signal.Split('.')[0]).SelectMany(group => group)];

    /// <summary>All signals there are, by family.</summary>
    public static IEnumerable<string> AllSignals => Makers.Values.Select(make => make(new C4Rules())).SelectMany(NamesOf);

    /// <summary>Families for one worker.</summary>
    public IReadOnlyList<SignalFamily> Families() => [.. _families.Select(name => Makers[name](_c4))];

    private static IEnumerable<string> NamesOf(SignalFamily family) => family.Signals.Select(signal => $"{family.Name}.{signal}");
}
