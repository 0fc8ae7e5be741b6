namespace Athanor.Training.Schedules;

/// <summary>The peak, behind the warm-up, for good.</summary>
public sealed record ConstantSchedule : LearningRateSchedule
{
    /// <inheritdoc/>
    protected override double Shape(long step, long warmup, long steps) => 1;
}
