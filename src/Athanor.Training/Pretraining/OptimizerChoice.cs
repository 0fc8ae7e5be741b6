using System.ComponentModel.DataAnnotations;
using Athanor.Runs.Settings;

namespace Athanor.Training.Pretraining;

/// <summary>Which optimizer, with its settings; groups and learning rate are the trainer's.</summary>
[Variant("adamw", typeof(AdamWChoice))]
[Variant("adamw_8bit", typeof(AdamW8BitChoice))]
[Variant("lion", typeof(LionChoice))]
[Variant("muon", typeof(MuonChoice))]
[Variant("sgd", typeof(SgdChoice))]
public abstract record OptimizerChoice
{
    /// <summary>Weight decay of matrices; gains, biases and embeddings have none.</summary>
    [Range(0, 100)]
    public double WeightDecay { get; init; } = 0.1;
}

/// <summary>AdamW.</summary>
public sealed record AdamWChoice : OptimizerChoice
{
    /// <summary>Decay of the first moment.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the second moment.</summary>
    public double Beta2 { get; init; } = 0.95;

    /// <summary>Added to the root of the second moment.</summary>
    public double Epsilon { get; init; } = 1e-8;
}

/// <summary>AdamW with matrices' moments in 8 bits; embeddings, gains and biases keep theirs in fp32.</summary>
public sealed record AdamW8BitChoice : OptimizerChoice
{
    /// <summary>Decay of the first moment.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the second moment.</summary>
    public double Beta2 { get; init; } = 0.95;

    /// <summary>Added to the root of the second moment.</summary>
    public double Epsilon { get; init; } = 1e-8;
}

/// <summary>Lion; its learning rate is 3 to 10 times below AdamW's, its weight decay as much above.</summary>
public sealed record LionChoice : OptimizerChoice
{
    /// <summary>Share of the momentum in the direction.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the momentum.</summary>
    public double Beta2 { get; init; } = 0.99;
}

/// <summary>Muon for the blocks' matrices with updates of AdamW's size, so that the learning rate carries over; AdamW for the rest.</summary>
public sealed record MuonChoice : OptimizerChoice
{
    /// <summary>Decay of Muon's momentum.</summary>
    public double Momentum { get; init; } = 0.95;

    /// <summary>AdamW: decay of the first moment.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>AdamW: decay of the second moment.</summary>
    public double Beta2 { get; init; } = 0.95;
}

/// <summary>Gradient descent with momentum.</summary>
public sealed record SgdChoice : OptimizerChoice
{
    /// <summary>0 for plain gradient descent.</summary>
    public double Momentum { get; init; } = 0.9;
}
