using Athanor.Data.Stages;
using Athanor.Runs.Ledger;
using Athanor.Runs.Progress;
using Athanor.Runs.Recipes;
using Athanor.Runs.Stages;

namespace Athanor.Data.Slurm;

/// <summary>
/// Makes a recipe's stages over documents and tokens on a Slurm cluster, into the same store and to the same bytes as the workers of this machine. Readers and steps are cut into parts that tasks of job
/// arrays share; every other stage is one job. The runner then finds all of it made.
/// </summary>
public static class SlurmExecutor
{
    /// <summary>Whether a recipe asks for it: <c>data: { executor: slurm }</c>.</summary>
    public static bool Wanted(Recipe recipe)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        return recipe.Stages.Any(stage => stage.Kind.Sections.Contains(typeof(DataSettings))) && recipe.Section<DataSettings>().Executor == DataExecutor.Slurm;
    }

    /// <summary>Submits, follows, and returns when all is made.</summary>
    /// <param name="recipe">The recipe, as the run's folder has it.</param>
    /// <param name="runner">Says what is to be made.</param>
    /// <param name="ledger">The run.</param>
    /// <param name="runs">The folder of all runs.</param>
    /// <param name="tool">The words that start the tool on a node.</param>
    /// <param name="progress">Shows how far it is.</param>
    /// <param name="cancellation">Takes all jobs away and stops; tasks save their progress.</param>
    /// <exception cref="SlurmException">Slurm is not there or refuses, or a stage failed for good.</exception>
    public static void Run(Recipe recipe, RecipeRunner runner, RunLedger ledger, string runs, IReadOnlyList<string> tool, RunProgress progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(runner);
        ArgumentNullException.ThrowIfNull(ledger);
        ArgumentNullException.ThrowIfNull(progress);
        SlurmSettings settings = recipe.Section<DataSettings>().Slurm;
        HashSet<string> kinds = [.. DataStages.Kinds.Select(kind => kind.Name)];
        var stages = new Dictionary<string, SlurmStage>(StringComparer.Ordinal);
        IReadOnlyList<PlannedStage> plan = runner.Plan(recipe, cancellation);
        HashSet<string> made = [.. plan.Where(planned => planned.Decision == StageDecision.Reuse).Select(planned => planned.Stage)];
        foreach (RecipeStage stage in plan.Where(planned => !made.Contains(planned.Stage)).Select(planned => recipe.Stages.First(known => known.Name == planned.Stage)))
        {
            // What waits for a stage that is not ours, such as training, is made here.
            if (!kinds.Contains(stage.Kind.Name) || stage.From.Any(from => !stages.ContainsKey(from) && !made.Contains(from)))
                continue;
            stages.Add(stage.Name, new SlurmStage { Name = stage.Name, Count = stage.Kind.RunPart is null ? 0 : settings.Tasks, From = [.. stage.From.Where(stages.ContainsKey).Select(from => stages[from])] });
        }
        if (stages.Count == 0)
            return;
        var folder = new SlurmFolder(ledger.Folder);
        folder.Prepare(stages.Keys);
        var slurm = new SlurmCommands(settings.Programs?.FullPath);
        StageProgress shown = progress.Begin("slurm");
        try
        {
            var submission = new SlurmSubmission(recipe.Name, ledger.Folder, Path.GetFullPath(runs), tool, slurm, folder, settings);
            new SlurmRun([.. stages.Values], submission, slurm, folder, settings, () => runner.Plan(recipe, CancellationToken.None), shown).Run(cancellation);
            shown.End(ProgressKind.Finished);
        }
        catch (OperationCanceledException)
        {
            shown.End(ProgressKind.Interrupted, "the jobs were taken away; tasks save what they have");
            throw;
        }
        catch (Exception e)
        {
            shown.End(ProgressKind.Failed, e.Message);
            throw;
        }
    }
}
