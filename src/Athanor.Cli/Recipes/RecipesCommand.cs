using System.CommandLine;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Athanor.Runs.Import;
using Athanor.Runs.Recipes;
using Spectre.Console;

namespace Athanor.Cli.Recipes;

/// <summary>The verb <c>athanor recipes</c>.</summary>
internal static class RecipesCommand
{
    private const string Stages = "stages.";
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Create(TextWriter output, TextWriter errors)
    {
        var command = new Command("recipes", "Lists, checks and explains recipes.");
        command.Subcommands.Add(Ls(output));
        command.Subcommands.Add(Validate(output));
        command.Subcommands.Add(Explain(output));
        command.Subcommands.Add(Schema(output));
        command.Subcommands.Add(Import(output, errors));
        return command;
    }

    private static Command Ls(TextWriter output)
    {
        var folder = new Argument<string>("folder") { Description = "Where recipes lie.", DefaultValueFactory = _ => "recipes" };
        var command = new Command("ls", "Lists the recipes in a folder.") { folder };
        command.SetAction(parsed =>
        {
            string path = parsed.GetRequiredValue(folder);
            string[] files = Directory.Exists(path) ? [.. Directory.EnumerateFiles(path, "*.y*ml").Order(StringComparer.Ordinal)] : throw new DirectoryNotFoundException($"There is no folder '{path}'.");
            Table table = Terminal.Table("recipe", "stages", "");
            foreach (string file in files)
            {
                try
                {
                    Add(table, file, Recipe.Load(file, RecipeKinds.Create()), "");
                }
                catch (RecipeException e) when (e.Recipe is { } recipe)
                {
                    // Recipes whose inputs are the user's to name are fine as they are.
                    Add(table, file, recipe, $" needs: {string.Join(", ", e.Problems.Select(problem => problem.Path.StartsWith(Stages, StringComparison.Ordinal) ? problem.Path[Stages.Length..] : problem.Path))}");
                }
                catch (RecipeException e)
                {
                    table.AddRow(Markup.Escape(file), "", Markup.Escape(e.Problems[0].Message + (e.Problems[0].Remedy is { } remedy ? " " + remedy : "")));
                }
            }
            Terminal.Create(output).Write(table);
            return Tool.Success;
        });
        return command;
    }

    private static void Add(Table table, string file, Recipe recipe, string needs) =>
        table.AddRow(Markup.Escape(file), Markup.Escape(string.Join(" > ", recipe.Stages.Select(stage => stage.Name))), Markup.Escape((recipe.Description + needs).Trim()));

    private static Command Validate(TextWriter output)
    {
        Argument<string> file = RecipeOptions.Recipe();
        Option<string[]> set = RecipeOptions.Set();
        var show = new Option<bool>("--show") { Description = "Print the resolved recipe: every value with where it comes from." };
        var command = new Command("validate", """
            Checks a recipe as a whole and says everything that is wrong with it; starts nothing.

            Example: athanor recipes validate recipes/quickstart.yaml --set tokenizer.vocabulary=8192 --show
            """) { file, set, show };
        command.SetAction(parsed =>
        {
            Recipe recipe = Recipe.Load(parsed.GetRequiredValue(file), RecipeKinds.Create(), parsed.GetValue(set) ?? []);
            output.Write(parsed.GetValue(show) ? recipe.ToYaml() : $"{parsed.GetRequiredValue(file)}: fine, {recipe.Stages.Count} stages: {string.Join(", ", recipe.Stages.Select(stage => stage.Name))}{Environment.NewLine}");
            return Tool.Success;
        });
        return command;
    }

    private static Command Explain(TextWriter output)
    {
        var path = new Argument<string>("key") { Description = "A key, or the beginning of several: split, train_tokenizer.vocabulary.", DefaultValueFactory = _ => "" };
        var command = new Command("explain", """
            Explains what recipes may say: all keys, or those below one.

            Example: athanor recipes explain train_tokenizer
            """) { path };
        command.SetAction(parsed =>
        {
            foreach (KeyExplanation key in RecipeExplanation.Of(RecipeKinds.Create(), parsed.GetRequiredValue(path)))
                output.WriteLine(key);
            return Tool.Success;
        });
        return command;
    }

    private static Command Schema(TextWriter output)
    {
        var target = new Option<string?>("--output", "-o") { Description = "Write it into this file." };
        var command = new Command("schema", "Prints the JSON Schema of recipes, from which editors complete and explain keys.") { target };
        command.SetAction(parsed =>
        {
            string schema = RecipeSchema.Of(RecipeKinds.Create()).ToJsonString(Indented) + Environment.NewLine;
            if (parsed.GetValue(target) is { } file)
                File.WriteAllText(file, schema);
            else
                output.Write(schema);
            return Tool.Success;
        });
        return command;
    }

    private static Command Import(TextWriter output, TextWriter errors)
    {
        var file = new Argument<string>("config") { Description = "An axolotl configuration (YAML)." };
        var target = new Option<string?>("--output", "-o") { Description = "Write the recipe into this file." };
        var axolotl = new Command("axolotl", """
            Turns an axolotl configuration into a recipe; keys without a counterpart are listed with the reason.

            Example: athanor recipes import axolotl config.yml -o recipe.yaml
            """) { file, target };
        axolotl.SetAction(parsed =>
        {
            string source = parsed.GetRequiredValue(file);
            ImportResult result = RecipeImport.Axolotl(File.ReadAllText(source, Encoding.UTF8), source: source);
            if (parsed.GetValue(target) is { } path)
                File.WriteAllText(path, result.Yaml);
            else
                output.Write(result.Yaml);
            foreach (UnmappedKey key in result.Unmapped)
                errors.WriteLine($"{key.Mark}: {key.Key}: {key.Reason}");
            errors.WriteLine($"{result.Mapped.Count} keys have a counterpart, {result.Unmapped.Count} have none.");
            return Tool.Success;
        });
        return new Command("import", "Turns configurations of other programs into recipes.") { axolotl };
    }
}
