using System.CommandLine;
using Athanor.Cli.Doctor;
using Athanor.Cli.Generate;
using Athanor.Cli.ModelFiles;
using Athanor.Cli.Plan;
using Athanor.Cli.Recipes;
using Athanor.Cli.Tokenizers;
using Athanor.Cli.Train;
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

            Begin with: athanor run recipes/quickstart.yaml
            Example: athanor doctor

            Exit codes: 0 done, 1 failed, 2 wrong arguments or environment.
            """);
        root.Subcommands.Add(DoctorCommand.Create(output));
        root.Subcommands.Add(RunCommand.Create(output, errors));
        root.Subcommands.Add(RunCommand.CreateRerun(output, errors));
        root.Subcommands.Add(RunsCommand.Create(output));
        root.Subcommands.Add(RecipesCommand.Create(output, errors));
        root.Subcommands.Add(TrainingCommand.Create(output, errors));
        root.Subcommands.Add(GenerateCommand.Create(output, errors));
        root.Subcommands.Add(ModelCommand.Create(output));
        root.Subcommands.Add(PlanCommand.Create(output));
        root.Subcommands.Add(TokenizerCommand.Create(output, errors));
        var configuration = new InvocationConfiguration { Output = output, Error = errors, EnableDefaultExceptionHandler = false };
        // A stage that is told to stop saves its progress first, and a checkpoint may be large.
        if (args is ["run" or "rerun" or "train", ..])
            configuration.ProcessTerminationTimeout = TimeSpan.FromMinutes(30);
        ParseResult parsed = root.Parse(args.Length == 0 ? ["--help"] : args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
                errors.WriteLine($"athanor: {error.Message}");
            errors.WriteLine($"athanor: the verbs are {string.Join(", ", root.Subcommands.Select(verb => verb.Name))}; `athanor --help` explains them.");
            return Usage;
        }
        try
        {
            return parsed.Invoke(configuration);
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
            errors.WriteLine($"athanor: {e.Message}");
            return Usage;
        }
        catch (OperationCanceledException)
        {
            errors.WriteLine("athanor: stopped; nothing was half-written.");
            return Failure;
        }
        catch (Exception e) when (e is StageException or ModelFormatException or SafetensorsException or TensorMemoryException or TokenizerFormatException or ChatTemplateException or IOException or InvalidDataException or UnauthorizedAccessException or InvalidOperationException)
        {
            errors.WriteLine($"athanor: {e.Message}");
            return Failure;
        }
    }
}
