using System.ComponentModel.DataAnnotations;
using Athanor.Data.Steps;

namespace Athanor.Data.Privacy;

/// <summary>What is done with a find.</summary>
public enum PiiAction
{
    /// <summary>Put a mask in its place: |||EMAIL_ADDRESS|||, as Dolma does.</summary>
    Mask,

    /// <summary>Put an example in its place, the same for the same find everywhere: addresses of example.com, numbers and networks that are kept for documentation.</summary>
    Example,

    /// <summary>Leave the text; finds still count.</summary>
    Count,
}

/// <summary>Settings of <c>pii</c>: finds personal data and secrets, masks them or puts examples in their place, and removes documents with many.</summary>
public sealed record PiiSettings : IStepSource
{
    /// <summary>What is looked for; left out, everything.</summary>
    public IReadOnlyList<PiiKind> Kinds { get; init; } = [];

    /// <summary>What is done with finds.</summary>
    public PiiAction Action { get; init; } = PiiAction.Mask;

    /// <summary>Finds up to which a document is kept; Dolma keeps 5.</summary>
    [Range(0, 1_000_000)]
    public int MaxFinds { get; init; } = 1_000_000;

    /// <summary>Leave private, local and documentation addresses alone, as datatrove does.</summary>
    public bool PublicAddressesOnly { get; init; } = true;

    /// <summary>Characters before and after a telephone number or address in which isbn, doi or # say that it is something else, as Dolma does; 0 switches this off.</summary>
    [Range(0, 10_000)]
    public int ContextCharacters { get; init; } = 100;

    /// <inheritdoc/>
    public Func<DocumentStep> Prepare(long seed) => () => new PiiStep(this);
}
