using Athanor.Runs.Settings;

namespace Athanor.Training.Schedules;

/// <summary>
/// The learning rate over a run, as a factor of its peak. Steps count from 0; a run of T steps asks for 0 … T − 1. Warm-up over W steps is
/// (t + 1) / W (llm.c, nanochat), so that the first step already learns and step W − 1 runs at the peak; the shape begins at step W with its
/// value at r = 0.
/// </summary>
[Variant("cosine", typeof(CosineSchedule))]
[Variant("linear", typeof(LinearSchedule))]
[Variant("constant", typeof(ConstantSchedule))]
[Variant("inverse_sqrt", typeof(InverseSqrtSchedule))]
[Variant("wsd", typeof(WarmupStableDecaySchedule))]
[Variant("cosine_restarts", typeof(CosineRestartsSchedule))]
public abstract record LearningRateSchedule
{
    /// <summary>The factor at a step.</summary>
    /// <param name="step">t, from 0.</param>
    /// <param name="warmup">W; 0 for none.</param>
    /// <param name="steps">T; later steps keep the value of the end.</param>
    public double Factor(long step, long warmup, long steps)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        ArgumentOutOfRangeException.ThrowIfNegative(warmup);
        return step < warmup ? (step + 1.0) / warmup : Shape(step, warmup, steps);
    }

    /// <summary>The factor behind the warm-up.</summary>
    protected abstract double Shape(long step, long warmup, long steps);

    /// <summary>r: how much of the way from W to T lies behind a step, in [0, 1].</summary>
    private protected static double Way(long step, long from, long to) => to <= from ? 1 : Math.Clamp((step - from) / (double)(to - from), 0, 1);

    private protected static double HalfCosine(double way, double floor) => floor + (1 - floor) * (1 + Math.Cos(Math.PI * way)) / 2;
}
