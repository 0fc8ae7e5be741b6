using System.ComponentModel.DataAnnotations;
using Athanor.Data.Documents;
using Athanor.Data.Steps;

namespace Athanor.Data.Sampling;

/// <summary>Settings of <c>sample</c>.</summary>
public sealed record SampleSettings : IStepSource
{
    /// <summary>The share of documents that is kept.</summary>
    [Range(0.0, 1.0)]
    public required double Share { get; init; }

    /// <inheritdoc/>
    public Func<DocumentStep> Prepare(long seed) => () => new SampleStep(Share, seed);
}

/// <summary>Keeps a random share of documents. A document's place is a hash of its id and the seed, so a smaller share is part of a larger one and workers need not agree.</summary>
internal sealed class SampleStep(double share, long seed) : DocumentStep
{
    public override IReadOnlyList<string> Signals { get; } = ["place"];

    public override Removal? Apply(ref Document document, Span<float> signals)
    {
        double place = ContentHash.Place(document.Id, seed);
        signals[0] = (float)place;
        return place < share ? null : new Removal("not_sampled", place, share);
    }
}
