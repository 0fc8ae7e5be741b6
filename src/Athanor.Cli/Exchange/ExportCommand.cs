using System.CommandLine;
using System.Globalization;
using Athanor.Cli.Recipes;
using Athanor.Inference.Gguf;
using Athanor.Models;
using Athanor.Tensors;
using Athanor.Tokenizers;
using Athanor.Training.ModelFiles;

namespace Athanor.Cli.Exchange;

/// <summary>The verb <c>athanor export</c>, a family of verbs.</summary>
internal static class ExportCommand
{
    public static Command Create(TextWriter output, TextWriter errors) => new("export", """
        Writes models in the forms of other programs.

        Examples:
          athanor export gguf quickstart --output quickstart.gguf
          athanor export gguf my-model --type q4_k_m --output my-model-q4.gguf
        """)
    {
        Gguf(output, errors),
    };

    private static Command Gguf(TextWriter output, TextWriter errors)
    {
        var model = new Argument<string>("model") { Description = "A Hugging Face folder, a llama2.c .bin (or its folder), or a run: its newest model." };
        var target = new Option<string>("--output", "-o") { Description = "The file; an older one is replaced when the new one is whole.", Required = true };
        var type = new Option<string>("--type") { Description = $"How matrices are stored: {string.Join(", ", GgufMixture.All.Select(mixture => mixture.Name))}.", DefaultValueFactory = _ => "q8_0" };
        var name = new Option<string?>("--name") { Description = "What the file calls the model; by default its own name." };
        var tokenizer = new Option<string?>("--tokenizer", "-t") { Description = "Another tokenizer than the one beside the model: a folder, a file, llama2.c's tokenizer.bin." };
        Option<string> runs = RecipeOptions.Runs();
        var command = new Command("gguf", """
            Writes a model with its tokenizer as a GGUF file, which llama.cpp, Ollama and LM Studio load.

            Llamas and their kin (Mistral, Qwen 2, Qwen 3, Granite, Gemma, OLMo 2) and GPT-2. What a file cannot say is refused before anything is written.

            Examples:
              athanor export gguf quickstart --output quickstart.gguf
              athanor export gguf my-model --type q4_k_m --output my-model-q4.gguf
              athanor export gguf stories260K.bin --tokenizer tok512.bin --type f32 --output stories.gguf
            """) { model, target, type, name, tokenizer, runs };
        command.SetAction((parsed, cancellation) =>
        {
            GgufMixture mixture = GgufMixture.ByName(parsed.GetRequiredValue(type));
            ModelPlace place = ModelPlace.Find(parsed.GetRequiredValue(model), parsed.GetRequiredValue(runs));
            GgufExport.ArchitectureOf(place.ReadConfig());
            Tokenizer? text = (parsed.GetValue(tokenizer) ?? place.TokenizerPath) is null ? null : place.LoadTokenizer(parsed.GetValue(tokenizer));
            using Decoder decoder = place.Load(Device.Default, cancellation: cancellation);
            string file = parsed.GetRequiredValue(target);
            GgufExportReport report = GgufExport.Write(decoder, text, file, mixture, parsed.GetValue(name), cancellation: cancellation);
            output.WriteLine(Line(file, report));
            foreach (string note in report.Notes)
                errors.WriteLine($"athanor: {note}");
            return Task.FromResult(Tool.Success);
        });
        return command;
    }

    /// <summary>What was written, in a line.</summary>
    public static string Line(string path, GgufExportReport report) => string.Create(CultureInfo.InvariantCulture,
        $"{path}: {report.Architecture}, {report.Parameters:N0} parameters as {string.Join(", ", report.Formats.OrderByDescending(entry => entry.Value).Select(entry => $"{entry.Key} {(double)entry.Value / report.Parameters:P1}"))}; {report.Bytes:N0} bytes, {report.BitsPerParameter:0.00} bits a parameter");
}
