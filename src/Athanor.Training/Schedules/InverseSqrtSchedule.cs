using System.ComponentModel.DataAnnotations;

namespace Athanor.Training.Schedules;

/// <summary>
/// max(μ, √(max(W, 1) / (t + 1))) (Vaswani et al. 2017, arXiv 1706.03762, without its width): knows no end, which suits a run whose length is still being looked for.
/// </summary>
public sealed record InverseSqrtSchedule : LearningRateSchedule
{
    /// <summary>μ: the least share of the peak.</summary>
    [Range(0, 1)]
    public double Floor { get; init; }

    /// <inheritdoc/>
    protected override double Shape(long step, long warmup, long steps) => Math.Max(Floor, Math.Sqrt(Math.Max(warmup, 1) / (step + 1.0)));
}
