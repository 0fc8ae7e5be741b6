using System.CommandLine;
using Athanor.Cli.ModelFiles;
using Athanor.Inference.Gguf;
using Athanor.Tensors.Safetensors;
using Athanor.Training.ModelFiles;

namespace Athanor.Cli.Exchange;

/// <summary>The verb <c>athanor import</c>, a family of verbs.</summary>
internal static class ImportCommand
{
    public static Command Create(TextWriter output) => new("import", """
        Takes models in from the forms of other programs.

        Example:
          athanor import gguf model-q8_0.gguf --output my-model
        """)
    {
        Gguf(output),
    };

    private static Command Gguf(TextWriter output)
    {
        var file = new Argument<string>("file") { Description = "A GGUF file." };
        var target = new Option<string>("--output", "-o") { Description = "A folder that is not there yet.", Required = true };
        Option<string?> type = ModelCommand.TypeOption("f32, f16 or bf16 (the default): what the weights are decoded to.");
        var pre = new Option<string?>("--pre") { Description = "The pre-tokenizer (llama-bpe, qwen2, gpt-2, …) of a file that names none: without it text would be cut wrongly." };
        var command = new Command("gguf", """
            Turns a GGUF file into a Hugging Face folder: weights decoded, tokenizer beside them.

            Examples:
              athanor import gguf model-q8_0.gguf --output my-model
              athanor import gguf old.gguf --pre llama-bpe --type f16 --output my-model
            """) { file, target, type, pre };
        command.SetAction((parsed, cancellation) =>
        {
            string place = parsed.GetRequiredValue(target);
            GgufImport.Write(parsed.GetRequiredValue(file), place, ModelCommand.Type(parsed.GetValue(type)) ?? SafetensorsType.BF16, parsed.GetValue(pre), cancellation);
            ModelView.Written(place, ModelFacts.Of(ModelPlace.Find(place)), output);
            return Task.FromResult(Tool.Success);
        });
        return command;
    }
}
