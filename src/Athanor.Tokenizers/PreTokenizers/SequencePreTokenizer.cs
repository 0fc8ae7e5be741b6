using System.Collections.Immutable;

namespace Athanor.Tokenizers.PreTokenizers;

/// <summary>Several pre-tokenizers, each cutting the pieces of the one before.</summary>
/// <param name="Steps">The steps in order.</param>
public sealed record SequencePreTokenizer(ImmutableArray<PreTokenizer> Steps) : PreTokenizer
{
    internal override bool NeedsOrigins => Steps.Any(step => step.NeedsOrigins);

    public override void Split(PreTokenizedText text)
    {
        foreach (PreTokenizer step in Steps)
            step.Split(text);
    }
}
