using System.Text.Json;
using Athanor.Cli.Recipes;
using Athanor.Runs.Ledger;
using Athanor.Runs.Progress;
using Athanor.Runs.Recipes;
using Athanor.Runs.Stages;

namespace Athanor.Benchmarks.Training;

/// <summary>
/// The README's main command in an empty folder: seconds of its data stages, seconds of pretraining with everything that it writes on the way, and how well the model predicts entries that were
/// held out.
/// </summary>
internal static class QuickstartCase
{
    private const string LastStage = "pretrain";

    public static void Run(Report report)
    {
        string folder = Directory.CreateTempSubdirectory("athanor-quickstart-").FullName;
        try
        {
            report.Group("quickstart", "recipes/quickstart.yaml, nothing done before");
            Recipe recipe = Recipe();
            var runner = new RecipeRunner(new ArtifactStore(Path.Combine(folder, "artifacts")), new RunnerOptions { Until = LastStage });
            IReadOnlyDictionary<string, Artifact> made;
            using (RunLedger ledger = RunLedger.Start(folder, recipe, new RunLedgerOptions()))
                made = runner.Run(recipe, ledger, new RunProgress(new PlainProgress(Console.Error)), CancellationToken.None).GetAwaiter().GetResult();
            report.Add(new Result("", "data stages", made.Where(stage => stage.Key != LastStage).Sum(stage => Seconds(stage.Value)), "s"));
            report.Add(new Result("", "pretraining", Seconds(made[LastStage]), "s"));
            using JsonDocument scores = JsonDocument.Parse(File.ReadAllBytes(made[LastStage].PathOf("training.json")));
            foreach (JsonProperty set in scores.RootElement.GetProperty("validation").EnumerateObject())
                report.Add(new Result("", $"held-out {set.Name}", set.Value.GetProperty("bits_per_character").GetDouble(), "bits/char"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>recipes/quickstart.yaml.</summary>
    public static Recipe Recipe() => Runs.Recipes.Recipe.Load(RecipePath(), RecipeKinds.Create());

    private static double Seconds(Artifact artifact) => (artifact.Manifest.Published - artifact.Manifest.Started).TotalSeconds;

    /// <summary>The recipe of the repository that this program was built in.</summary>
    private static string RecipePath()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            string path = Path.Combine(at.FullName, "recipes", "quickstart.yaml");
            if (File.Exists(path))
                return path;
        }
        throw new FileNotFoundException("recipes/quickstart.yaml is above no folder of this program. Run the benchmark from its repository.");
    }
}
