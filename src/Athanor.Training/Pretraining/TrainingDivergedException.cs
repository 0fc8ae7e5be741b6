namespace Athanor.Training.Pretraining;

/// <summary>A run that cannot go on: loss or gradient is no number, or the loss jumps wherever it goes on from.</summary>
public sealed class TrainingDivergedException(long step, string problem, string? dump)
    : Exception($"Step {step}: {problem} Lower the learning rate, lengthen the warm-up, or clip lower{(dump is null ? "." : $"; the batch is in {dump}.")}")
{
    /// <summary>The step.</summary>
    public long Step { get; } = step;

    /// <summary>The file with the offending batch, if it was written.</summary>
    public string? Dump { get; } = dump;
}
