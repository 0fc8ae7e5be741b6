using System.CommandLine;
using Athanor.Cli.Progress;
using Athanor.Data.Slurm;
using Athanor.Data.Stages;
using Athanor.Runs.Ledger;
using Athanor.Runs.Progress;
using Athanor.Runs.Recipes;
using Athanor.Runs.Stages;
using Spectre.Console;

namespace Athanor.Cli.Recipes;

/// <summary>The verbs <c>athanor run</c> and <c>athanor rerun</c>.</summary>
internal static class RunCommand
{
    public static Command Create(TextWriter output) => Create("""
            Does what a recipe says. Stages whose inputs, settings and code are as before are not run again.

            Examples:
              athanor run recipes/quickstart.yaml
              athanor run recipes/stories.yaml --set read.path=my-texts model.depth=4 --until tokenize
              athanor run recipes/quickstart.yaml --dry-run
            """, _ => null, output);

    /// <summary>The verb with another description, and a last stage where none is asked for.</summary>
    public static Command Create(string description, Func<Recipe, string?> last, TextWriter output)
    {
        Argument<string> file = RecipeOptions.Recipe();
        Option<string[]> set = RecipeOptions.Set();
        Option<string> runs = RecipeOptions.Runs();
        var work = new WorkOptions();
        var executor = new Option<DataExecutor?>("--executor") { Description = "Where stages over documents and tokens run: local, or slurm as --set data.executor=slurm says it." };
        var fresh = new Option<bool>("--new") { Description = "Begin a run of its own even where an unfinished one would be gone on with." };
        var command = new Command("run", description) { file, set, runs, executor, fresh };
        work.AddTo(command);
        command.SetAction((parsed, cancellation) =>
        {
            string root = parsed.GetRequiredValue(runs);
            string[] settings = [.. parsed.GetValue(set) ?? [], .. parsed.GetValue(executor) is { } given ? (string[])[$"data.executor={given.ToString().ToLowerInvariant()}"] : []];
            Recipe recipe = Recipe.Load(Existing(parsed.GetRequiredValue(file)), RecipeKinds.Create(), settings);
            return Work(parsed, work, recipe, root, options => RunLedger.Start(root, recipe, options), parsed.GetValue(fresh), output, cancellation, parsed.GetValue(work.Until) ?? last(recipe));
        });
        return command;
    }

    public static Command CreateRerun(TextWriter output)
    {
        var run = new Argument<string>("run") { Description = "A run's name or folder." };
        Option<string> runs = RecipeOptions.Runs();
        var work = new WorkOptions();
        var command = new Command("rerun", """
            Goes on with a run that was interrupted, failed or crashed: its own resolved recipe, in its own folder.

            Examples:
              athanor rerun quickstart
              athanor rerun runs/quickstart-2 --force tokenize
            """) { run, runs };
        work.AddTo(command);
        command.SetAction((parsed, cancellation) =>
        {
            string folder = Path.GetFullPath(RecipeOptions.RunFolder(parsed.GetRequiredValue(runs), parsed.GetRequiredValue(run)));
            string root = Path.GetDirectoryName(folder.TrimEnd(Path.DirectorySeparatorChar))!;
            Recipe recipe = Recipe.Load(Existing(Path.Combine(folder, "recipe.resolved.yaml")), RecipeKinds.Create());
            return Work(parsed, work, recipe, root, options => RunLedger.Resume(folder, options), fresh: false, output, cancellation);
        });
        return command;
    }

    /// <summary>Runs or plans a recipe in its run's folder and shows it.</summary>
    internal static async Task<int> Work(ParseResult parsed, WorkOptions work, Recipe recipe, string root, Func<RunLedgerOptions, RunLedger> open, bool fresh, TextWriter output, CancellationToken cancellation, string? until = null)
    {
        bool json = parsed.GetValue(work.Json);
        if (SlurmExecutor.Wanted(recipe) && parsed.GetValue(work.Force) is { Length: > 0 })
            throw new ArgumentException("--force makes stages on this machine. Give --executor local with it, or leave it out.");
        var runner = new RecipeRunner(new ArtifactStore(RecipeOptions.Store(root)), new RunnerOptions { Force = parsed.GetValue(work.Force) ?? [], Until = until ?? parsed.GetValue(work.Until), VerifyFully = parsed.GetValue(work.Verify) });
        // A wrong stage name is said before the run has a folder.
        IReadOnlyList<PlannedStage> plan = runner.Plan(recipe, cancellation);
        if (parsed.GetValue(work.DryRun))
        {
            RunView.Plan(recipe, plan, Terminal.Create(output), json, output);
            return Tool.Success;
        }
        using RunLedger ledger = open(new RunLedgerOptions { New = fresh, ResumeCommand = folder => $"athanor rerun {Shown(folder)}" });
        if (!json)
            RunView.Begin(recipe, ledger, Shown(ledger.Folder), output);
        IReadOnlyDictionary<string, Artifact> made;
        using (TerminalProgress? bars = !json && OnTerminal(output) ? new TerminalProgress(AnsiConsole.Console) : null)
        {
            IProgressFace face = bars ?? (json ? new JsonProgress(output) : (IProgressFace)new PlainProgress(output));
            var progress = new RunProgress(face);
            using CancellationTokenRegistration told = cancellation.Register(() => progress.Say("stopping; progress is being saved. Ctrl+C again ends at once."));
            if (SlurmExecutor.Wanted(recipe))
                OnSlurm(recipe, runner, ledger, root, progress, cancellation);
            made = await runner.Run(recipe, ledger, progress, cancellation).ConfigureAwait(false);
        }
        RunView.End(recipe, ledger, Shown(ledger.Folder), made, json, output);
        return Tool.Success;
    }

    /// <summary>Makes on Slurm what can be made there. The runner finds it, or says where it was interrupted.</summary>
    private static void OnSlurm(Recipe recipe, RecipeRunner runner, RunLedger ledger, string root, RunProgress progress, CancellationToken cancellation)
    {
        try
        {
            SlurmExecutor.Run(recipe, runner, ledger, root, Tool.Words, progress, cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
        }
        catch (SlurmException e)
        {
            ledger.Fail(e);
            throw new SlurmException($"{e.Message} Go on with: {ledger.ResumeCommand}", e);
        }
        catch (Exception e)
        {
            ledger.Fail(e);
            throw;
        }
    }

    private static bool OnTerminal(TextWriter output) =>
        output == Console.Out && !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") is not "dumb" && AnsiConsole.Profile.Capabilities.Interactive;

    private static string Existing(string path) =>
        File.Exists(path) ? path : throw new FileNotFoundException($"There is no recipe '{path}'. `athanor recipes ls` lists those in recipes/.", path);

    /// <summary>A folder as short as it can be written from here.</summary>
    private static string Shown(string folder)
    {
        string relative = Path.GetRelativePath(Environment.CurrentDirectory, folder);
        return relative.StartsWith("..", StringComparison.Ordinal) ? folder : relative;
    }
}
