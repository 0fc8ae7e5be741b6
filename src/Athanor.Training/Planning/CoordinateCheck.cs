using Athanor.Models;
using Athanor.Models.Configuration;
using Athanor.Models.Initialization;
using Athanor.Models.Layers;
using Athanor.Tensors;
using Athanor.Training.Batches;
using Athanor.Training.Pretraining;
using Athanor.Training.Schedules;

namespace Athanor.Training.Planning;

/// <summary>What a coordinate check trains.</summary>
public sealed record CoordinateSettings
{
    /// <summary>Widths, ascending; multiples of <see cref="HeadSize"/>.</summary>
    public IReadOnlyList<int> Widths { get; init; } = [64, 128, 256, 512];

    /// <summary>Layers.</summary>
    public int Depth { get; init; } = 2;

    /// <summary>The size of a head, the same at every width: heads are added, not widened.</summary>
    public int HeadSize { get; init; } = 16;

    /// <summary>Optimizer steps before activations are read.</summary>
    public int Steps { get; init; } = 4;

    /// <summary>Learning rate at the base width.</summary>
    public double LearningRate { get; init; } = 4e-3;

    /// <summary>Weights and data.</summary>
    public ulong Seed { get; init; } = 1;
}

/// <summary>One place of a model at several widths.</summary>
/// <param name="Name">embedding, layers.0 …, hidden, logits.</param>
/// <param name="Magnitudes">Mean |x| there by width.</param>
/// <param name="Exponent">a of the fit |x| ~ width^a.</param>
public sealed record Coordinate(string Name, IReadOnlyList<double> Magnitudes, double Exponent);

/// <summary>
/// The coordinate check of muP (Yang et al. 2022, arXiv 2203.03466, appendix D.1): a few steps of AdamW at several widths; mean |activation| behind every block must not trend with the width. The head starts
/// at zero, so that the logits are what training made them and their transient at the start (it falls with 1/√width in any parametrization) is absent.
/// </summary>
public static class CoordinateCheck
{
    /// <summary>The largest |exponent| that passes. Under the standard parametrization those of the residual stream reach 1.5 and more.</summary>
    public const double Bound = 0.25;

    // Few tokens, so that each is met often: what training says of a token then outweighs the chance products of unrelated vectors, which fall with 1/√width.
    private const int Vocabulary = 8, Rows = 8, Length = 32;

    /// <summary>Measures a parametrization.</summary>
    /// <param name="rule">muP; null for the standard parametrization.</param>
    public static IReadOnlyList<Coordinate> Measure(CoordinateSettings settings, MaximalUpdate? rule, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(settings);
        if (settings.Widths.Count < 2 || settings.Widths.Any(width => width < settings.HeadSize || width % settings.HeadSize != 0) || settings.Widths.Distinct().Count() != settings.Widths.Count)
            throw new ArgumentException($"The check compares different widths, two at least, that are multiples of {settings.HeadSize}; given are {string.Join(", ", settings.Widths)}.", nameof(settings));
        Batch batch = Data(settings.Seed);
        var found = new List<IReadOnlyList<(string Name, double Mean)>>();
        foreach (int width in settings.Widths)
        {
            cancellation.ThrowIfCancellationRequested();
            found.Add(Trained(settings, rule, width, batch));
        }
        return [.. found[0].Select((place, i) =>
        {
            double[] means = [.. found.Select(magnitudes => magnitudes[i].Mean)];
            return new Coordinate(place.Name, means, Exponent(settings.Widths, means));
        })];
    }

    /// <summary>Whether nothing trends with the width.</summary>
    public static bool Passes(IReadOnlyList<Coordinate> coordinates) => coordinates.All(coordinate => Math.Abs(coordinate.Exponent) <= Bound);

    private static IReadOnlyList<(string Name, double Mean)> Trained(CoordinateSettings settings, MaximalUpdate? rule, int width, Batch batch)
    {
        var config = new ModelConfig
        {
            VocabularySize = Vocabulary,
            Width = width,
            Layers = settings.Depth,
            Heads = width / settings.HeadSize,
            FeedForwardWidth = 2 * width,
            ContextLength = Length,
        };
        config = rule?.Apply(config) ?? config;
        var initial = new InitialValues(settings.Seed, ZeroHead: true);
        using var model = new Decoder(Device.Default, config, DType.F32, rule?.Apply(initial, config) ?? initial);
        using var trainer = new Trainer(model, new TrainerSettings
        {
            Steps = settings.Steps,
            LearningRate = settings.LearningRate,
            Schedule = new ConstantSchedule(),
            Clip = 0,
            SkipDeviations = 0,
            MaximalUpdate = rule,
        });
        for (int step = 0; step < settings.Steps; step++)
            trainer.Step(batch);
        using StepScope scope = StepScope.Begin(model.Device, record: false);
        BatchInput.Rows(model.Device, batch, 0, Rows, out DecoderInput input, out _);
        return model.Magnitudes(input);
    }

    /// <summary>Rows that count up by strides of their own: something that a model begins to learn in a few steps.</summary>
    private static Batch Data(ulong seed)
    {
        var batch = new Batch(1);
        batch.Resize(Rows, Length);
        for (int row = 0; row < Rows; row++)
        {
            int start = (int)(StepSeed.Of(seed, (ulong)row, 0) % Vocabulary), stride = 1 + (int)(StepSeed.Of(seed, (ulong)row, 1) % 5);
            for (int t = 0; t < Length; t++)
            {
                batch.Ids[row * Length + t] = (start + t * stride) % Vocabulary;
                batch.Targets[row * Length + t] = (start + (t + 1) * stride) % Vocabulary;
            }
        }
        batch.TrainedTokens = batch.FilledPositions = Rows * Length;
        return batch;
    }

    /// <summary>The slope of ln y over ln x by least squares.</summary>
    private static double Exponent(IReadOnlyList<int> x, double[] y)
    {
        double[] u = [.. x.Select(value => Math.Log(value))], v = [.. y.Select(value => Math.Log(Math.Max(value, 1e-300)))];
        double meanU = u.Average(), meanV = v.Average();
        return u.Zip(v, (a, b) => (a - meanU) * (b - meanV)).Sum() / u.Sum(a => (a - meanU) * (a - meanU));
    }
}
