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

        Example: athanor data run recipes/quickstart.yaml --set data.workers=2
        """, Last, output);

    private static string? Last(Recipe recipe)
    {
        HashSet<string> kinds = [.. DataStages.Kinds.Select(kind => kind.Name)];
        return recipe.Stages.LastOrDefault(stage => kinds.Contains(stage.Kind.Name))?.Name ?? throw new ArgumentException("The recipe has no stage over documents or tokens.");
    }
}
