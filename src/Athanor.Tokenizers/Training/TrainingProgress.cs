namespace Athanor.Tokenizers.Training;

/// <summary>How far a training has come.</summary>
/// <param name="Stage">What is being done: <c>count</c> (in bytes), <c>merge</c> (in tokens), <c>seed</c>, <c>expectation</c> (in pieces of the vocabulary).</param>
/// <param name="Done">Work done.</param>
/// <param name="Total">All work, or 0 where it is not known.</param>
public readonly record struct TrainingProgress(string Stage, long Done, long Total);
