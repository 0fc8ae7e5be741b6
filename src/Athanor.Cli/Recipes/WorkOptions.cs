using System.CommandLine;

namespace Athanor.Cli.Recipes;

/// <summary>Options of the verbs that run recipes.</summary>
internal sealed record WorkOptions
{
    public Option<string[]> Force { get; } = new("--force") { Description = "Stages that run even where their artifact is there.", AllowMultipleArgumentsPerToken = true };

    public Option<string?> Until { get; } = new("--until") { Description = "The last stage to run, with what it needs." };

    public Option<bool> Verify { get; } = new("--verify") { Description = "Hash every byte of artifacts before they are reused; else sizes are compared." };

    public Option<bool> DryRun { get; } = new("--dry-run") { Description = "Say what would run and why; start nothing." };

    public Option<bool> Json { get; } = RecipeOptions.Json("Print progress and results as JSON objects, one a line.");

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[Force, Until, Verify, DryRun, Json])
            command.Options.Add(option);
    }
}
