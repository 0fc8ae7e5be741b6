using Athanor.Inference.Gguf;
using Athanor.Models;
using Athanor.Runs.Recipes;
using Athanor.Runs.Stages;
using Athanor.Tensors;
using Athanor.Tokenizers;
using Athanor.Training.ModelFiles;

namespace Athanor.Cli.Exchange;

/// <summary>How the matrices of a GGUF file are stored; the names are llama.cpp's.</summary>
public enum GgufType
{
    /// <summary>8.5 bits: hardly to be told from the original.</summary>
    Q8_0,

    /// <summary>fp32.</summary>
    F32,

    /// <summary>bfloat16.</summary>
    Bf16,

    /// <summary>IEEE half.</summary>
    F16,

    /// <summary>6.6 bits.</summary>
    Q6_K,

    /// <summary>5.5 bits, some matrices 6.6.</summary>
    Q5_K_M,

    /// <summary>4.5 bits, some matrices 6.6.</summary>
    Q4_K_M,

    /// <summary>4.5 bits.</summary>
    Q4_0,
}

/// <summary>Settings of the stage <c>export_gguf</c>.</summary>
public sealed record ExportGgufSettings
{
    /// <summary>How matrices are stored.</summary>
    public GgufType Type { get; init; } = GgufType.Q8_0;

    /// <summary>The file's name without its ending, and what it calls the model.</summary>
    public string Name { get; init; } = "model";
}

/// <summary>The stage kind <c>export_gguf</c>: a model with its tokenizer as a GGUF file.</summary>
internal static class ExportGgufStage
{
    public static StageKind Kind { get; } = StageKind.Of<ExportGgufSettings>("export_gguf", "1", "Writes a model with its tokenizer as a GGUF file, which llama.cpp and its kin load.", "gguf", Run) with
    {
        Takes = [new StageInput("model")],
        UsesSeed = false,
    };

    private static Task Run(StageContext context, ExportGgufSettings settings, CancellationToken cancellation) => Task.Run(() => Export(context, settings, cancellation), CancellationToken.None);

    private static void Export(StageContext context, ExportGgufSettings settings, CancellationToken cancellation)
    {
        if (settings.Name.Length == 0 || settings.Name.AsSpan().ContainsAny(Path.GetInvalidFileNameChars()))
            throw new InvalidDataException($"The name '{settings.Name}' cannot be that of a file; use letters, digits, '-' and '_'.");
        ModelPlace place = ModelPlace.Find(context.Input("model").Folder);
        Tokenizer? tokenizer = place.TokenizerPath is null ? null : place.LoadTokenizer();
        using Decoder model = place.Load(Device.Default, cancellation: cancellation);
        string file = Path.Combine(context.Output, $"{settings.Name}.gguf");
        GgufExportReport report = GgufExport.Write(model, tokenizer, file, GgufMixture.ByName(settings.Type.ToString()), settings.Name, (done, all) =>
        {
            context.Progress.Expect(all, "bytes");
            context.Progress.Report(done);
        }, cancellation);
        foreach (string note in report.Notes)
            context.Progress.Say(note);
        context.Note("file", Path.GetFileName(file));
        context.Note("architecture", report.Architecture);
        context.Note("bytes", report.Bytes);
        context.Note("bits_per_parameter", Math.Round(report.BitsPerParameter, 3));
    }
}
