using System.ComponentModel.DataAnnotations;
using Athanor.Runs.Settings;
using Athanor.Training.Batches;
using Athanor.Training.Objectives;
using Athanor.Training.Pretraining;
using Athanor.Training.Sampling;
using Athanor.Training.Schedules;

namespace Athanor.Training.Stages;

/// <summary>Storage of weights and type of products.</summary>
public enum Precision
{
    /// <summary>bf16 with fp32 master weights, sums, norms and losses.</summary>
    Bf16,

    /// <summary>fp32.</summary>
    F32,
}

/// <summary>Settings of the stage <c>pretrain</c>. What is left out follows from the model's depth by the rules stated at each value.</summary>
public sealed record PretrainSettings : IDerives, IValidated
{
    private const double ReferenceWeights = 108e6, ReferenceRate = 0.00235, ReferenceBatch = 327_680;

    /// <summary>Positions to train on, the horizon of the schedules; derived: 20 for each weight of the blocks (Chinchilla, arXiv 2203.15556).</summary>
    [Range(1, 1e15)]
    public long? Tokens { get; init; }

    /// <summary>What the model is trained to predict.</summary>
    public TrainingObjective Objective { get; init; } = new CausalObjective();

    /// <summary>Positions of a row, and the model's context.</summary>
    [Range(2, 1 << 20)]
    public int SequenceLength { get; init; } = 512;

    /// <summary>Positions of an optimizer step; derived: the power of two nearest to 8192·√(tokens / 4M).</summary>
    [Range(2, 1 << 28)]
    public long? BatchTokens { get; init; }

    /// <summary>Most positions computed at once; the micro-batches of a step give the gradient of the whole.</summary>
    [Range(2, 1 << 28)]
    public int MicroTokens { get; init; } = 8192;

    /// <summary>Peak learning rate; derived for AdamW: 0.00235·(N / 108M)^(−1/3) of the OLMo ladder at its batch 327,680·(N / 108M)^(2/3), times √(batch / that) below it; Lion: a fifth of it.</summary>
    [Range(0, 10, MinimumIsExclusive = true)]
    public double? LearningRate { get; init; }

    /// <summary>Steps of warm-up; derived: a twenty-fifth of all, at most 2,000.</summary>
    [Range(0, 1e9)]
    public long? Warmup { get; init; }

    /// <summary>The learning rate behind the warm-up.</summary>
    public LearningRateSchedule Schedule { get; init; } = new LinearSchedule();

    /// <summary>The optimizer.</summary>
    public OptimizerChoice Optimizer { get; init; } = new AdamWChoice();

    /// <summary>Limit of the gradient's norm; 0 for none.</summary>
    [Range(0, 1e6)]
    public double Clip { get; init; } = 1;

    /// <summary>Coefficient of the z-loss lse²; PaLM used 1e-4.</summary>
    [Range(0, 1)]
    public double ZLoss { get; init; }

    /// <summary>Decay of the weights' moving average, which then is the published model; 0 for none.</summary>
    [Range(0, 1)]
    public double Average { get; init; }

    /// <summary>Storage of weights.</summary>
    public Precision Precision { get; init; }

    /// <summary>Blocks are computed again in the backward pass: a third more work, a fraction of the memory.</summary>
    public bool Recompute { get; init; }

    /// <summary>How documents become rows.</summary>
    public RowFilling Filling { get; init; } = RowFilling.BestFit;

    /// <summary>Weights of sources by tokens; without any, sources count by their sizes.</summary>
    public IReadOnlyDictionary<string, double> Mixture { get; init; } = new Dictionary<string, double>();

    /// <summary>With the schedule wsd: the weights that hold while the learning rate falls, for annealing on the best texts; without any, the mixture stays.</summary>
    public IReadOnlyDictionary<string, double> DecayMixture { get; init; } = new Dictionary<string, double>();

    /// <summary>A batch that grows.</summary>
    public BatchRamp? BatchRamp { get; init; }

    /// <summary>Rows that grow from short to long.</summary>
    public LengthRamp? LengthRamp { get; init; }

    /// <summary>Steps whose loss or gradient norm lies so many deviations above the last 128 are skipped; 0 for never.</summary>
    [Range(0, 1000)]
    public double SkipDeviations { get; init; } = 6;

    /// <summary>After so many skipped steps in a row the run returns to its last checkpoint and leaves the data between out; 0 for never.</summary>
    [Range(0, 1000)]
    public int RewindAfter { get; init; } = 3;

    /// <summary>Validation every so many steps; derived: a tenth of all.</summary>
    [Range(0, 1e9)]
    public long? EvaluateEvery { get; init; }

    /// <summary>Most tokens of a validation set on the way; the end reads all.</summary>
    [Range(1, 1e12)]
    public long EvaluateTokens { get; init; } = 100_000;

    /// <summary>Samples every so many steps; derived: a fifth of all.</summary>
    [Range(0, 1e9)]
    public long? SampleEvery { get; init; }

    /// <summary>Beginnings that samples go on from.</summary>
    public IReadOnlyList<string> Prompts { get; init; } = [""];

    /// <summary>How samples are drawn.</summary>
    public SamplingSettings Sampling { get; init; } = new();

    /// <summary>A checkpoint every so many steps; derived: a tenth of all, at most 1,000. It decides about returns after jumps, so it is no operational setting.</summary>
    [Range(1, 1e9)]
    public long? SaveEvery { get; init; }

    /// <summary>Checkpoints kept, besides the best.</summary>
    [Operational]
    [Range(1, 1000)]
    public int KeepCheckpoints { get; init; } = 2;

    /// <summary>T: optimizer steps.</summary>
    public static long StepsOf(long tokens, long batch) => Math.Max(1, tokens / batch);

    /// <inheritdoc/>
    public void Derive(Derivation derivation)
    {
        ArgumentNullException.ThrowIfNull(derivation);
        bool continues = derivation.Upstream<LoadModelSettings>() is not null;
        if (continues && Tokens is null)
            throw new ArgumentException("tokens is missing: write how many positions the loaded model is trained on.");
        ModelDesign design = derivation.Section<ModelDesign>() ?? new ModelDesign();
        double weights = design.BlockWeights;
        long tokens = derivation.Value(Tokens, (long)(20 * weights), "20 x weights of the blocks");
        long batch = derivation.Value(BatchTokens, Math.Clamp(PowerOfTwo(8192 * Math.Sqrt(tokens / 4e6)), 2048, 1 << 22), "8192 x sqrt(tokens / 4M), a power of two from 2k to 4M");
        // Under muP the rate is that of the base width.
        double tuned = design.MaximalUpdate is { } mup && design.Width is { } width ? weights * mup.BaseWidth / width * mup.BaseWidth / width : weights;
        double reference = ReferenceBatch * Math.Pow(tuned / ReferenceWeights, 2.0 / 3), rate = ReferenceRate * Math.Pow(tuned / ReferenceWeights, -1.0 / 3) * Math.Min(1, Math.Sqrt(batch / reference));
        double share = Optimizer is LionChoice ? 0.2 : 1;
        if (continues)
            derivation.Value(LearningRate, Round(share * LearningRateCeiling.Of(batch)), "3e-4 x sqrt(batch / 4M), the ceiling for going on with a trained model");
        else
            derivation.Value(LearningRate, Math.Min(0.02, Round(share * rate)), $"{(share < 1 ? "1/5 x " : "")}0.00235 x (N / 108M)^(-1/3) x min(1, sqrt(batch / (327680 x (N / 108M)^(2/3))))");
        long steps = StepsOf(tokens, batch);
        derivation.Value(Warmup, Math.Min(2000, steps / 25), "steps / 25, at most 2000");
        derivation.Value(EvaluateEvery, Math.Max(1, steps / 10), "steps / 10");
        derivation.Value(SampleEvery, Math.Max(1, steps / 5), "steps / 5");
        derivation.Value(SaveEvery, Math.Clamp(steps / 10, 1, 1000), "steps / 10, at most 1000");
    }

    /// <inheritdoc/>
    public void Validate(SettingsCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        check.Require(BatchTokens >= SequenceLength, nameof(BatchTokens), $"A batch of {BatchTokens} positions holds no row of {SequenceLength}.", "Write a multiple of sequence_length.");
        check.Require(Tokens >= BatchTokens, nameof(Tokens), $"{Tokens} tokens are less than one batch of {BatchTokens}.", "Write more tokens or a smaller batch.");
        check.Require(Mixture.Values.All(weight => weight >= 0 && double.IsFinite(weight)), nameof(Mixture), "A weight is negative.", "Write weights of 0 or more.");
        check.Require(DecayMixture.Values.All(weight => weight >= 0 && double.IsFinite(weight)), nameof(DecayMixture), "A weight is negative.", "Write weights of 0 or more.");
        check.Require(DecayMixture.Count == 0 || Schedule is WarmupStableDecaySchedule, nameof(DecayMixture), "Only the schedule wsd has a part in which the rate falls.", "Write schedule: wsd.");
        check.Require(Objective is CausalObjective || Filling == RowFilling.BestFit, nameof(Filling), "Examples of this objective have a beginning and an end; one stream would cut them.", "Write filling: best_fit.");
    }

    private static long PowerOfTwo(double value) => 1L << (int)Math.Round(Math.Log2(Math.Max(1, value)));

    private static double Round(double value) => double.Parse(value.ToString("G3", System.Globalization.CultureInfo.InvariantCulture), System.Globalization.CultureInfo.InvariantCulture);
}
