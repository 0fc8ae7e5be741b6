using System.CommandLine;
using System.Text.Json;
using Athanor.Cli.Recipes;

namespace Athanor.Cli.Data;

/// <summary>What verbs about a stage's output share: which stage, which set.</summary>
internal sealed class OutputOptions
{
    public Argument<string> Output { get; } = new("output") { Description = "RUN/STAGE, or the folder of a stage's output." };

    public Option<string?> Set { get; } = new("--set-name") { Description = "A set that is held out, such as random; left out, what is for training." };

    public Option<string> Runs { get; } = RecipeOptions.Runs();

    public void AddTo(Command command)
    {
        command.Add(Output);
        command.Add(Set);
        command.Add(Runs);
    }

    /// <summary>The folder of the output.</summary>
    public string Folder(ParseResult parsed) => Find(parsed.GetRequiredValue(Output), parsed.GetRequiredValue(Runs));

    /// <summary>The folder of an output by its name.</summary>
    /// <param name="given">RUN/STAGE or a folder.</param>
    /// <param name="runs">The folder of all runs.</param>
    public static string Find(string given, string runs)
    {
        string run = Path.GetDirectoryName(given) ?? "", stage = Path.GetFileName(given);
        foreach (string folder in run.Length == 0 ? [] : (string[])[Path.Combine(runs, run), run])
        {
            string stages = Path.Combine(folder, "stages.json");
            if (!File.Exists(stages))
                continue;
            Dictionary<string, string> made = JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllBytes(stages)) ?? [];
            return made.TryGetValue(stage, out string? found) ? found
                : throw new DirectoryNotFoundException($"The run '{run}' has no finished stage '{stage}'. Finished: {string.Join(", ", made.Keys)}.");
        }
        return Directory.Exists(given) ? given : throw new DirectoryNotFoundException($"There is no output '{given}': no run of that name in '{runs}' and no folder. Write RUN/STAGE; `athanor runs` lists runs.");
    }
}
