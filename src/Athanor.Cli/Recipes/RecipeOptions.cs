using System.CommandLine;

namespace Athanor.Cli.Recipes;

/// <summary>Options that several verbs about recipes and runs have.</summary>
internal static class RecipeOptions
{
    public static Argument<string> Recipe() => new("recipe") { Description = "A recipe file (YAML)." };

    public static Option<string[]> Set() => new("--set") { Description = "Settings that win over the recipe: --set model.depth=4 train.tokens=5M. An empty value returns to the default.", AllowMultipleArgumentsPerToken = true };

    public static Option<string> Runs() => new("--runs") { Description = "The folder of all runs.", DefaultValueFactory = _ => "runs" };

    public static Option<bool> Json(string description) => new("--json") { Description = description };

    /// <summary>Where artifacts lie that runs share.</summary>
    public static string Store(string runs) => Path.Combine(runs, ".store");

    /// <summary>A run by its folder or, below the folder of runs, by its name.</summary>
    public static string RunFolder(string runs, string run)
    {
        string inside = Path.Combine(runs, run);
        if (Directory.Exists(inside))
            return inside;
        return Directory.Exists(run) ? run : throw new DirectoryNotFoundException($"There is no run '{run}', neither in '{runs}' nor as a folder. `athanor runs` lists them.");
    }
}
