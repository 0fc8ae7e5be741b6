using System.Globalization;
using Athanor.Inference.Gguf;
using Athanor.Inference.Quantization;
using Athanor.Models;
using Athanor.Tensors;
using Athanor.Tokenizers;
using Athanor.Training.ModelFiles;

namespace Athanor.Cli.Exchange;

/// <summary>A quantization as the verb and the stage ask for it.</summary>
/// <param name="Model">The model.</param>
/// <param name="Target">The folder, or the GGUF file.</param>
/// <param name="Options">The method.</param>
/// <param name="Mixture">A GGUF type in place of the method; null for none.</param>
internal sealed record QuantizeWork(ModelPlace Model, string Target, QuantizationOptions Options, GgufMixture? Mixture)
{
    private const int DefaultRow = 2048;

    /// <summary>Texts to calibrate with.</summary>
    public string? Calibration { get; init; }

    /// <summary>Rows of them at most.</summary>
    public int CalibrationRows { get; init; } = 128;

    /// <summary>Texts whose perplexity is measured before and after.</summary>
    public string? Evaluation { get; init; }

    /// <summary>Rows of them at most.</summary>
    public int EvaluationRows { get; init; } = 64;

    /// <summary>Tokens of a row; the context of the model, 2048 at most, where null.</summary>
    public int? RowLength { get; init; }

    /// <summary>Another tokenizer than the one beside the model.</summary>
    public string? Tokenizer { get; init; }

    /// <summary>Does it.</summary>
    /// <param name="done">Told the blocks done so far of all.</param>
    /// <param name="say">Told what is to be known.</param>
    public QuantizeResult Run(Action<int, int> done, Action<string> say, CancellationToken cancellation)
    {
        if (Mixture is null && Options.NeedsCalibration && Calibration is null)
            throw new ArgumentException($"{Options.Method.ToString().ToUpperInvariant()} looks at texts: name a .txt or .jsonl file that is like what the model will see (--calibration, or 'calibration' in a recipe).");
        if (Model.Form == ModelForm.HuggingFace && QuantizedCheckpoint.Is(Model.Path))
            throw new ArgumentException($"{Model.Path} is quantized already; quantize the model that it was made of.");
        using Decoder model = Model.Load(Device.Default, DType.F32, cancellation);
        Tokenizer? tokenizer = (Tokenizer ?? Model.TokenizerPath) is null && Calibration is null && Evaluation is null ? null : Model.LoadTokenizer(Tokenizer);
        int length = RowLength ?? Math.Min(model.Config.ContextLength, DefaultRow);
        if (length < 2 || length > model.Config.ContextLength)
            throw new ArgumentException($"Rows of {length} tokens do not fit a context of {model.Config.ContextLength}; give 2 to {model.Config.ContextLength}.");
        IReadOnlyList<int[]> evaluation = Evaluation is null ? [] : TextRows.Read(Evaluation, tokenizer!, length, EvaluationRows, cancellation);
        Perplexity? before = evaluation.Count == 0 ? null : Perplexity.Of(model, evaluation, cancellation);
        if (before is { } measured)
            say(string.Create(CultureInfo.InvariantCulture, $"perplexity before: {measured.Value:0.####} over {measured.Tokens:N0} tokens"));
        return Mixture is null ? Folder(model, tokenizer, length, evaluation, before, done, say, cancellation) : Gguf(model, tokenizer, evaluation, before, say, cancellation);
    }

    private QuantizeResult Folder(Decoder model, Tokenizer? tokenizer, int length, IReadOnlyList<int[]> evaluation, Perplexity? before, Action<int, int> done, Action<string> say, CancellationToken cancellation)
    {
        IReadOnlyList<int[]> calibration = Options.NeedsCalibration ? TextRows.Read(Calibration!, tokenizer!, length, CalibrationRows, cancellation) : [];
        QuantizationReport report = ModelQuantizer.Write(model, Options, calibration, Target, folder =>
        {
            tokenizer?.Save(folder);
            string generation = Path.Combine(Model.Path, "generation_config.json");
            if (File.Exists(generation))
                File.Copy(generation, Path.Combine(folder, "generation_config.json"));
        }, done, say, cancellation);
        // What was written is what is measured.
        using Decoder? read = evaluation.Count == 0 ? null : QuantizedCheckpoint.Load(Target, Device.Default, DType.F32, cancellation);
        Perplexity? after = read is null ? null : Perplexity.Of(read, evaluation, cancellation);
        string line = string.Create(CultureInfo.InvariantCulture, $"{Target}: {report.Matrices} matrices, {report.Weights:N0} weights by {Options.Method.ToString().ToLowerInvariant()}, relative error {report.Error:0.0000}; {report.Bytes:N0} bytes");
        return new QuantizeResult(line, report.Bytes, report.Error, before, after);
    }

    private QuantizeResult Gguf(Decoder model, Tokenizer? tokenizer, IReadOnlyList<int[]> evaluation, Perplexity? before, Action<string> say, CancellationToken cancellation)
    {
        GgufExportReport report = GgufExport.Write(model, tokenizer, Target, Mixture!, cancellation: cancellation);
        foreach (string note in report.Notes)
            say(note);
        Perplexity? after = null;
        if (evaluation.Count > 0)
        {
            using GgufFile file = GgufFile.Open(Target);
            using Decoder read = GgufModel.Load(file, Device.Default);
            after = Perplexity.Of(read, evaluation, cancellation);
        }
        return new QuantizeResult(ExportCommand.Line(Target, report), report.Bytes, null, before, after);
    }
}

/// <summary>What a quantization made.</summary>
/// <param name="Line">It in a line.</param>
/// <param name="Bytes">Of the weights.</param>
/// <param name="Error">Relative error of the weights, where it was measured.</param>
/// <param name="Before">Perplexity of the original.</param>
/// <param name="After">Perplexity of what was written.</param>
internal sealed record QuantizeResult(string Line, long Bytes, double? Error, Perplexity? Before, Perplexity? After);
