using System.Collections.Immutable;

namespace Athanor.Tokenizers.Decoders;

/// <summary>Several decoders, one after the other.</summary>
/// <param name="Steps">The steps in order.</param>
public sealed record SequenceDecoder(ImmutableArray<TokenDecoder> Steps) : TokenDecoder
{
    internal override DecodeStage Start(DecodeStage next, bool asText)
    {
        for (int i = Steps.Length - 1; i >= 0; i--)
            next = Steps[i].Start(next, asText);
        return next;
    }
}
