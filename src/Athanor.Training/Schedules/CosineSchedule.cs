using System.ComponentModel.DataAnnotations;

namespace Athanor.Training.Schedules;

/// <summary>μ + (1 − μ)·(1 + cos πr)/2 with r = (t − W)/(T − W) (Loshchilov and Hutter 2017, arXiv 1608.03983). T is the length of the run: shorter or repeated cycles lose.</summary>
public sealed record CosineSchedule : LearningRateSchedule
{
    /// <summary>μ: the share of the peak at the end.</summary>
    [Range(0, 1)]
    public double Floor { get; init; } = 0.1;

    /// <inheritdoc/>
    protected override double Shape(long step, long warmup, long steps) => HalfCosine(Way(step, warmup, steps), Floor);
}
