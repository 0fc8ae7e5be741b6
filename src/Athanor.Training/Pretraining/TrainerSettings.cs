using Athanor.Training.Schedules;

namespace Athanor.Training.Pretraining;

/// <summary>How a <see cref="Trainer"/> trains.</summary>
public sealed record TrainerSettings
{
    /// <summary>T: optimizer steps of the whole run.</summary>
    public required long Steps { get; init; }

    /// <summary>η: the peak learning rate.</summary>
    public required double LearningRate { get; init; }

    /// <summary>W: steps of warm-up.</summary>
    public long Warmup { get; init; }

    /// <summary>The learning rate behind the warm-up.</summary>
    public LearningRateSchedule Schedule { get; init; } = new LinearSchedule();

    /// <summary>The optimizer.</summary>
    public OptimizerChoice Optimizer { get; init; } = new AdamWChoice();

    /// <summary>muP's factors; null for the standard parametrization.</summary>
    public MaximalUpdate? MaximalUpdate { get; init; }

    /// <summary>Positions of a micro-batch at most; the gradients of a step's micro-batches add up to those of one batch.</summary>
    public int MicroTokens { get; init; } = 8192;

    /// <summary>Limit of the gradient's global norm; 0 for none.</summary>
    public double Clip { get; init; } = 1;

    /// <summary>ζ: coefficient of lse².</summary>
    public double ZLoss { get; init; }

    /// <summary>β of the weights' average; 0 for none.</summary>
    public double AverageDecay { get; init; }

    /// <summary>Steps whose loss or gradient norm lies so many deviations above those of the last 128 steps are skipped; 0 for never.</summary>
    public double SkipDeviations { get; init; } = 6;

    /// <summary>Blocks are computed again in the backward pass instead of keeping their activations.</summary>
    public bool Recompute { get; init; }

    /// <summary>Decides what is random within steps.</summary>
    public ulong Seed { get; init; }
}
