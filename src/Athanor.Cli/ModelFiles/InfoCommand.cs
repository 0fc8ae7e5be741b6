using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Athanor.Cli.Recipes;
using Athanor.Training.ModelFiles;
using Athanor.Training.Planning;

namespace Athanor.Cli.ModelFiles;

/// <summary>The verb <c>athanor model info</c>.</summary>
internal static class InfoCommand
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    public static Command Create(TextWriter output)
    {
        var model = new Argument<string>("model") { Description = $"A model folder, a config.json, a llama2.c .bin, a run, or a known size: {string.Join(", ", KnownModels.All.Keys)}." };
        Option<string> runs = RecipeOptions.Runs();
        Option<bool> json = RecipeOptions.Json("Print one JSON object.");
        var command = new Command("info", """
            Says what a model is: architecture, parameters by part, memory by type, cache, operations, files, tokenizer. Weights are not read.

            Examples:
              athanor model info my-model
              athanor model info quickstart
              athanor model info llama3-8b --json
            """) { model, runs, json };
        command.SetAction(parsed =>
        {
            string name = parsed.GetRequiredValue(model);
            bool known = !File.Exists(name) && !Directory.Exists(name) && KnownModels.All.ContainsKey(name);
            ModelPlace? place = known ? null : ModelPlace.Find(name, parsed.GetRequiredValue(runs));
            ModelFacts facts = place is null ? ModelFacts.Of(KnownModels.ByName(name)) : ModelFacts.Of(place);
            if (parsed.GetValue(json))
                output.WriteLine(JsonSerializer.Serialize(new { Path = place?.Path ?? name, place?.Form, Config = facts.Config with { Source = null }, facts.Size, facts.Memory, facts.Operations, facts.Files, facts.Tokenizer }, Json));
            else
                ModelView.Write(place?.Path ?? name, facts, output);
            return Tool.Success;
        });
        return command;
    }
}
