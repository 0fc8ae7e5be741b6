using System.ComponentModel.DataAnnotations;

namespace Athanor.Training.Schedules;

/// <summary>μ + (1 − μ)·(1 − r) with r = (t − W)/(T − W); straight to zero beats a floor of 10 % (Bergsma et al. 2025, arXiv 2502.15938).</summary>
public sealed record LinearSchedule : LearningRateSchedule
{
    /// <summary>μ: the share of the peak at the end.</summary>
    [Range(0, 1)]
    public double Floor { get; init; }

    /// <inheritdoc/>
    protected override double Shape(long step, long warmup, long steps) => Floor + (1 - Floor) * (1 - Way(step, warmup, steps));
}
