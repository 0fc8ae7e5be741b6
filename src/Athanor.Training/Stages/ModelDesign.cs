using System.ComponentModel.DataAnnotations;
using Athanor.Models.Configuration;
using Athanor.Models.HuggingFace;
using Athanor.Runs.Settings;
using Athanor.Training.Pretraining;

namespace Athanor.Training.Stages;

/// <summary>The shape of a Llama-style model from one dial, its depth.</summary>
public sealed record ModelDesign : IDerives, IValidated
{
    /// <summary>Layers: the dial from which the rest follows.</summary>
    [Range(1, 1000)]
    public int Depth { get; init; } = 6;

    /// <summary>Width of the residual stream.</summary>
    [Range(8, 1 << 20)]
    public int? Width { get; init; }

    /// <summary>Query heads.</summary>
    [Range(1, 1 << 14)]
    public int? Heads { get; init; }

    /// <summary>Key and value heads, a divisor of the query heads.</summary>
    [Range(1, 1 << 14)]
    public int? KeyValueHeads { get; init; }

    /// <summary>Inner width of the SwiGLU feed-forward part.</summary>
    [Range(8, 1 << 22)]
    public int? FeedForwardWidth { get; init; }

    /// <summary>The output head is the embedding: a third fewer parameters in small models.</summary>
    public bool TieEmbeddings { get; init; } = true;

    /// <summary>Norms on queries and keys, which allow higher learning rates.</summary>
    public bool QkNorm { get; init; }

    /// <summary>Base of the rotary frequencies.</summary>
    [Range(1, 1e12)]
    public double RopeTheta { get; init; } = 10000;

    /// <summary>muP, so that what was tuned at its base width holds for this one.</summary>
    public MaximalUpdate? MaximalUpdate { get; init; }

    /// <inheritdoc/>
    public void Derive(Derivation derivation)
    {
        ArgumentNullException.ThrowIfNull(derivation);
        int width = derivation.Value(Width, 64 * Depth, "64 x depth");
        int heads = derivation.Value(Heads, Math.Max(1, width / 64), "width / 64");
        derivation.Value(KeyValueHeads, heads, "heads");
        derivation.Value(FeedForwardWidth, (8 * width / 3 + 63) / 64 * 64, "8/3 x width, up to a multiple of 64");
    }

    /// <inheritdoc/>
    public void Validate(SettingsCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        check.Require(Width % Heads == 0 && Width / Heads % 2 == 0, nameof(Heads), $"{Heads} heads do not divide a width of {Width} into even parts.", "Write a divisor of width / 2.");
        check.Require(Heads % KeyValueHeads == 0, nameof(KeyValueHeads), $"{Heads} query heads cannot share {KeyValueHeads} key heads evenly.", "Write a divisor of heads.");
    }

    /// <summary>Weights of the blocks' matrices: what the rules for tokens, batch and learning rate call N.</summary>
    public long BlockWeights
    {
        get
        {
            long width = Width ?? 64 * Depth, heads = Heads ?? Math.Max(1, width / 64), shared = KeyValueHeads ?? heads, inner = FeedForwardWidth ?? (8 * width / 3 + 63) / 64 * 64;
            return Depth * (2 * width * width + 2 * width * (width / heads * shared) + 3 * width * inner);
        }
    }

    /// <summary>The model's settings for a vocabulary and a row length.</summary>
    public ModelConfig ToConfig(int vocabularySize, int contextLength)
    {
        var config = new ModelConfig
        {
            VocabularySize = vocabularySize,
            Width = Width!.Value,
            Layers = Depth,
            Heads = Heads!.Value,
            KeyValueHeads = KeyValueHeads!.Value,
            FeedForwardWidth = FeedForwardWidth!.Value,
            ContextLength = contextLength,
            TieEmbeddings = TieEmbeddings,
            RopeTheta = RopeTheta,
            QkNorm = QkNorm ? QkNormKind.PerHead : QkNormKind.None,
        };
        config = MaximalUpdate?.Apply(config) ?? config;
        // Llama where its config.json can say everything, else the first family that can.
        IReadOnlyList<string> families = HfCheckpoint.FamiliesFor(config);
        return families.Contains(config.Family) ? config : config with { Family = families[0] };
    }
}
