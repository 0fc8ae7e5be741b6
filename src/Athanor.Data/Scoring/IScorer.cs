namespace Athanor.Data.Scoring;

/// <summary>How well a model predicts a text.</summary>
/// <param name="Perplexity">NaN for a text without words.</param>
/// <param name="Words">Words or tokens that were predicted.</param>
/// <param name="Unknown">Those that the model does not know.</param>
public readonly record struct TextScore(double Perplexity, long Words, long Unknown);

/// <summary>Says how well a model predicts texts: n-gram models here, and models of projects above this one. For one thread.</summary>
public interface IScorer
{
    /// <summary>The score of a text.</summary>
    TextScore Score(ReadOnlySpan<char> text);
}
