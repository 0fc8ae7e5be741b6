using System.CommandLine;
using Athanor.Cli.Recipes;
using Athanor.Models.HuggingFace;
using Athanor.Runs.Settings;
using Athanor.Training.ModelFiles;

namespace Athanor.Cli.ModelFiles;

/// <summary>The verb <c>athanor model convert</c>.</summary>
internal static class ConvertCommand
{
    public static Command Create(TextWriter output)
    {
        var model = new Argument<string>("model") { Description = "A Hugging Face folder, a llama2.c .bin (or its folder), or a run: its newest model." };
        var target = new Option<string>("--output", "-o") { Description = "A folder that is not there yet; a name that ends with .bin writes llama2.c's form.", Required = true };
        Option<string?> type = ModelCommand.TypeOption("f32, f16 or bf16; by default what the model is stored in.");
        var shard = new Option<string?>("--shard-size") { Description = "Most bytes of a weights file (500M, 5G); smaller models are one file." };
        var family = new Option<string?>("--family") { Description = $"Another model_type, which must be able to say all settings: {string.Join(", ", HfCheckpoint.KnownFamilies)}." };
        var tokenizer = new Option<string?>("--tokenizer", "-t") { Description = "Another tokenizer than the one beside the model: a folder, a file, llama2.c's tokenizer.bin." };
        Option<string> runs = RecipeOptions.Runs();
        var command = new Command("convert", """
            Writes a model in another form: of another type, in more or fewer files, from llama2.c's file to a Hugging Face folder or back.

            Examples:
              athanor model convert my-model --type f16 --shard-size 2G --output my-model-f16
              athanor model convert stories260K.bin --tokenizer tok512.bin --output stories260K
              athanor model convert quickstart --output quickstart.bin
            """) { model, target, type, shard, family, tokenizer, runs };
        command.SetAction((parsed, cancellation) =>
        {
            string place = parsed.GetRequiredValue(target);
            var options = new ModelWriterOptions
            {
                Type = ModelCommand.Type(parsed.GetValue(type)),
                ShardBytes = Size(parsed.GetValue(shard)) ?? HfCheckpoint.DefaultShardBytes,
                Family = parsed.GetValue(family),
                Tokenizer = parsed.GetValue(tokenizer),
            };
            ModelWriter.Convert(ModelPlace.Find(parsed.GetRequiredValue(model), parsed.GetRequiredValue(runs)), place, options, cancellation);
            ModelView.Written(place, ModelFacts.Of(ModelPlace.Find(place)), output);
            return Task.FromResult(Tool.Success);
        });
        return command;
    }

    private static long? Size(string? text) => text is null ? null
        : NumberText.TryNumber(text.TrimEnd('B', 'b'), out double bytes) && bytes is >= 1 and < long.MaxValue ? (long)bytes : throw new ArgumentException($"--shard-size is '{text}'; write a number of bytes such as 500M or 5G.");
}
