using System.ComponentModel.DataAnnotations;

namespace Athanor.Training.Schedules;

/// <summary>How the last part of <see cref="WarmupStableDecaySchedule"/> falls; r runs from 0 to 1 over it.</summary>
public enum DecayShape
{
    /// <summary>1 − r.</summary>
    Linear,

    /// <summary>(1 + cos πr)/2.</summary>
    Cosine,

    /// <summary>1 − √r (Hägele et al. 2024, arXiv 2405.18392).</summary>
    InverseSquare,
}

/// <summary>
/// Warm-up, stable, decay (Hu et al. 2024, arXiv 2404.06395): the peak until S = T − decay·T, then μ + (1 − μ)·shape(r) with r = (t − S)/(T − S). A run can be prolonged
/// from its last stable checkpoint.
/// </summary>
public sealed record WarmupStableDecaySchedule : LearningRateSchedule
{
    /// <summary>The share of all steps in which the rate falls; 10 % to 20 % in the papers, more for short runs.</summary>
    [Range(0, 1)]
    public double Decay { get; init; } = 0.2;

    /// <summary>How it falls.</summary>
    public DecayShape Falling { get; init; } = DecayShape.InverseSquare;

    /// <summary>μ: the share of the peak at the end.</summary>
    [Range(0, 1)]
    public double Floor { get; init; }

    /// <summary>S: the first step of the decay.</summary>
    public long DecayStart(long warmup, long steps) => Math.Max(warmup, steps - (long)Math.Round(Decay * steps));

    /// <inheritdoc/>
    protected override double Shape(long step, long warmup, long steps)
    {
        long start = DecayStart(warmup, steps);
        if (step < start)
            return 1;
        double way = Way(step, start, steps);
        return Falling switch
        {
            DecayShape.Cosine => HalfCosine(way, Floor),
            DecayShape.InverseSquare => Floor + (1 - Floor) * (1 - Math.Sqrt(way)),
            _ => Floor + (1 - Floor) * (1 - way),
        };
    }
}
