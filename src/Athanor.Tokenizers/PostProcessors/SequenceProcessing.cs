using System.Collections.Immutable;

namespace Athanor.Tokenizers.PostProcessors;

/// <summary>Several post-processors, one after the other; at most one of them may put tokens around the text.</summary>
public sealed record SequenceProcessing : PostProcessor
{
    /// <exception cref="ArgumentException">Two steps put tokens around the text, which has no meaning in the format.</exception>
    public SequenceProcessing(ImmutableArray<PostProcessor> steps)
    {
        if (steps.Count(step => step is not (ByteLevelProcessing or SequenceProcessing)) > 1)
            throw new ArgumentException("More than one step puts tokens around the text; keep one.", nameof(steps));
        Steps = steps;
    }

    /// <summary>The steps in order.</summary>
    public ImmutableArray<PostProcessor> Steps { get; }

    internal override void Apply(ref PostProcessing texts)
    {
        foreach (PostProcessor step in Steps)
            step.Apply(ref texts);
    }

    public override int AddedCount(bool pair) => Steps.Sum(step => step.AddedCount(pair));
}
