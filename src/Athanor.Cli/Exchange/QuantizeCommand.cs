using System.CommandLine;
using System.Globalization;
using Athanor.Cli.Recipes;
using Athanor.Inference.Gguf;
using Athanor.Inference.Quantization;
using Athanor.Training.ModelFiles;

namespace Athanor.Cli.Exchange;

/// <summary>The verb <c>athanor quantize</c>.</summary>
internal static class QuantizeCommand
{
    private static readonly string[] Methods = [.. Enum.GetNames<QuantizationMethod>().Select(name => name.ToLowerInvariant())];

    public static Command Create(TextWriter output, TextWriter errors)
    {
        var model = new Argument<string>("model") { Description = "A Hugging Face folder, a llama2.c .bin (or its folder), or a run: its newest model." };
        var target = new Option<string>("--output", "-o") { Description = "A folder that is not there yet; for GGUF types a file.", Required = true };
        var method = new Option<string>("--method", "-m") { Description = $"{string.Join(", ", Methods)}, or a GGUF type: {string.Join(", ", GgufMixture.All.Select(mixture => mixture.Name))}.", Required = true };
        var calibration = new Option<string?>("--calibration") { Description = "Texts that gptq and awq look at: a .txt, or a .jsonl with the field text." };
        var rows = new Option<int>("--rows") { Description = "Rows of calibration texts at most.", DefaultValueFactory = _ => 128 };
        var evaluation = new Option<string?>("--evaluate") { Description = "Texts whose perplexity is measured before and after; others than those of the calibration." };
        var evaluated = new Option<int>("--evaluate-rows") { Description = "Rows of them at most.", DefaultValueFactory = _ => 64 };
        var length = new Option<int?>("--length") { Description = "Tokens of a row; by default the model's context, 2048 at most." };
        var bits = new Option<int>("--bits") { Description = "With gptq: 2, 4 or 8.", DefaultValueFactory = _ => 4 };
        var group = new Option<int>("--group-size") { Description = "With gptq and awq: inputs that share a scale, -1 for whole rows.", DefaultValueFactory = _ => 128 };
        var order = new Option<bool>("--no-act-order") { Description = "With gptq: round inputs in their order instead of the largest activations first." };
        var asymmetric = new Option<bool>("--asymmetric") { Description = "With gptq: a zero for each group." };
        var single = new Option<bool>("--no-double") { Description = "With nf4: scales in fp32." };
        var tokenizer = new Option<string?>("--tokenizer", "-t") { Description = "Another tokenizer than the one beside the model." };
        Option<string> runs = RecipeOptions.Runs();
        var command = new Command("quantize", """
            Makes a model smaller and says what it costs: perplexity before and after.

            Folders for transformers, vLLM and others by nf4, int8 (bitsandbytes), gptq, awq; files for llama.cpp by the GGUF types.

            Examples:
              athanor quantize my-model --method gptq --calibration texts.jsonl --evaluate held-out.txt --output my-model-gptq
              athanor quantize my-model --method nf4 --output my-model-nf4
              athanor quantize quickstart --method q4_k_m --evaluate held-out.txt --output quickstart-q4.gguf
            """) { model, target, method, calibration, rows, evaluation, evaluated, length, bits, group, order, asymmetric, single, tokenizer, runs };
        command.SetAction((parsed, cancellation) =>
        {
            string name = parsed.GetRequiredValue(method);
            (QuantizationMethod kind, GgufMixture? mixture) = Method(name);
            var options = new QuantizationOptions
            {
                Method = kind,
                Bits = parsed.GetValue(bits),
                GroupSize = parsed.GetValue(group),
                ActOrder = !parsed.GetValue(order),
                Symmetric = !parsed.GetValue(asymmetric),
                DoubleQuantization = !parsed.GetValue(single),
            };
            var work = new QuantizeWork(ModelPlace.Find(parsed.GetRequiredValue(model), parsed.GetRequiredValue(runs)), parsed.GetRequiredValue(target), options, mixture)
            {
                Calibration = parsed.GetValue(calibration),
                CalibrationRows = Math.Max(1, parsed.GetValue(rows)),
                Evaluation = parsed.GetValue(evaluation),
                EvaluationRows = Math.Max(1, parsed.GetValue(evaluated)),
                RowLength = parsed.GetValue(length),
                Tokenizer = parsed.GetValue(tokenizer),
            };
            QuantizeResult result = work.Run((done, all) => errors.WriteLine($"athanor: block {done} of {all}"), text => errors.WriteLine($"athanor: {text}"), cancellation);
            output.WriteLine(result.Line);
            if (result is { Before: { } before, After: { } after })
                output.WriteLine(Line(before, after));
            return Task.FromResult(Tool.Success);
        });
        return command;
    }

    /// <summary>A method by its name: one of the folders', or a GGUF type.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    private static (QuantizationMethod Method, GgufMixture? Mixture) Method(string name)
    {
        int index = Array.IndexOf(Methods, name.ToLowerInvariant());
        if (index >= 0)
            return (Enum.GetValues<QuantizationMethod>()[index], null);
        return GgufMixture.All.FirstOrDefault(mixture => string.Equals(mixture.Name, name, StringComparison.OrdinalIgnoreCase)) is { } found ? (default, found)
            : throw new ArgumentException($"--method is '{name}'; choose {string.Join(", ", Methods)}, or a GGUF type: {string.Join(", ", GgufMixture.All.Select(mixture => mixture.Name))}.");
    }

    private static string Line(Perplexity before, Perplexity after) => string.Create(CultureInfo.InvariantCulture,
        $"perplexity {before.Value:0.####} before, {after.Value:0.####} after ({Math.Round((after.Value / before.Value - 1) * 100, 2) + 0.0:+0.00;-0.00}%), over {after.Tokens:N0} tokens");
}
