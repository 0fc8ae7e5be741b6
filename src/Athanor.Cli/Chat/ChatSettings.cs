using System.Globalization;
using Microsoft.Extensions.AI;

namespace Athanor.Cli.Chat;

/// <summary>What can be set while one chats, by the names of the API.</summary>
internal sealed class ChatSettings
{
    private static readonly Dictionary<string, bool> Known = new(StringComparer.Ordinal)
    {
        ["temperature"] = false,
        ["top_p"] = false,
        ["top_k"] = true,
        ["min_p"] = false,
        ["typical_p"] = false,
        ["repetition_penalty"] = false,
        ["presence_penalty"] = false,
        ["frequency_penalty"] = false,
        ["max_tokens"] = true,
        ["seed"] = true,
    };

    private readonly SortedDictionary<string, double> _values = new(StringComparer.Ordinal);

    /// <summary>All names.</summary>
    public static IEnumerable<string> Names => Known.Keys;

    /// <summary>Sets a value; one left out returns to the model's own.</summary>
    /// <exception cref="ArgumentException">There is no such setting, or it is no number.</exception>
    public void Set(string name, string value)
    {
        if (!Known.TryGetValue(name, out bool whole))
            throw new ArgumentException($"There is no setting '{name}'. There are {string.Join(", ", Names)}.");
        if (value.Length == 0)
            _values.Remove(name);
        else if (double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number) && (!whole || number == Math.Floor(number)))
            _values[name] = number;
        else
            throw new ArgumentException($"'{value}' is no {(whole ? "whole " : "")}number.");
    }

    /// <summary>The options of a request.</summary>
    public ChatOptions ToOptions()
    {
        var more = new AdditionalPropertiesDictionary();
        foreach ((string name, double value) in _values)
            more[name] = Known[name] ? (object)(long)value : value;
        return new ChatOptions { AdditionalProperties = more };
    }

    public override string ToString() => _values.Count == 0 ? "nothing is set; the model's own values hold" : string.Join(", ", _values.Select(pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Key} {pair.Value}")));
}
