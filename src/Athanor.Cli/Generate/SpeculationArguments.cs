using System.CommandLine;

namespace Athanor.Cli.Generate;

/// <summary>The options that say what guesses tokens ahead. They change speed alone.</summary>
internal sealed class SpeculationArguments
{
    private readonly Option<bool> _lookup = new("--lookup") { Description = "Guess that the text repeats itself: for answers that quote their prompt." };
    private readonly Option<string?> _draft = new("--draft") { Description = "Guess with a smaller model of the same tokenizer." };
    private readonly Option<string?> _medusa = new("--medusa") { Description = "Guess with heads: the folder of a stage medusa of this model." };

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_lookup, _draft, _medusa])
            command.Options.Add(option);
    }

    /// <summary>What guesses, once the model is there.</summary>
    public Guesser Read(ParseResult parsed, string runs)
    {
        var guesser = new Guesser(parsed.GetValue(_lookup), parsed.GetValue(_draft), parsed.GetValue(_medusa), runs);
        return guesser.Ways <= 1 ? guesser : throw new ArgumentException("--lookup, --draft and --medusa exclude one another; give one.");
    }
}
