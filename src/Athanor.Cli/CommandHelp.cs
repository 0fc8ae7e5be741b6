using System.CommandLine;
using System.CommandLine.Parsing;
using Athanor.Runs.Recipes;

namespace Athanor.Cli;

/// <summary>What the tool says to someone who asks for help, or who wrote something that it does not know.</summary>
internal static class CommandHelp
{
    private static readonly string[] Asking = ["--help", "-h", "-?"];

    /// <summary>The arguments as they are parsed: a family of verbs alone asks for its help, and a list of verbs has a line for each.</summary>
    public static string[] Prepare(RootCommand root, string[] args)
    {
        Command command = root;
        int words = 0;
        while (words < args.Length && command.Subcommands.FirstOrDefault(verb => verb.Name == args[words]) is { } verb)
            (command, words) = (verb, words + 1);
        // `runs` is a family and a verb: alone it lists.
        if (words == args.Length && command.Subcommands.Count > 0 && command.Action is null)
            args = [.. args, "--help"];
        if (args.Any(Asking.Contains))
        {
            foreach (Command verb in command.Subcommands)
                verb.Description = FirstSentence(verb.Description ?? "");
        }
        return args;
    }

    /// <summary>Says what is wrong with the arguments, with the nearest names there are.</summary>
    public static void Explain(ParseResult parsed, TextWriter errors)
    {
        Command command = parsed.CommandResult.Command;
        string path = Path(parsed.CommandResult);
        string[] unknown = [.. parsed.UnmatchedTokens];
        if (command.Subcommands.Count > 0 && unknown.Length > 0 && !unknown[0].StartsWith('-'))
        {
            string[] verbs = [.. command.Subcommands.Select(verb => verb.Name)];
            errors.WriteLine($"athanor: There is no verb '{unknown[0]}'.{Meant(unknown[0], verbs)}");
            errors.WriteLine($"athanor: the verbs are {string.Join(", ", verbs)}; `{path} --help` explains them.");
            return;
        }
        foreach (ParseError error in parsed.Errors)
        {
            string? word = unknown.FirstOrDefault(word => error.Message.Contains($"'{word}'", StringComparison.Ordinal));
            errors.WriteLine($"athanor: {error.Message}{(word?.StartsWith('-') == true ? Meant(word, command.Options.Select(option => option.Name)) : "")}");
        }
        errors.WriteLine($"athanor: `{path} --help` explains the options and has examples.");
    }

    private static string FirstSentence(string description)
    {
        string line = description.Split('\n')[0].TrimEnd();
        int end = ((string[])[". ", ": ", " ("]).Select(mark => line.IndexOf(mark, StringComparison.Ordinal)).Where(at => at > 0).DefaultIfEmpty(line.Length).Min();
        return line[..end].TrimEnd('.', ',') + ".";
    }

    private static string Meant(string word, IEnumerable<string> names) => NearestName.Of(word, names) is { } nearest ? $" Did you mean '{nearest}'?" : "";

    private static string Path(CommandResult? result)
    {
        var names = new List<string>();
        for (; result is not null; result = result.Parent as CommandResult)
            names.Insert(0, result.Command is RootCommand ? "athanor" : result.Command.Name);
        return string.Join(' ', names);
    }
}
