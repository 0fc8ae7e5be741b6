using System.Collections.Immutable;

namespace Athanor.Tokenizers.Normalizers;

/// <summary>Several normalizers, one after the other.</summary>
/// <param name="Steps">The steps in order.</param>
public sealed record SequenceNormalizer(ImmutableArray<Normalizer> Steps) : Normalizer
{
    public override void Apply(NormalizedText text)
    {
        foreach (Normalizer step in Steps)
        {
            if (!step.Leaves(text.Bytes))
                step.Apply(text);
        }
    }

    public override bool Leaves(ReadOnlySpan<byte> text)
    {
        foreach (Normalizer step in Steps)
        {
            if (!step.Leaves(text))
                return false;
        }
        return true;
    }
}
