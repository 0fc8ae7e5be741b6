using System.CommandLine;
using System.Text;
using Athanor.Cli.Recipes;
using Athanor.Data.Documents;
using Athanor.Data.Slurm;
using Athanor.Data.Stages;
using Athanor.Runs.Ledger;
using Athanor.Runs.Progress;
using Athanor.Runs.Recipes;
using Athanor.Runs.Stages;

namespace Athanor.Cli.Data;

/// <summary>A verb for each stage kind over documents: <c>athanor data length --in a.jsonl --out b --set min=100</c>.</summary>
internal static class StageKindCommand
{
    private const string Stage = "stage";

    public static IEnumerable<Command> All(TextWriter output) => DataStages.Kinds.Select(kind => Create(kind, output));

    private static Command Create(StageKind kind, TextWriter output)
    {
        var inputs = new Option<string[]>("--in") { Description = "Files (.jsonl, .warc, .parquet, .csv, .html, text), folders of text, or RUN/STAGE.", AllowMultipleArgumentsPerToken = true };
        var target = new Option<string>("--out") { Description = "A folder for what the stage makes; new or empty.", Required = true };
        var tokenizer = new Option<string?>("--tokenizer") { Description = "A tokenizer, for stages that take one." };
        var settings = new Option<string[]>("--set") { Description = $"Settings of the stage: --set a=b. `athanor recipes explain {kind.Name}` tells them.", AllowMultipleArgumentsPerToken = true };
        Option<string> runs = RecipeOptions.Runs();
        var command = new Command(kind.Name, kind.Summary) { inputs, target, tokenizer, settings, runs };
        command.SetAction((parsed, cancellation) =>
        {
            string folder = parsed.GetRequiredValue(target);
            if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
                throw new ArgumentException($"The folder '{folder}' is not empty. Give a new one to --out.");
            string yaml = Yaml(kind, parsed.GetValue(inputs) ?? [], parsed.GetValue(tokenizer), parsed.GetRequiredValue(runs));
            Recipe recipe = Recipe.Parse(Encoding.UTF8.GetBytes(yaml), new RecipeVocabulary().AddData(), $"data-{kind.Name}", null, [.. (parsed.GetValue(settings) ?? []).Select(Override)]);
            if (SlurmExecutor.Wanted(recipe))
                throw new ArgumentException("A single stage runs on this machine. Write a recipe with it for executor: slurm, and `athanor data run` it.");
            return Run(recipe, parsed.GetRequiredValue(runs), folder, output, cancellation);
        });
        return command;
    }

    /// <summary>The section 'data' is for all stages; everything else is the stage's own.</summary>
    private static string Override(string setting) => setting.StartsWith("data.", StringComparison.Ordinal) || setting.StartsWith("seed=", StringComparison.Ordinal) ? setting : $"stages.{Stage}.{setting}";

    private static string Yaml(StageKind kind, string[] inputs, string? tokenizer, string runs)
    {
        var yaml = new StringBuilder("stages:\n");
        var from = new List<string>();
        bool takes = kind.Takes.Any(take => take.Artifact == DataStages.Documents);
        if (takes && inputs.Length == 0)
            throw new ArgumentException($"'{kind.Name}' takes documents. Name files with --in.");
        if (!takes && inputs.Length > 1)
            throw new ArgumentException($"'{kind.Name}' reads one file or folder; --in has {inputs.Length}.");
        for (int i = 0; takes && i < inputs.Length; i++)
        {
            string path = Documents(inputs[i], runs);
            from.Add($"in{i + 1}");
            yaml.Append($"  in{i + 1}: {{ use: {ReaderOf(path)}, path: {Quoted(path)} }}\n");
        }
        if (tokenizer is not null)
        {
            from.Add("tokenizer");
            yaml.Append($"  tokenizer: {{ use: load_tokenizer, path: {Quoted(tokenizer)} }}\n");
        }
        yaml.Append($"  {Stage}:\n    use: {kind.Name}\n");
        if (from.Count > 0)
            yaml.Append($"    from: [{string.Join(", ", from)}]\n");
        if (!takes && inputs.Length == 1)
            yaml.Append($"    path: {Quoted(inputs[0])}\n");
        return yaml.ToString();
    }

    /// <summary>The stage kind that reads a file, by its ending; folders and everything else are text. Other ways to read have verbs of their own.</summary>
    private static string ReaderOf(string path)
    {
        string name = Path.GetFileName(path).ToLowerInvariant();
        return Holds(".jsonl") || Holds(".ndjson") ? "read_jsonl" : Holds(".warc") || Holds(".wet") ? "read_warc" : Holds(".parquet") ? "read_parquet"
            : Holds(".csv") || Holds(".tsv") ? "read_csv" : Holds(".html") || Holds(".htm") ? "read_html" : "read_text";

        bool Holds(string ending) => name.EndsWith(ending, StringComparison.Ordinal) || name.Contains(ending + ".", StringComparison.Ordinal);
    }

    /// <summary>The documents of a stage's output, or the path as it was given.</summary>
    private static string Documents(string given, string runs)
    {
        if (File.Exists(given))
            return given;
        string folder = Directory.Exists(given) ? given : OutputOptions.Find(given, runs);
        string documents = Path.Combine(folder, DocumentFile.Name);
        return File.Exists(documents) ? documents : folder;
    }

    private static string Quoted(string path) => $"'{Path.GetFullPath(path).Replace("'", "''", StringComparison.Ordinal)}'";

    private static async Task<int> Run(Recipe recipe, string root, string folder, TextWriter output, CancellationToken cancellation)
    {
        var runner = new RecipeRunner(new ArtifactStore(RecipeOptions.Store(root)));
        using RunLedger ledger = RunLedger.Start(root, recipe, new RunLedgerOptions { TensorBoard = false });
        IReadOnlyDictionary<string, Artifact> made = await runner.Run(recipe, ledger, new RunProgress(new PlainProgress(output)), cancellation).ConfigureAwait(false);
        Artifact artifact = made[Stage];
        foreach (string file in artifact.Manifest.Files.Select(file => file.Path).Append("manifest.json"))
        {
            string place = Path.Combine(folder, file);
            Directory.CreateDirectory(Path.GetDirectoryName(place)!);
            File.Copy(artifact.PathOf(file), place);
        }
        foreach ((string name, string value) in artifact.Manifest.Notes)
            output.WriteLine($"{name}: {value}");
        output.WriteLine($"Done. {folder} holds {artifact.Manifest.Files.Count} files.");
        return Tool.Success;
    }
}
