using System.CommandLine;
using System.Globalization;
using Athanor.Cli.Recipes;
using Athanor.Data.Documents;
using Athanor.Data.Slurm;
using Athanor.Data.Stages;
using Athanor.Runs.Ledger;
using Athanor.Runs.Progress;
using Athanor.Runs.Recipes;
using Athanor.Runs.Stages;

namespace Athanor.Cli.Data;

/// <summary>The verb <c>athanor data slurm-task</c>, which the scripts of jobs call: a part of a stage, or the stage's artifact out of its parts.</summary>
internal static class SlurmTaskCommand
{
    public static Command Create(TextWriter output)
    {
        var run = new Argument<string>("run") { Description = "The run's folder." };
        var stage = new Option<string>("--stage") { Description = "The stage.", Required = true };
        var part = new Option<int?>("--part") { Description = "The part, from 0; without it the stage's artifact is made." };
        var of = new Option<int>("--of") { Description = "Into how many parts the stage is cut." };
        Option<string> runs = RecipeOptions.Runs();
        var command = new Command("slurm-task", "Does what a job of Slurm is for.") { run, stage, part, of, runs };
        command.Hidden = true;
        command.SetAction(async (parsed, cancellation) =>
        {
            string folder = Path.GetFullPath(parsed.GetRequiredValue(run)), name = parsed.GetRequiredValue(stage), root = Path.GetFullPath(parsed.GetRequiredValue(runs));
            StagePart? one = parsed.GetValue(part) is not { } index ? null
                : index >= 0 && index < parsed.GetValue(of) ? new StagePart(index, parsed.GetValue(of)) : throw new ArgumentException($"There is no part {index} of {parsed.GetValue(of)}.");
            var notes = new SlurmFolder(folder);
            notes.Clear(name, one?.Index);
            try
            {
                Recipe recipe = Recipe.Load(Path.Combine(folder, "recipe.resolved.yaml"), RecipeKinds.Create());
                Restarts(recipe);
                var progress = new RunProgress(new PlainProgress(output));
                var store = new ArtifactStore(RecipeOptions.Store(root));
                if (one is null)
                    await Whole(recipe, store, notes, folder, name, progress, cancellation).ConfigureAwait(false);
                else
                    await Part(recipe, store, name, one, progress, output, cancellation).ConfigureAwait(false);
                return Tool.Success;
            }
            catch (OperationCanceledException)
            {
                notes.Write(name, one?.Index, new SlurmNote("it was told to end, as at its time limit, and has saved its progress", Environment.MachineName, Permanent: false));
                throw;
            }
            catch (Exception e)
            {
                notes.Write(name, one?.Index, new SlurmNote(e.Message, Environment.MachineName, Permanent(e)));
                throw;
            }
        });
        return command;
    }

    private static async Task Part(Recipe recipe, ArtifactStore store, string stage, StagePart part, RunProgress progress, TextWriter output, CancellationToken cancellation)
    {
        StageProgress shown = progress.Begin(stage, part.Index + 1, part.Count);
        try
        {
            if (!await StagePartRunner.Run(store, recipe, stage, part, shown, cancellation).ConfigureAwait(false))
                output.WriteLine("It is done already.");
            shown.End(ProgressKind.Finished);
        }
        catch (OperationCanceledException)
        {
            shown.End(ProgressKind.Interrupted);
            throw;
        }
    }

    private static async Task Whole(Recipe recipe, ArtifactStore store, SlurmFolder notes, string run, string stage, RunProgress progress, CancellationToken cancellation)
    {
        // A ledger of its own and a new one each time: that of a job lost with its node may seem to be held still.
        using RunLedger ledger = RunLedger.Start(notes.LedgersOf(stage), recipe, new RunLedgerOptions { New = true, TensorBoard = false, ResumeCommand = _ => $"athanor rerun {run}" });
        await new RecipeRunner(store, new RunnerOptions { Until = stage }).Run(recipe, ledger, progress, cancellation).ConfigureAwait(false);
    }

    /// <summary>Slurm itself starts jobs again whose node dies, without end.</summary>
    private static void Restarts(Recipe recipe)
    {
        int limit = recipe.Section<DataSettings>().Slurm.Requeues;
        if (int.TryParse(Environment.GetEnvironmentVariable("SLURM_RESTART_COUNT"), NumberStyles.None, CultureInfo.InvariantCulture, out int restarts) && restarts > limit)
            throw new NotSupportedException($"Slurm has started this job again {restarts} times, more than data.slurm.requeues allows. Look at the nodes' state with `sinfo --list-reasons`.");
    }

    /// <summary>Whether the same would come of another try: the recipe or the data is wrong.</summary>
    private static bool Permanent(Exception error) =>
        error is RecipeException or ArgumentException or NotSupportedException or InvalidDataException or DocumentException || (error.InnerException is { } inner && error is StageException && Permanent(inner));
}
