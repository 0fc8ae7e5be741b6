using System.ComponentModel.DataAnnotations;
using Athanor.Runs.Settings;

namespace Athanor.Data.Mixing;

/// <summary>In what a mixture is measured.</summary>
public enum MixUnit
{
    /// <summary>UTF-16 characters of the texts.</summary>
    Characters,

    /// <summary>Tokens; the stage takes a tokenizer too.</summary>
    Tokens,
}

/// <summary>In which order a mixture is written.</summary>
public enum MixOrder
{
    /// <summary>At random, over the whole.</summary>
    Shuffle,

    /// <summary>Short documents first; equal ones at random.</summary>
    ShortToLong,

    /// <summary>As they come; copies one after another.</summary>
    AsRead,
}

/// <summary>A domain of a mixture.</summary>
public sealed record MixDomain
{
    /// <summary>Its weight against the other domains; left out, its size.</summary>
    [Range(0, 1e12)]
    public double? Weight { get; init; }

    /// <summary>The values of 'by' that belong to it, "*" for all others; left out, the domain's own name.</summary>
    public IReadOnlyList<string> Of { get; init; } = [];

    /// <summary>Its documents are taken at most so often; left out, the mixture's max_repeat.</summary>
    [Range(0, 10_000)]
    public double? MaxRepeat { get; init; }
}

/// <summary>Settings of <c>mix</c>.</summary>
public sealed record MixSettings : IValidated
{
    /// <summary>What says which domain a document is of: source, or the name of metadata.</summary>
    public string By { get; init; } = "source";

    /// <summary>Domains by name; documents of none are left out. Left out, every value is a domain and its size its weight.</summary>
    public IReadOnlyDictionary<string, MixDomain> Domains { get; init; } = new Dictionary<string, MixDomain>();

    /// <summary>Shares go like weights to the power of 1 / temperature: above 1, small domains get more.</summary>
    [Range(0.01, 1000)]
    public double Temperature { get; init; } = 1;

    /// <summary>What the mixture holds, in characters or tokens, but for less than a document of each domain; left out, as much as comes in.</summary>
    [Range(1, 1L << 60)]
    public long? Budget { get; init; }

    /// <summary>In what sizes are measured: characters, or tokens of a tokenizer that is among the inputs.</summary>
    public MixUnit Unit { get; init; }

    /// <summary>A domain's documents are taken at most so often; more than 4 times adds little (Muennighoff et al. 2023).</summary>
    [Range(0.001, 10_000)]
    public double MaxRepeat { get; init; } = 4;

    /// <summary>The order: shuffle, short_to_long, as_read.</summary>
    public MixOrder Order { get; init; }

    /// <inheritdoc/>
    public void Validate(SettingsCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        check.Require(By.Length > 0, nameof(By), "It is empty.", "Write source, or the name of metadata.");
        int weighted = Domains.Values.Count(domain => domain.Weight is not null);
        check.Require(weighted == 0 || weighted == Domains.Count, nameof(Domains), "Some domains have a weight and others do not.", "Give all of them one, or none.");
        check.Require(Domains.Count == 0 || weighted == 0 || Domains.Values.Any(domain => domain.Weight > 0), nameof(Domains), "All weights are 0.");
        string[] values = [.. Domains.SelectMany(pair => pair.Value.Of.Count > 0 ? pair.Value.Of : [pair.Key])];
        check.Require(values.Distinct().Count() == values.Length, nameof(Domains), $"'{values.GroupBy(value => value).FirstOrDefault(group => group.Count() > 1)?.Key}' belongs to two domains.");
    }
}
