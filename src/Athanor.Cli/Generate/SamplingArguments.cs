using System.CommandLine;
using System.ComponentModel.DataAnnotations;
using Athanor.Training.Sampling;

namespace Athanor.Cli.Generate;

/// <summary>The options that say how tokens are drawn.</summary>
internal sealed class SamplingArguments
{
    private static readonly SamplingSettings Defaults = new();

    private readonly Option<double> _temperature = new("--temperature", "-T") { Description = "Divides the logits; 0 takes the likeliest token.", DefaultValueFactory = _ => Defaults.Temperature };
    private readonly Option<int> _topK = new("--top-k") { Description = "Only the k likeliest tokens; 0 for all." };
    private readonly Option<double> _topP = new("--top-p") { Description = "Only the likeliest tokens that reach this probability together.", DefaultValueFactory = _ => 1 };
    private readonly Option<double> _minP = new("--min-p") { Description = "Only tokens at least this share as probable as the likeliest." };
    private readonly Option<double> _typical = new("--typical-p") { Description = "Only the tokens of the most usual surprise that reach this probability together.", DefaultValueFactory = _ => 1 };
    private readonly Option<double> _repetition = new("--repetition-penalty") { Description = "Divides the logits of tokens that occurred, in the prompt too; 1 for none.", DefaultValueFactory = _ => 1 };
    private readonly Option<double> _presence = new("--presence-penalty") { Description = "Taken from the logits of tokens that were written." };
    private readonly Option<double> _frequency = new("--frequency-penalty") { Description = "Taken from the logits of tokens that were written, once for each time." };
    private readonly Option<int> _most = new("--max-tokens", "-n") { Description = "Most tokens written.", DefaultValueFactory = _ => 256 };
    private readonly Option<string[]> _stop = new("--stop") { Description = "Texts that end it where they appear." };
    private readonly Option<long?> _seed = new("--seed", "-s") { Description = "The same seed, model and prompt give the same text; left out, the clock decides." };

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_temperature, _topK, _topP, _minP, _typical, _repetition, _presence, _frequency, _most, _stop, _seed])
            command.Options.Add(option);
    }

    public SamplingSettings Read(ParseResult parsed)
    {
        var settings = new SamplingSettings
        {
            Temperature = parsed.GetValue(_temperature),
            TopK = parsed.GetValue(_topK),
            TopP = parsed.GetValue(_topP),
            MinP = parsed.GetValue(_minP),
            TypicalP = parsed.GetValue(_typical),
            RepetitionPenalty = parsed.GetValue(_repetition),
            PresencePenalty = parsed.GetValue(_presence),
            FrequencyPenalty = parsed.GetValue(_frequency),
            MaxTokens = parsed.GetValue(_most),
            Stop = parsed.GetValue(_stop) ?? [],
            Seed = parsed.GetValue(_seed) ?? Environment.TickCount64 & int.MaxValue,
        };
        var wrong = new List<ValidationResult>();
        if (!Validator.TryValidateObject(settings, new ValidationContext(settings), wrong, validateAllProperties: true))
            throw new ArgumentException(string.Join(" ", wrong.Select(Said)));
        if (settings.Temperature is > 0 and < 0.01)
            throw new ArgumentException($"A temperature of {settings.Temperature} is too near 0. Write 0 for the likeliest token.");
        return settings.Stop.Any(text => text.Length == 0) ? throw new ArgumentException("A stop text is empty. Leave it out.") : settings;
    }

    // The attributes speak of properties; people wrote options.
    private static string Said(ValidationResult result)
    {
        string property = result.MemberNames.FirstOrDefault() ?? "";
        string option = "--" + System.Text.Json.JsonNamingPolicy.KebabCaseLower.ConvertName(property);
        return (result.ErrorMessage ?? "").Replace($"The field {property}", option, StringComparison.Ordinal);
    }
}
