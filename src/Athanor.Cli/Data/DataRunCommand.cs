using System.CommandLine;
using Athanor.Cli.Recipes;
using Athanor.Data.Stages;
using Athanor.Runs.Recipes;

namespace Athanor.Cli.Data;

/// <summary>The verb <c>athanor data run</c>.</summary>
internal static class DataRunCommand
{
    public static Command Create(TextWriter output) => RunCommand.Create("""
        Runs a recipe up to its last stage over documents and tokens: `athanor run` without training.

        With --executor slurm the stages are jobs of a Slurm cluster: readers and steps as job arrays, each stage behind those it takes from. The folder of runs
        must lie on a disk that all nodes share. Ctrl+C takes the jobs away; the same command goes on, and what is done is not submitted again.

        Examples:
          athanor data run recipes/quickstart.yaml --set data.workers=2
          athanor data run recipes/web-pages.yaml --executor slurm --set data.slurm.partition=cpu data.slurm.tasks=64 data.slurm.time=2h
        """, Last, output);

    private static string? Last(Recipe recipe)
    {
        HashSet<string> kinds = [.. DataStages.Kinds.Select(kind => kind.Name)];
        return recipe.Stages.LastOrDefault(stage => kinds.Contains(stage.Kind.Name))?.Name ?? throw new ArgumentException("The recipe has no stage over documents or tokens.");
    }
}
