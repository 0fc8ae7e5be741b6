using System.ComponentModel.DataAnnotations;
using Athanor.Models;
using Athanor.Models.HuggingFace;
using Athanor.Runs.Recipes;
using Athanor.Runs.Settings;
using Athanor.Runs.Stages;
using Athanor.Tensors;
using Athanor.Tokenizers;
using Athanor.Training.Batches;
using Athanor.Training.Evaluation;
using Athanor.Training.Sampling;

namespace Athanor.Training.Stages;

/// <summary>Settings of the stage <c>evaluate</c>.</summary>
public sealed record EvaluateSettings
{
    /// <summary>Positions of a row; 0 for the model's context.</summary>
    [Range(0, 1 << 20)]
    public int SequenceLength { get; init; }

    /// <summary>Beginnings that samples go on from.</summary>
    public IReadOnlyList<string> Prompts { get; init; } = [];

    /// <summary>How samples are drawn.</summary>
    public SamplingSettings Sampling { get; init; } = new();

    /// <summary>Storage of weights.</summary>
    public Precision Precision { get; init; }

    /// <summary>Positions computed at once.</summary>
    [Operational]
    [Range(1, 1 << 28)]
    public int MicroTokens { get; init; } = 8192;
}

/// <summary>The stage kind <c>evaluate</c>: bits per byte and per character of a model on every validation set, and samples.</summary>
public static class EvaluateStage
{
    /// <summary>The kind.</summary>
    /// <param name="writer">Writes samples; null for none.</param>
    public static StageKind Kind(ISampleWriter? writer) => StageKind.Of<EvaluateSettings>("evaluate", "2", "Measures a model on validation sets and draws samples.", "evaluation", (context, settings, cancellation) => Task.Run(() => Evaluate(context, settings, writer, cancellation), CancellationToken.None)) with
    {
        Takes = [new StageInput("model"), new StageInput("tokens", 1, 32, Instead: "documents")],
        UsesSeed = false,
    };

    private static void Evaluate(StageContext context, EvaluateSettings settings, ISampleWriter? writer, CancellationToken cancellation)
    {
        string folder = context.Input("model").Folder;
        Tokenizer tokenizer = Tokenizer.Load(folder);
        using Decoder model = HfCheckpoint.Load(folder, Device.Default, settings.Precision == Precision.F32 ? DType.F32 : DType.BF16, trainable: false, cancellation: cancellation);
        using var tokens = new TokenFolders(context.Inputs, tokenizer);
        tokens.RequireTokenizer(tokenizer, folder);
        tokens.LeaveOutEmpty(context.Progress);
        DocumentFrame frame = DocumentFrame.Of(tokenizer.BosId, tokenizer.EosId);
        int length = settings.SequenceLength > 0 ? settings.SequenceLength : model.Config.ContextLength;
        var validator = new Evaluation.Validator(frame, length, settings.MicroTokens / length);
        var scores = new Dictionary<string, ValidationScore>(StringComparer.Ordinal);
        context.Progress.Expect(tokens.Validation.Count, "sets");
        foreach (ValidationSet set in tokens.Validation)
        {
            ValidationScore score = scores[set.Name] = validator.Score(model, set, cancellation: cancellation);
            ValidationNote.Write(context.Metrics, context.Progress, 0, set.Name, score);
            context.Note($"{set.Name}.bits_per_byte", score.BitsPerByte);
            context.Note($"{set.Name}.bits_per_character", score.BitsPerCharacter);
            context.Progress.Report(scores.Count);
        }
        List<(string Prompt, string Text)> samples = writer is null || settings.Prompts.Count == 0 ? [] : [.. settings.Prompts.Zip(writer.Write(model, tokenizer, frame, settings.Prompts, settings.Sampling, cancellation))];
        foreach ((string prompt, string text) in samples)
            context.Ledger.Sample(context.Name, 0, prompt, text);
        EvaluationReport.Write(Path.Combine(context.Output, "evaluation.json"), scores, json =>
        {
            json.WriteStartArray("samples");
            foreach ((string prompt, string text) in samples)
            {
                json.WriteStartObject();
                json.WriteString("prompt", prompt);
                json.WriteString("text", text);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        });
    }
}
