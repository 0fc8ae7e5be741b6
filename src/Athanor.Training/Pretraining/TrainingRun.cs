using Athanor.Runs.Ledger;
using Athanor.Runs.Progress;
using Athanor.Training.Batches;
using Athanor.Training.Checkpoints;
using Athanor.Training.Evaluation;

namespace Athanor.Training.Pretraining;

/// <summary>What happens beside the steps of a <see cref="TrainingRun"/>.</summary>
public sealed record TrainingRunSettings
{
    /// <summary>A checkpoint every so many steps; 0 for none.</summary>
    public long SaveEvery { get; init; }

    /// <summary>Validation every so many steps, and at the end; 0 for the end alone.</summary>
    public long EvaluateEvery { get; init; }

    /// <summary>Most tokens of each validation set on the way; the end reads all.</summary>
    public long EvaluateTokens { get; init; } = long.MaxValue;

    /// <summary>Samples every so many steps, and at the end; 0 for the end alone.</summary>
    public long SampleEvery { get; init; }

    /// <summary>Beginnings that samples go on from.</summary>
    public IReadOnlyList<string> Prompts { get; init; } = [];

    /// <summary>After so many outlying steps in a row the run returns to its last checkpoint and leaves the data between out; 0 for never.</summary>
    public int RewindAfter { get; init; } = 3;

    /// <summary>More returns than this end the run.</summary>
    public int MostRewinds { get; init; } = 5;

    /// <summary>Mean bytes of text a trained token; 0 where not known.</summary>
    public double BytesPerToken { get; init; }

    /// <summary>Where a batch is written whose loss is no number.</summary>
    public required string DumpFolder { get; init; }
}

/// <summary>
/// The loop of pretraining: steps, metrics, checkpoints, validation, samples. It goes on from the newest checkpoint of its store; what it does then is to the bit what it would have done without
/// the interruption.
/// </summary>
public sealed partial class TrainingRun(
    Trainer trainer, BatchLoader loader, CheckpointStore store, CheckpointWriter writer, Validator validator, IReadOnlyList<ValidationSet> validation, Func<CancellationToken, IReadOnlyList<string>>? samples,
    TrainingRunSettings settings, MetricWriter metrics, RunLedger ledger, StageProgress progress, string stage)
{
    private long _tokens, _saved;
    private int _outliers, _rewinds;

    /// <summary>The scores of the last validation by set.</summary>
    public IReadOnlyDictionary<string, ValidationScore> Scores { get; private set; } = new Dictionary<string, ValidationScore>();

    /// <summary>Trained tokens.</summary>
    public long Tokens => _tokens;

    /// <summary>Trains to the end.</summary>
    /// <exception cref="OperationCanceledException">Cancelled; a checkpoint was saved.</exception>
    /// <exception cref="TrainingDivergedException">The loss is no number or jumps again and again.</exception>
    public void Run(CancellationToken cancellation)
    {
        var meter = new TrainingMeter(trainer.Model, loader.Mixture, settings.BytesPerToken);
        Resume();
        progress.Expect(trainer.Settings.Steps, "steps", trainer.Steps);
        meter.Restart();
        while (trainer.Steps < trainer.Settings.Steps)
        {
            Batch batch = loader.Next();
            StepReport report = trainer.Step(batch);
            if (!report.IsFinite)
                Stop(batch, report);
            _tokens += report.Tokens;
            meter.Write(metrics, report, batch, _tokens);
            progress.Report(trainer.Steps, FormattableString.Invariant($"loss {report.Loss:F3}, {meter.Rate:F0} tokens/s"));
            _outliers = report.Skipped ? _outliers + 1 : 0;
            if (settings.RewindAfter > 0 && _outliers >= settings.RewindAfter && Rewind(batch))
                continue;
            bool last = trainer.Steps == trainer.Settings.Steps;
            double? score = last || IsDue(settings.EvaluateEvery) ? Evaluate(last ? long.MaxValue : settings.EvaluateTokens, cancellation) : null;
            if (last || IsDue(settings.SampleEvery))
                Sample(cancellation);
            bool cancelled = cancellation.IsCancellationRequested;
            // In the middle of a jump there is nothing worth returning to.
            bool due = last || (settings.SaveEvery > 0 && trainer.Steps - _saved >= settings.SaveEvery && _outliers == 0);
            if (due || cancelled)
                Save(batch, score, interim: !due);
            if (cancelled)
            {
                writer.Wait();
                cancellation.ThrowIfCancellationRequested();
            }
            if (score is not null)
                meter.Restart();
        }
        writer.Wait();
        if (Scores.Count == 0 && validation.Count > 0)
            Evaluate(long.MaxValue, cancellation);
    }

    private bool IsDue(long every) => every > 0 && trainer.Steps % every == 0;

    private void Stop(Batch batch, in StepReport report)
    {
        writer.Wait();
        string path = Path.Combine(settings.DumpFolder, FormattableString.Invariant($"diverged-{report.Step}.json"));
        BatchDump.Write(path, batch, report);
        throw new TrainingDivergedException(report.Step, FormattableString.Invariant($"the loss is {report.Loss}, the gradient norm {report.GradientNorm}."), path);
    }

    private double? Evaluate(long most, CancellationToken cancellation)
    {
        var scores = new Dictionary<string, ValidationScore>(StringComparer.Ordinal);
        double loss = 0, bytes = 0;
        foreach (ValidationSet set in validation)
        {
            ValidationScore score = validator.Score(trainer.Model, set, most, cancellation);
            scores[set.Name] = score;
            ValidationNote.Write(metrics, progress, trainer.Steps, set.Name, score);
            loss += score.Loss;
            bytes += score.Bytes > 0 ? score.Bytes : score.Tokens;
        }
        Scores = scores;
        return scores.Count == 0 ? null : loss / Math.Log(2) / bytes;
    }

    private void Sample(CancellationToken cancellation)
    {
        if (samples is null || settings.Prompts.Count == 0)
            return;
        foreach ((string prompt, string text) in settings.Prompts.Zip(samples(cancellation)))
            ledger.Sample(stage, trainer.Steps, prompt, text);
    }
}
