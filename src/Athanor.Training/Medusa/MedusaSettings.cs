using System.ComponentModel.DataAnnotations;
using Athanor.Runs.Settings;
using Athanor.Training.Stages;

namespace Athanor.Training.Medusa;

/// <summary>Settings of the stage <c>medusa</c>.</summary>
public sealed record MedusaSettings : IValidated
{
    /// <summary>Heads: places beyond the next that are predicted.</summary>
    [Range(1, 16)]
    public int Heads { get; init; } = 4;

    /// <summary>Positions to train on.</summary>
    [Range(1, 1e15)]
    public long Tokens { get; init; } = 2_000_000;

    /// <summary>Positions of a row; at most the model's context.</summary>
    [Range(2, 1 << 20)]
    public int SequenceLength { get; init; } = 256;

    /// <summary>Positions of an optimizer step.</summary>
    [Range(2, 1 << 28)]
    public long BatchTokens { get; init; } = 8192;

    /// <summary>Most positions computed at once.</summary>
    [Operational]
    [Range(2, 1 << 28)]
    public int MicroTokens { get; init; } = 8192;

    /// <summary>Peak learning rate, which falls along a cosine; Medusa's own is 1e-3.</summary>
    [Range(0, 10, MinimumIsExclusive = true)]
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>Share of the steps that warm up.</summary>
    [Range(0, 1)]
    public double Warmup { get; init; } = 0.1;

    /// <summary>λ: head k weighs λᵏ in the loss, k from 1 (Medusa's paper: 0.8).</summary>
    [Range(0, 1, MinimumIsExclusive = true)]
    public double Decay { get; init; } = 0.8;

    /// <summary>Most tokens on which the accuracy of the heads is measured; those of the validation sets, or else of batches behind the trained ones.</summary>
    [Range(1, 1e9)]
    public long EvaluateTokens { get; init; } = 50_000;

    /// <summary>Storage of weights.</summary>
    public Precision Precision { get; init; }

    /// <inheritdoc/>
    public void Validate(SettingsCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        check.Require(BatchTokens >= SequenceLength, nameof(BatchTokens), $"A batch of {BatchTokens} positions holds no row of {SequenceLength}.", "Write a multiple of sequence_length.");
        check.Require(Tokens >= BatchTokens, nameof(Tokens), $"{Tokens} tokens are less than one batch of {BatchTokens}.", "Write more tokens or a smaller batch.");
        check.Require(SequenceLength > Heads + 1, nameof(SequenceLength), $"Rows of {SequenceLength} tokens have nothing that {Heads} heads could predict.", "Write longer rows.");
    }
}
