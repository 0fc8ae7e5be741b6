using System.Diagnostics;
using System.Globalization;
using Athanor.Runs.Files;
using Athanor.Runs.Ledger;
using Athanor.Runs.Progress;
using Athanor.Runs.Recipes;
using Athanor.Runs.Stages;

namespace Athanor.Runs.Tests.Testing;

/// <summary>This assembly as a process of its own, to be killed in the middle of its work.</summary>
internal static class ChildProgram
{
    public static Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(ChildProgram).Assembly.Location, .. arguments]) { RedirectStandardOutput = true };
        return Process.Start(start)!;
    }

    public static async Task<int> Main(string[] arguments)
    {
        switch (arguments)
        {
            case ["ledger", var folder]:
                Write(RunLedger.Resume(folder));
                return 0;
            case ["run", var recipe, var root, var limit]:
                await Run(recipe, root, int.Parse(limit, CultureInfo.InvariantCulture));
                return 0;
            default:
                await Console.Error.WriteLineAsync("This assembly holds tests: run them with 'dotnet test'.");
                return 1;
        }
    }

    /// <summary>Writes metrics and samples without end.</summary>
    private static void Write(RunLedger ledger)
    {
        MetricWriter metrics = ledger.Metrics("train");
        Console.WriteLine("ready");
        for (long step = 1; ; step++)
        {
            metrics.Write(step, new Metric("train/loss", 10.0 / step), new Metric("lr", step * 1e-6));
            ledger.Sample("train", step, "prompt", new string((char)('a' + step % 26), 200));
        }
    }

    /// <summary>Runs a recipe whose training stage counts in its work folder, slowly, and at a limit waits to be killed: who kills it may come late.</summary>
    private static async Task Run(string path, string root, int limit)
    {
        var kitchen = new Kitchen { Training = (context, cancellation) => Count(context, limit, cancellation) };
        Recipe recipe = Recipe.Load(path, kitchen.Vocabulary());
        using RunLedger ledger = RunLedger.Start(root, recipe);
        Console.WriteLine("ready");
        await new RecipeRunner(new ArtifactStore(Path.Combine(root, ".store"))).Run(recipe, ledger, new RunProgress());
        Console.WriteLine("done");
    }

    public static Task CountToHundred(StageContext context, CancellationToken cancellation) => Count(context, int.MaxValue, cancellation);

    private static Task Count(StageContext context, int limit, CancellationToken cancellation)
    {
        string saved = Path.Combine(context.Work, "count");
        int count = File.Exists(saved) ? int.Parse(File.ReadAllText(saved)) : 0;
        File.AppendAllText(Path.Combine(context.Work, "starts"), $"{count}\n");
        for (; count < 100; count++)
        {
            cancellation.ThrowIfCancellationRequested();
            File.WriteAllText(Path.Combine(context.Output, $"{count}.txt"), $"{count * count}");
            AtomicFile.WriteText(saved, $"{count}");
            if (count >= limit)
            {
                Thread.Sleep(60_000);
                throw new TimeoutException("Nobody came to kill this process.");
            }
            Thread.Sleep(3);
        }
        for (int i = 0; i < 100; i++)
            File.WriteAllText(Path.Combine(context.Output, $"{i}.txt"), $"{i * i}");
        return Task.CompletedTask;
    }
}
