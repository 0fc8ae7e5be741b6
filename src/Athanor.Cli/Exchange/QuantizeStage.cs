using System.ComponentModel.DataAnnotations;
using Athanor.Inference.Quantization;
using Athanor.Runs.Recipes;
using Athanor.Runs.Settings;
using Athanor.Runs.Stages;
using Athanor.Training.ModelFiles;

namespace Athanor.Cli.Exchange;

/// <summary>Settings of the stage <c>quantize</c>.</summary>
public sealed record QuantizeSettings
{
    /// <summary>The method.</summary>
    public QuantizationMethod Method { get; init; } = QuantizationMethod.Gptq;

    /// <summary>With gptq: 2, 4 or 8.</summary>
    [Range(2, 8)]
    public int Bits { get; init; } = 4;

    /// <summary>With gptq and awq: inputs that share a scale; -1 for whole rows.</summary>
    [Range(-1, 1 << 16)]
    public int GroupSize { get; init; } = 128;

    /// <summary>With gptq: inputs of large activations first.</summary>
    public bool ActOrder { get; init; } = true;

    /// <summary>With gptq: the code of 0 is the middle one.</summary>
    public bool Symmetric { get; init; } = true;

    /// <summary>With nf4: the scales are quantized too.</summary>
    public bool DoubleQuantization { get; init; } = true;

    /// <summary>Texts that gptq and awq look at: a .txt, or a .jsonl with the field text.</summary>
    [Input]
    public RecipePath? Calibration { get; init; }

    /// <summary>Rows of calibration texts at most.</summary>
    [Range(1, 1 << 20)]
    public int CalibrationRows { get; init; } = 128;

    /// <summary>Texts whose perplexity is measured before and after.</summary>
    [Input]
    public RecipePath? Evaluation { get; init; }

    /// <summary>Rows of evaluation texts at most.</summary>
    [Range(1, 1 << 20)]
    public int EvaluationRows { get; init; } = 64;

    /// <summary>Tokens of a row; the model's context, 2048 at most, where absent.</summary>
    [Range(2, 1 << 20)]
    public int? RowLength { get; init; }
}

/// <summary>The stage kind <c>quantize</c>: a model as a folder of quantized matrices.</summary>
internal static class QuantizeStage
{
    public static StageKind Kind { get; } = StageKind.Of<QuantizeSettings>("quantize", "1", "Quantizes a model by NF4, int8, GPTQ or AWQ and measures what it costs.", "quantized_model", Run) with
    {
        Takes = [new StageInput("model")],
        UsesSeed = false,
    };

    private static Task Run(StageContext context, QuantizeSettings settings, CancellationToken cancellation) => Task.Run(() => Quantize(context, settings, cancellation), CancellationToken.None);

    private static void Quantize(StageContext context, QuantizeSettings settings, CancellationToken cancellation)
    {
        var options = new QuantizationOptions
        {
            Method = settings.Method,
            Bits = settings.Bits,
            GroupSize = settings.GroupSize,
            ActOrder = settings.ActOrder,
            Symmetric = settings.Symmetric,
            DoubleQuantization = settings.DoubleQuantization,
        };
        // The stage's own folder is there and empty, which the writer replaces whole.
        var work = new QuantizeWork(ModelPlace.Find(context.Input("model").Folder), context.Output, options, null)
        {
            Calibration = settings.Calibration?.FullPath,
            CalibrationRows = settings.CalibrationRows,
            Evaluation = settings.Evaluation?.FullPath,
            EvaluationRows = settings.EvaluationRows,
            RowLength = settings.RowLength,
        };
        QuantizeResult result = work.Run((done, all) =>
        {
            context.Progress.Expect(all, "blocks");
            context.Progress.Report(done);
        }, context.Progress.Say, cancellation);
        context.Note("bytes", result.Bytes);
        if (result.Error is { } error)
            context.Note("relative_error", Math.Round(error, 6));
        if (result is { Before: { } before, After: { } after })
        {
            context.Note("perplexity_before", Math.Round(before.Value, 4));
            context.Note("perplexity_after", Math.Round(after.Value, 4));
        }
    }
}
