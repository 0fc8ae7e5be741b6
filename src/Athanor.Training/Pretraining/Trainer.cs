using Athanor.Models;
using Athanor.Models.Layers;
using Athanor.Tensors;
using Athanor.Tensors.Optimizers;
using Athanor.Training.Batches;

namespace Athanor.Training.Pretraining;

/// <summary>
/// Optimizer steps on a decoder: gradients of micro-batches add up to the mean over all trained tokens of the step, are clipped by their global norm and applied. A step is a function of the
/// weights, the optimizer's state, the batch and its number; nothing else is remembered but the outlier gates.
/// </summary>
public sealed class Trainer : IDisposable
{
    private readonly GradientNorm _norm;

    /// <summary>A trainer of a model, at step 0.</summary>
    public Trainer(Decoder model, TrainerSettings settings)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentOutOfRangeException.ThrowIfLessThan(settings.MicroTokens, 1);
        (Model, Settings) = (model, settings);
        model.Recompute = settings.Recompute;
        Optimizers = new OptimizerSet(model, settings.Optimizer, settings.MaximalUpdate);
        _norm = new GradientNorm(Optimizers.Groups);
        Average = settings.AverageDecay > 0 ? new WeightAverage(Optimizers.Groups) : null;
    }

    /// <summary>The model, which is not disposed with the trainer.</summary>
    public Decoder Model { get; }

    /// <summary>The settings.</summary>
    public TrainerSettings Settings { get; }

    /// <summary>Groups and optimizers.</summary>
    public OptimizerSet Optimizers { get; }

    /// <summary>The average of the weights, if one is kept.</summary>
    public WeightAverage? Average { get; }

    /// <summary>Steps done, skipped ones too: the number of the next step.</summary>
    public long Steps { get; set; }

    /// <summary>Losses of the last steps.</summary>
    public OutlierGate Losses { get; } = new();

    /// <summary>Gradient norms of the last steps.</summary>
    public OutlierGate Norms { get; } = new();

    /// <summary>The learning rate of a step.</summary>
    public double LearningRateAt(long step) => Settings.LearningRate * Settings.Schedule.Factor(step, Settings.Warmup, Settings.Steps);

    /// <summary>
    /// One step. Where the report is not finite nothing was changed and the gradients are cleared: the caller decides what becomes of the run.
    /// </summary>
    public StepReport Step(Batch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (batch.TrainedTokens == 0)
            throw new ArgumentException("The batch has no trained token.", nameof(batch));
        double loss = Accumulate(batch);
        GradientReport gradient = _norm.Measure(Settings.Clip > 0 ? Settings.Clip : double.PositiveInfinity);
        double rate = LearningRateAt(Steps);
        var report = new StepReport(Steps, loss, gradient.Norm, rate, batch.TrainedTokens, (long)batch.Rows * batch.Length, Skipped: false);
        if (!report.IsFinite)
        {
            Optimizers.ClearGradients();
            return report;
        }
        bool skip = Settings.SkipDeviations > 0 && (Losses.IsOutlier(loss, Settings.SkipDeviations) || Norms.IsOutlier(gradient.Norm, Settings.SkipDeviations));
        if (skip)
        {
            Optimizers.ClearGradients();
        }
        else
        {
            Optimizers.Step((float)rate, gradient.Scale);
            Average?.Update((float)Settings.AverageDecay);
        }
        // Outliers are remembered too: a loss that stays high becomes the new normal after a while instead of blocking the run.
        Losses.Add(loss);
        Norms.Add(gradient.Norm);
        Steps++;
        return report with { Skipped = skip };
    }

    /// <summary>Adds the gradients of a batch to the parameters' and returns its loss, without a step.</summary>
    public double Accumulate(Batch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        // One denominator for all micro-batches: a mean of means would weigh tokens by their neighbours.
        var options = new CrossEntropyOptions { Denominator = batch.TrainedTokens, RootGradient = 1, ZLoss = (float)Settings.ZLoss };
        int rows = Math.Clamp(Settings.MicroTokens / batch.Length, 1, batch.Rows), micro = 0;
        double loss = 0;
        for (int row = 0; row < batch.Rows; row += rows, micro++)
        {
            using StepScope scope = StepScope.Begin(Model.Device, seed: StepSeed.Of(Settings.Seed, (ulong)Steps, (ulong)micro));
            BatchInput.Rows(Model.Device, batch, row, Math.Min(rows, batch.Rows - row), out DecoderInput input, out Tensor targets);
            Tensor part = Model.Loss(input, targets, options);
            part.Backward();
            loss += part.Item();
        }
        return loss;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Average?.Dispose();
        _norm.Dispose();
        Optimizers.Dispose();
    }
}
