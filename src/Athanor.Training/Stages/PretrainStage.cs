using Athanor.Models;
using Athanor.Models.Configuration;
using Athanor.Models.HuggingFace;
using Athanor.Models.Initialization;
using Athanor.Runs.Ledger;
using Athanor.Runs.Recipes;
using Athanor.Runs.Stages;
using Athanor.Tensors;
using Athanor.Tokenizers;
using Athanor.Training.Batches;
using Athanor.Training.Checkpoints;
using Athanor.Training.Evaluation;
using Athanor.Training.Medusa;
using Athanor.Training.ModelFiles;
using Athanor.Training.Objectives;
using Athanor.Training.Pretraining;
using Athanor.Training.Sampling;
using Athanor.Training.Schedules;

namespace Athanor.Training.Stages;

/// <summary>The stage kind <c>pretrain</c>: token shards or documents and a tokenizer, and a model to go on with if there is one, to a model folder.</summary>
public static class PretrainStage
{
    /// <summary>The kind; recipes need the section <see cref="ModelDesign"/> for it.</summary>
    /// <param name="writer">Writes samples; null for none.</param>
    public static StageKind Kind(ISampleWriter? writer) => StageKind.Of<PretrainSettings>("pretrain", "2", "Trains a model on token shards, or on documents that are tokenized on the way.", "model", (context, settings, cancellation) => Task.Run(() => Train(context, settings, writer, cancellation), CancellationToken.None)) with
    {
        Takes = [new StageInput("tokenizer"), new StageInput("tokens", 1, 32, Instead: "documents"), new StageInput("model", 0, 1)],
        Sections = [typeof(ModelDesign)],
        Resumable = true,
    };

    /// <summary>Registers the section <c>model</c> and the stage kinds <c>load_model</c>, <c>pretrain</c>, <c>evaluate</c> and <c>medusa</c>.</summary>
    /// <param name="writer">Writes samples; null for none.</param>
    public static void Register(RecipeVocabulary vocabulary, ISampleWriter? writer = null)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        vocabulary.Section<ModelDesign>("model", "Size and shape of the model.").Stage(LoadModelStage.Kind).Stage(Kind(writer)).Stage(EvaluateStage.Kind(writer)).Stage(MedusaStage.Kind);
    }

    private static void Train(StageContext context, PretrainSettings settings, ISampleWriter? writer, CancellationToken cancellation)
    {
        string tokenizerFolder = context.Input("tokenizer").Folder;
        Tokenizer tokenizer = Tokenizer.Load(tokenizerFolder);
        ExampleMaker? examples = settings.Objective.Bind(tokenizer);
        using var tokens = new TokenFolders(context.Inputs, tokenizer);
        if (tokens.Sources.Count == 0)
            throw new InvalidDataException("The tokens hold no train-*.shard. Give the stage that tokenizes some documents.");
        tokens.RequireTokenizer(tokenizer, tokenizerFolder);
        tokens.LeaveOutEmpty(context.Progress);
        var mixture = new Mixture(tokens.Sources, Weights(settings.Mixture, tokens.Sources), (ulong)context.Seed, later: Weights(settings.DecayMixture, tokens.Sources));
        TextSupply.Check(mixture, settings, context.Progress);
        DocumentFrame frame = DocumentFrame.Of(tokenizer.BosId, tokenizer.EosId);
        long steps = PretrainSettings.StepsOf(settings.Tokens!.Value, settings.BatchTokens!.Value);
        using Decoder model = MakeModel(context, settings, tokenizer);
        using var trainer = new Trainer(model, TrainerOf(context, settings, steps));
        int rows = (int)(settings.BatchTokens.Value / settings.SequenceLength);
        using var loader = new BatchLoader(new RowPacker(mixture, frame, settings.Filling, examples: examples), step => Shape(settings, step, steps, rows));
        var store = new CheckpointStore(Path.Combine(context.Work, CheckpointStore.FolderName), settings.KeepCheckpoints);
        using var checkpoints = new CheckpointWriter(store, trainer, tokenizerFolder);
        var validator = new Validator(frame, settings.SequenceLength, settings.MicroTokens / settings.SequenceLength);
        var run = new TrainingRun(
            trainer, loader, store, checkpoints, validator, tokens.Validation,
            writer is null ? null : cancel => writer.Write(model, tokenizer, frame, settings.Prompts, settings.Sampling, cancel), Beside(context, settings, tokens, frame), context.Metrics, context.Ledger, context.Progress, context.Name);
        run.Run(cancellation);
        Publish(context, trainer, run, tokenizerFolder, model => tokens.Validation.ToDictionary(set => set.Name, set => validator.Score(model, set, cancellation: cancellation), StringComparer.Ordinal));
    }

    private static void Publish(StageContext context, Trainer trainer, TrainingRun run, string tokenizerFolder, Func<Decoder, Dictionary<string, ValidationScore>> score)
    {
        IReadOnlyDictionary<string, ValidationScore> scores = run.Scores;
        if (trainer.Average is null)
        {
            HfCheckpoint.Save(trainer.Model, context.Output);
        }
        else
        {
            using var average = new Decoder(trainer.Model.Device, trainer.Model.Config, trainer.Model.DType, trainable: false);
            Dictionary<string, Parameter> byName = average.Parameters.ToDictionary(parameter => parameter.Name, parameter => parameter.Value, StringComparer.Ordinal);
            trainer.Average.CopyTo(name => byName.GetValueOrDefault(name));
            HfCheckpoint.Save(average, context.Output);
            // What is published is what is told.
            scores = score(average);
            foreach ((string name, ValidationScore of) in scores)
                context.Metrics.Write(trainer.Steps, new Metric($"val/{name}/average_loss", of.LossPerToken), new Metric($"val/{name}/average_bpb", of.BitsPerByte));
        }
        TokenizerFiles.Copy(tokenizerFolder, context.Output);
        EvaluationReport.Write(Path.Combine(context.Output, "training.json"), scores, json =>
        {
            json.WriteNumber("steps", trainer.Steps);
            json.WriteNumber("tokens", run.Tokens);
            json.WriteNumber("loss", trainer.Losses.Values.LastOrDefault());
        });
        context.Note("tokens", run.Tokens);
        foreach ((string name, ValidationScore of) in scores)
            context.Note($"{name}.bits_per_byte", of.BitsPerByte);
    }

    private static Decoder MakeModel(StageContext context, PretrainSettings settings, Tokenizer tokenizer)
    {
        DType type = settings.Precision == Precision.F32 ? DType.F32 : DType.BF16;
        if (context.FindInput("model") is { } start)
        {
            Decoder loaded = HfCheckpoint.Load(start.Folder, Device.Default, type);
            if (loaded.Config.VocabularySize < tokenizer.VocabularySize)
            {
                int rows = loaded.Config.VocabularySize;
                loaded.Dispose();
                throw new InvalidDataException($"The model {start.Folder} has {rows} rows in its embedding, the tokenizer {tokenizer.VocabularySize} tokens. Give the tokenizer that belongs to the model.");
            }
            if (settings.SequenceLength > loaded.Config.ContextLength)
            {
                int limit = loaded.Config.ContextLength;
                loaded.Dispose();
                throw new InvalidDataException($"Rows of {settings.SequenceLength} tokens are longer than the model's context of {limit}. Write a shorter sequence_length, or context_length: {settings.SequenceLength} in a stage load_model before.");
            }
            LearningRateCeiling.Check(settings.LearningRate!.Value, settings.BatchTokens!.Value, context.Progress);
            return loaded;
        }
        ModelDesign design = context.Section<ModelDesign>();
        ModelConfig config = TokenIds.Into(design.ToConfig(tokenizer.VocabularySize, settings.SequenceLength), tokenizer);
        var initial = new InitialValues((ulong)context.Seed);
        return new Decoder(Device.Default, config, type, design.MaximalUpdate?.Apply(initial, config) ?? initial);
    }

    private static TrainerSettings TrainerOf(StageContext context, PretrainSettings settings, long steps) => new()
    {
        Steps = steps,
        LearningRate = settings.LearningRate!.Value,
        Warmup = settings.Warmup!.Value,
        Schedule = settings.Schedule,
        Optimizer = settings.Optimizer,
        MaximalUpdate = context.FindInput("model") is null ? context.Section<ModelDesign>().MaximalUpdate : null,
        MicroTokens = settings.MicroTokens,
        Clip = settings.Clip,
        ZLoss = settings.ZLoss,
        AverageDecay = settings.Average,
        SkipDeviations = settings.SkipDeviations,
        Recompute = settings.Recompute,
        Seed = (ulong)context.Seed,
    };

    private static TrainingRunSettings Beside(StageContext context, PretrainSettings settings, TokenFolders tokens, DocumentFrame frame) => new()
    {
        SaveEvery = settings.SaveEvery!.Value,
        EvaluateEvery = settings.EvaluateEvery!.Value,
        EvaluateTokens = settings.EvaluateTokens,
        SampleEvery = settings.SampleEvery!.Value,
        Prompts = settings.Prompts,
        RewindAfter = settings.RewindAfter,
        // Ends of documents are trained tokens without bytes of their own.
        BytesPerToken = tokens.TrainTokens == 0 || settings.Objective is not CausalObjective ? 0 : tokens.TrainBytes / (double)(tokens.TrainTokens + (frame.End is null ? 0 : tokens.TrainDocuments)),
        DumpFolder = context.Ledger.Folder,
    };

    private static BatchShape Shape(PretrainSettings settings, long step, long steps, int rows)
    {
        int length = settings.LengthRamp?.Length(step, steps, settings.SequenceLength) ?? settings.SequenceLength;
        int full = (int)Math.Max(1, (long)rows * settings.SequenceLength / length);
        bool decays = settings.DecayMixture.Count > 0 && settings.Schedule is WarmupStableDecaySchedule schedule && step >= schedule.DecayStart(settings.Warmup!.Value, steps);
        return new BatchShape(settings.BatchRamp?.Rows(step, steps, full) ?? full, length, decays ? 1 : 0);
    }

    private static double[]? Weights(IReadOnlyDictionary<string, double> mixture, List<TokenSource> sources)
    {
        if (mixture.Count == 0)
            return null;
        if (mixture.Keys.FirstOrDefault(name => sources.All(source => source.Name != name)) is { } unknown)
            throw new InvalidDataException($"The mixture weighs a source '{unknown}', which is not there; sources are {string.Join(", ", sources.Select(source => source.Name))}.");
        return [.. sources.Select(source => mixture.GetValueOrDefault(source.Name))];
    }
}
