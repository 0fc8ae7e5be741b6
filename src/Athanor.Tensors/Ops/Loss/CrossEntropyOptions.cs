using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

/// <summary>
/// The terms of a cross-entropy loss over logits x and targets t. With z = cap·tanh(x / cap) / temperature and lse = log Σ exp z a token's
/// loss is (1 − ε)(lse − z_t) + ε(lse − mean z) + ζ·lse².
/// </summary>
public sealed record CrossEntropyOptions
{
    /// <summary>The plain mean over the tokens whose target is not −100.</summary>
    public static CrossEntropyOptions Default { get; } = new();

    /// <summary>Tokens with this target have loss 0 and gradient 0.</summary>
    public int IgnoreIndex { get; init; } = -100;

    /// <summary>ε in [0, 1]: the share of the target spread evenly over the vocabulary.</summary>
    public float LabelSmoothing { get; init; }

    /// <summary>ζ ≥ 0: coefficient of lse², which keeps logits from drifting (PaLM, arXiv:2204.02311, uses 1e-4).</summary>
    public float ZLoss { get; init; }

    /// <summary>Logits are bent smoothly to stay within ± this (Gemma 2, arXiv:2408.00118); 0 for none.</summary>
    public float SoftCap { get; init; }

    /// <summary>Divides the logits, after the cap.</summary>
    public float Temperature { get; init; } = 1;

    /// <summary>
    /// What Σ weight·loss is divided by. Null: by Σ weight of this call (when that is 0, the loss is 0). A number: by that, so that micro-batches
    /// given the token count of the whole batch add up to its exact mean; 1 is the sum. With weights of both signs give a number.
    /// </summary>
    public double? Denominator { get; init; }

    /// <summary>
    /// Fused loss only. When set, the caller declares that the loss is the root of its backward pass, which will be started with exactly
    /// this gradient. The gradients are then computed together with the loss (three matrix products instead of four, the hidden
    /// states are not kept) and the weight's is accumulated at once, even if Backward is never called; another upstream
    /// gradient is an error. Null: the backward pass computes the logits again, under no condition.
    /// </summary>
    public float? RootGradient { get; init; }

    /// <summary>Fused loss only: F32 keeps logits of bf16 models unrounded, for a little time; null is the type of the hidden states.</summary>
    public DType? LogitType { get; init; }

    internal CrossEntropyTerms Terms()
    {
        if (!(LabelSmoothing is >= 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(LabelSmoothing), LabelSmoothing, "Label smoothing lies between 0 and 1.");
        if (!(ZLoss >= 0) || !(SoftCap >= 0))
            throw new ArgumentException($"The z-loss coefficient ({ZLoss}) and the soft-cap ({SoftCap}) are not negative.");
        if (!(Temperature > 0))
            throw new ArgumentOutOfRangeException(nameof(Temperature), Temperature, "The temperature is positive.");
        if (Denominator is { } denominator && !(denominator > 0))
            throw new ArgumentOutOfRangeException(nameof(Denominator), denominator, "The loss is divided by a positive number; null divides by the weights of the call.");
        return new CrossEntropyTerms { IgnoreIndex = IgnoreIndex, LabelSmoothing = LabelSmoothing, ZLoss = ZLoss, SoftCap = SoftCap, Temperature = Temperature };
    }
}
