using System.CommandLine;
using Athanor.Cli.Chat;
using Athanor.Cli.Data;
using Athanor.Cli.Doctor;
using Athanor.Cli.Exchange;
using Athanor.Cli.Generate;
using Athanor.Cli.ModelFiles;
using Athanor.Cli.Plan;
using Athanor.Cli.Recipes;
using Athanor.Cli.Serve;
using Athanor.Cli.Tokenizers;
using Athanor.Cli.Train;
using Athanor.Data.Shards;
using Athanor.Inference.Running;
using Athanor.Models;
using Athanor.Runs.Recipes;
using Athanor.Runs.Stages;
using Athanor.Tensors;
using Athanor.Tensors.Safetensors;
using Athanor.Tokenizers;
using Athanor.Tokenizers.Chat;

namespace Athanor.Cli;

/// <summary>The tool as a function: arguments in, text out, exit code back.</summary>
internal static class Tool
{
    /// <summary>Exit codes: all well; the work failed; the command line or the environment is wrong.</summary>
    public const int Success = 0, Failure = 1, Usage = 2;

    public static int Run(string[] args, TextWriter output, TextWriter errors)
    {
        var root = new RootCommand("""
            Athanor trains and serves language models in C# alone.

            Begin with:  athanor run recipes/quickstart.yaml    trains a small model on text that is here already
                         athanor generate quickstart            lets it write
                         athanor serve quickstart               answers OpenAI's API
            Example:     athanor doctor                         shows what this machine has

            Exit codes: 0 done, 1 failed, 2 wrong arguments or environment.
            """);
        root.Subcommands.Add(DoctorCommand.Create(output));
        root.Subcommands.Add(RunCommand.Create(output));
        root.Subcommands.Add(RunCommand.CreateRerun(output));
        root.Subcommands.Add(RunsCommand.Create(output));
        root.Subcommands.Add(RecipesCommand.Create(output, errors));
        root.Subcommands.Add(TrainingCommand.Create(output));
        root.Subcommands.Add(GenerateCommand.Create(output, errors));
        root.Subcommands.Add(ServeCommand.Create(output, errors));
        root.Subcommands.Add(ChatCommand.Create(output, errors));
        root.Subcommands.Add(ModelCommand.Create(output));
        root.Subcommands.Add(QuantizeCommand.Create(output, errors));
        root.Subcommands.Add(ExportCommand.Create(output, errors));
        root.Subcommands.Add(ImportCommand.Create(output));
        root.Subcommands.Add(PlanCommand.Create(output));
        root.Subcommands.Add(TokenizerCommand.Create(output, errors));
        root.Subcommands.Add(DataCommand.Create(output));
        var configuration = new InvocationConfiguration { Output = output, Error = errors, EnableDefaultExceptionHandler = false };
        ParseResult parsed = root.Parse(CommandHelp.Prepare(root, args));
        if (parsed.Errors.Count > 0)
        {
            CommandHelp.Explain(parsed, errors);
            return Usage;
        }
        try
        {
            // A chat hears signals itself: they stop an answer, not the program.
            if (args is ["chat", ..])
                configuration.ProcessTerminationTimeout = null;
            if (args is not ["run" or "rerun" or "train" or "data" or "serve" or "quantize" or "export" or "import", ..])
                return parsed.Invoke(configuration);
            // A stage that is told to stop saves its progress first, and a checkpoint may be large.
            configuration.ProcessTerminationTimeout = null;
            using var interruption = new Interruption();
            return parsed.InvokeAsync(configuration, interruption.Token).GetAwaiter().GetResult();
        }
        catch (RecipeException e)
        {
            foreach (RecipeProblem problem in e.Problems)
                errors.WriteLine(problem);
            errors.WriteLine($"athanor: {(e.Problems.Count == 1 ? "one problem" : $"{e.Problems.Count} problems")} in the recipe; nothing was started.");
            return Usage;
        }
        catch (RunInterruptedException e)
        {
            errors.WriteLine($"athanor: {e.Message}");
            return Failure;
        }
        // A wrong dial in the environment is the user's to mend, so it gets a sentence and no stack trace.
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            errors.WriteLine($"athanor: {Plain(e)}");
            return Usage;
        }
        catch (OperationCanceledException)
        {
            errors.WriteLine("athanor: stopped; nothing was half-written.");
            return Failure;
        }
        catch (Exception e) when (e is StageException or InferenceException or ModelFormatException or SafetensorsException or TensorMemoryException or TokenizerFormatException or ChatTemplateException or ShardException or IOException or InvalidDataException or UnauthorizedAccessException or InvalidOperationException)
        {
            errors.WriteLine($"athanor: {e.Message}");
            return Failure;
        }
    }

    /// <summary>The words that start this tool on another machine that has the same files.</summary>
    public static IReadOnlyList<string> Words =>
        Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "athanor" ? [path] : [Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? Environment.ProcessPath! : "dotnet", typeof(Tool).Assembly.Location];

    /// <summary>The message without the name of a parameter, which is the code's own.</summary>
    private static string Plain(Exception error)
    {
        int at = error is ArgumentException ? error.Message.IndexOf(" (Parameter '", StringComparison.Ordinal) : -1;
        return at < 0 ? error.Message : error.Message[..at];
    }
}
