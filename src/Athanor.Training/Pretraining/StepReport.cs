namespace Athanor.Training.Pretraining;

/// <summary>What a step did.</summary>
/// <param name="Step">Its number, from 0.</param>
/// <param name="Loss">Mean over all trained tokens of the step, in nats; the z-loss is part of it.</param>
/// <param name="GradientNorm">Global norm before clipping.</param>
/// <param name="LearningRate">The learning rate.</param>
/// <param name="Tokens">Trained tokens.</param>
/// <param name="Positions">Positions computed, padding included.</param>
/// <param name="Skipped">Whether the weights were left alone, the step being an outlier.</param>
public readonly record struct StepReport(long Step, double Loss, double GradientNorm, double LearningRate, long Tokens, long Positions, bool Skipped)
{
    /// <summary>Whether loss and gradient are numbers.</summary>
    public bool IsFinite => double.IsFinite(Loss) && double.IsFinite(GradientNorm);
}
