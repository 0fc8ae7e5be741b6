using System.CommandLine;
using System.Text;
using Athanor.Cli.Recipes;
using Athanor.Data.Documents;
using Athanor.Runs.Ledger;
using Athanor.Runs.Recipes;
using Athanor.Training.ModelFiles;
using Athanor.Training.Stages;

namespace Athanor.Cli.Train;

/// <summary>The verb <c>athanor train</c>: a recipe that is written from options and run like any other.</summary>
internal static class TrainingCommand
{
    public static Command Create(TextWriter output)
    {
        var data = new Option<string>("--data") { Description = "A .txt, .md or .jsonl file (also .gz), or a folder of them.", Required = true };
        var target = new Option<string>("--out", "-o") { Description = "The run: runs/my-model, or only its name.", DefaultValueFactory = _ => "runs/train" };
        var depth = new Option<int?>("--depth", "-d") { Description = "The dial: layers, from which width, heads, learning rate and more follow." };
        var model = new Option<string?>("--model", "-m") { Description = "Instead of a fresh model: one that goes on learning, a Hugging Face folder or a run." };
        var tokens = new Option<string?>("--tokens") { Description = "Positions to train on: 2M; by default 20 for each weight of the blocks." };
        var length = new Option<int?>("--sequence") { Description = "Positions of a row, and the model's context." };
        var tokenizer = new Option<string?>("--tokenizer", "-t") { Description = "An existing tokenizer; without it one is trained." };
        var vocabulary = new Option<int>("--vocabulary") { Description = "Tokens of the tokenizer that is trained.", DefaultValueFactory = _ => 4096 };
        var unit = new Option<TextUnit?>("--unit") { Description = "What of a text file is a document; by default the files of a folder, in one file what lies between <|endoftext|> or else blank lines." };
        var prompts = new Option<string[]>("--prompt") { Description = "Beginnings that samples go on from." };
        var seed = new Option<long?>("--seed", "-s") { Description = "From which all randomness comes." };
        Option<string[]> set = RecipeOptions.Set();
        var print = new Option<bool>("--print-recipe") { Description = "Print the recipe that this is and start nothing." };
        var fresh = new Option<bool>("--new") { Description = "Begin a run of its own even where an unfinished one would be gone on with." };
        var work = new WorkOptions();
        var command = new Command("train", """
            Trains a model on texts without a recipe file: reads, drops duplicates, holds some out, tokenizes, pretrains, evaluates.
            What it does is a recipe, run like any other: it can be interrupted, gone on with, compared and, by --print-recipe, kept as a file.

            Examples:
              athanor train --data my-texts --depth 4 --tokens 2M --out runs/mine
              athanor train --data corpus.jsonl.gz --tokenizer my-tokenizer --set pretrain.learning_rate=1e-3
              athanor train --data my-texts --model runs/mine --tokens 1M --out runs/more
              athanor train --data my-texts --depth 6 --print-recipe > mine.yaml
            """) { data, target, depth, model, tokens, length, tokenizer, vocabulary, unit, prompts, seed, set, print, fresh };
        work.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            (string root, string name) = RunOf(parsed.GetRequiredValue(target));
            string yaml = TrainingRecipe.Compose(new TrainingRecipeOptions
            {
                Name = name,
                Data = parsed.GetRequiredValue(data),
                Unit = parsed.GetValue(unit),
                Depth = parsed.GetValue(depth),
                Model = parsed.GetValue(model) is { } begun ? ModelPlace.Find(begun, root) : null,
                Tokens = parsed.GetValue(tokens),
                SequenceLength = parsed.GetValue(length),
                Tokenizer = parsed.GetValue(tokenizer),
                Vocabulary = parsed.GetValue(vocabulary),
                Prompts = parsed.GetValue(prompts) ?? [],
                Seed = parsed.GetValue(seed),
            });
            string[] overrides = parsed.GetValue(set) ?? [];
            Recipe recipe = Recipe.Parse(Encoding.UTF8.GetBytes(yaml), RecipeKinds.Create(), "athanor train", overrides: overrides);
            if (parsed.GetValue(print))
            {
                output.Write(overrides.Length == 0 ? yaml : recipe.ToYaml());
                return Tool.Success;
            }
            return await RunCommand.Work(parsed, work, recipe, root, options => RunLedger.Start(root, recipe, options), parsed.GetValue(fresh), output, cancellation).ConfigureAwait(false);
        });
        return command;
    }

    /// <summary>The folder of runs and the run's name; a bare name lies in <c>runs</c>.</summary>
    private static (string Root, string Name) RunOf(string target)
    {
        string trimmed = Path.TrimEndingDirectorySeparator(target), folder = Path.GetDirectoryName(trimmed) ?? "";
        return (folder.Length == 0 ? "runs" : folder, Path.GetFileName(trimmed));
    }
}
