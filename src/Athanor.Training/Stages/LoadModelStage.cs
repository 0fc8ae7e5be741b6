using Athanor.Models;
using Athanor.Models.Accounting;
using Athanor.Models.Adaptation;
using Athanor.Models.Configuration;
using Athanor.Models.HuggingFace;
using Athanor.Runs.Recipes;
using Athanor.Runs.Stages;
using Athanor.Tensors;
using Athanor.Tensors.Safetensors;
using Athanor.Tokenizers;
using Athanor.Training.Checkpoints;
using Athanor.Training.ModelFiles;

namespace Athanor.Training.Stages;

/// <summary>
/// The stage kind <c>load_model</c>: a Hugging Face folder, a llama2.c file or the model of an earlier run as the beginning of a recipe, with more tokens and a longer context where they are asked for. Files are copied as they are when nothing changes.
/// </summary>
public static class LoadModelStage
{
    /// <summary>The kind.</summary>
    public static StageKind Kind { get; } = StageKind.Of<LoadModelSettings>("load_model", "1", "Takes a model that exists, with more tokens or a longer context if they are asked for.", "model", Run) with
    {
        Takes = [new StageInput("tokenizer", 0, 1), new StageInput("model", 0, 1)],
        UsesSeed = false,
    };

    private static Task Run(StageContext context, LoadModelSettings settings, CancellationToken cancellation) => Task.Run(() => Load(context, settings, cancellation), CancellationToken.None);

    private static void Load(StageContext context, LoadModelSettings settings, CancellationToken cancellation)
    {
        if (settings.Path is null == context.FindInput("model") is null)
            throw new InvalidDataException("A model comes from 'path' or from a stage in 'from': write one of them.");
        ModelPlace place = ModelPlace.Find(settings.Path?.FullPath ?? context.Input("model").Folder);
        ModelConfig config = place.ReadConfig();
        ModelConfig extended = settings.ContextLength is { } length ? ContextExtension.Apply(config, length, settings.Rope) : config;
        Tokenizer? old = place.TokenizerPath is null ? null : place.LoadTokenizer();
        string? tokenizerFolder = context.FindInput("tokenizer")?.Folder;
        NewRows rows = NewRows.Of(place.Path, config.VocabularySize, old, tokenizerFolder is null ? null : Tokenizer.Load(tokenizerFolder), settings);
        if (place.Form == ModelForm.HuggingFace && extended == config && rows.Unchanged(config.VocabularySize))
            CopyFiles(place.Path, context.Output, cancellation);
        else
            Change(context, place, extended, rows, cancellation);
        if (tokenizerFolder is not null)
            TokenizerFiles.Copy(tokenizerFolder, context.Output);
        else if (place.Form == ModelForm.HuggingFace)
            TokenizerFiles.Copy(place.Path, context.Output);
        else
            old?.Save(context.Output);
        ModelConfig result = HfCheckpoint.ReadConfig(context.Output);
        context.Note("parameters", ModelSize.Of(result).Parameters);
        context.Note("vocabulary", result.VocabularySize);
        context.Note("new_tokens", rows.NewTokens);
        context.Note("context_length", result.ContextLength);
    }

    private static void Change(StageContext context, ModelPlace place, ModelConfig extended, NewRows rows, CancellationToken cancellation)
    {
        // Half precision has bits that bf16 lacks: such files pass through fp32 and come out as they were.
        using Decoder model = place.Load(Device.Default, cancellation: cancellation);
        using Decoder grown = VocabularyGrowth.Grow(model, rows.Count, rows.Known, rows.PiecesOf);
        HfCheckpoint.Save(grown, context.Output, place.StoredType() == SafetensorsType.F16 ? SafetensorsType.F16 : null, cancellation: cancellation);
        // The context is no weight: it is said in config.json alone.
        string path = Path.Combine(context.Output, "config.json");
        File.WriteAllText(path, HfCheckpoint.WriteConfig(grown.Config with { ContextLength = extended.ContextLength, RopeTheta = extended.RopeTheta, RopeScaling = extended.RopeScaling, Source = File.ReadAllText(path) }));
        string generation = Path.Combine(place.Path, "generation_config.json");
        if (File.Exists(generation))
            File.Copy(generation, Path.Combine(context.Output, "generation_config.json"), overwrite: true);
        if (rows.NewTokens > 0)
            context.Progress.Say($"{rows.NewTokens} tokens are new to the model; their rows start as {(rows.FromPieces ? "the mean of those that spelled them before" : "the mean of all")}.");
    }

    private static void CopyFiles(string from, string to, CancellationToken cancellation)
    {
        foreach (string file in Directory.EnumerateFiles(from).Where(IsOfModel))
        {
            cancellation.ThrowIfCancellationRequested();
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }
    }

    private static bool IsOfModel(string file) =>
        Path.GetFileName(file) is "config.json" or "generation_config.json" or "model.safetensors.index.json" || file.EndsWith(".safetensors", StringComparison.Ordinal);
}
