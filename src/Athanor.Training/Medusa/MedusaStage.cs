using Athanor.Models;
using Athanor.Models.HuggingFace;
using Athanor.Models.Medusa;
using Athanor.Runs.Ledger;
using Athanor.Runs.Recipes;
using Athanor.Runs.Stages;
using Athanor.Tensors;
using Athanor.Tokenizers;
using Athanor.Training.Batches;
using Athanor.Training.Evaluation;
using Athanor.Training.Schedules;
using Athanor.Training.Stages;

namespace Athanor.Training.Medusa;

/// <summary>The stage kind <c>medusa</c>: a model, which stays as it is, and text to heads that guess further tokens (<see cref="MedusaHeads"/>).</summary>
public static class MedusaStage
{
    // As many guesses of a head as a tree takes into account.
    private const int Ranks = 8;

    /// <summary>The kind.</summary>
    public static StageKind Kind { get; } = StageKind.Of<MedusaSettings>("medusa", "1", "Trains heads on a frozen model that guess further tokens, for speculative decoding.", "medusa", Run) with
    {
        Takes = [new StageInput("model"), new StageInput("tokens", 1, 32, Instead: "documents")],
    };

    private static Task Run(StageContext context, MedusaSettings settings, CancellationToken cancellation) => Task.Run(() => Train(context, settings, cancellation), CancellationToken.None);

    private static void Train(StageContext context, MedusaSettings settings, CancellationToken cancellation)
    {
        string folder = context.Input("model").Folder;
        Tokenizer tokenizer = Tokenizer.Load(folder);
        using Decoder model = HfCheckpoint.Load(folder, Device.Default, settings.Precision == Precision.F32 ? DType.F32 : DType.BF16, trainable: false, cancellation: cancellation);
        if (settings.SequenceLength > model.Config.ContextLength)
            throw new InvalidDataException($"Rows of {settings.SequenceLength} tokens are longer than the model's context of {model.Config.ContextLength}. Write a shorter sequence_length.");
        using var tokens = new TokenFolders(context.Inputs, tokenizer);
        if (tokens.Sources.Count == 0)
            throw new InvalidDataException("The tokens hold no train-*.shard. Give the stage that tokenizes some documents.");
        tokens.RequireTokenizer(tokenizer, folder);
        tokens.LeaveOutEmpty(context.Progress);
        DocumentFrame frame = DocumentFrame.Of(tokenizer.BosId, tokenizer.EosId);
        int rows = (int)(settings.BatchTokens / settings.SequenceLength);
        long steps = Math.Max(1, settings.Tokens / ((long)rows * settings.SequenceLength));
        using MedusaHeads heads = MedusaHeads.Of(model, settings.Heads);
        using var trainer = new MedusaTrainer(model, heads, settings.Decay);
        var packer = new RowPacker(new Mixture(tokens.Sources, seed: (ulong)context.Seed), frame, RowFilling.BestFit);
        using var loader = new BatchLoader(packer, _ => new BatchShape(rows, settings.SequenceLength));
        LearningRateSchedule schedule = new CosineSchedule { Floor = 0 };
        long warmup = (long)(settings.Warmup * steps);
        context.Progress.Expect(steps, "steps");
        for (long step = 0; step < steps; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            double[] losses = trainer.Step(loader.Next(), settings.LearningRate * schedule.Factor(step, warmup, steps), settings.MicroTokens, step);
            context.Metrics.Write(step + 1, [.. losses.Select((loss, head) => new Metric(FormattableString.Invariant($"train/head_{head + 1}/loss"), loss))]);
            context.Progress.Report(step + 1, FormattableString.Invariant($"loss {losses[0]:F3} … {losses[^1]:F3}"));
        }
        heads.Accuracy = Measure(context, settings, trainer, tokens.Validation, frame, loader, cancellation);
        MedusaFile.Save(heads, context.Output);
        for (int head = 0; head < heads.Count; head++)
        {
            context.Note(FormattableString.Invariant($"head_{head + 1}.accuracy"), heads.Accuracy[head][0]);
            context.Metrics.Write(steps, new Metric(FormattableString.Invariant($"val/head_{head + 1}/accuracy"), heads.Accuracy[head][0]));
        }
    }

    private static double[][] Measure(StageContext context, MedusaSettings settings, MedusaTrainer trainer, List<ValidationSet> validation, DocumentFrame frame, BatchLoader loader, CancellationToken cancellation)
    {
        long[][] right = [.. Enumerable.Range(0, settings.Heads).Select(_ => new long[Ranks])];
        var asked = new long[settings.Heads];
        if (validation.Count == 0)
        {
            context.Progress.Say("There is no validation set; the heads' accuracy is measured on batches behind the trained ones.");
            while (asked[0] < settings.EvaluateTokens)
            {
                cancellation.ThrowIfCancellationRequested();
                trainer.Count(loader.Next(), right, asked);
            }
        }
        foreach (ValidationSet set in validation)
        {
            var packer = new RowPacker(new Mixture([set.Source]), frame, RowFilling.BestFit, endless: false);
            Batch batch = packer.NewBatch();
            long most = asked[0] + settings.EvaluateTokens / validation.Count;
            while (asked[0] < most && packer.Fill(batch, 8, settings.SequenceLength) && batch.TrainedTokens > 0)
            {
                cancellation.ThrowIfCancellationRequested();
                trainer.Count(batch, right, asked);
            }
        }
        return [.. right.Select((ranks, head) => ranks.Select(count => count / (double)Math.Max(1, asked[head])).ToArray())];
    }
}
