using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Athanor.Serving.Http;

/// <summary>Says once of each field of requests that it is not known and ignored.</summary>
internal sealed partial class UnknownFields(ILogger logger)
{
    // Clients choose the names, so there is an end to remembering them.
    private const int Most = 256, MostCharacters = 64;
    private readonly ConcurrentDictionary<string, bool> _seen = new(StringComparer.Ordinal);

    public void Note(string endpoint, IReadOnlyDictionary<string, JsonElement>? fields)
    {
        if (fields is null)
            return;
        foreach (string name in fields.Keys)
        {
            if (_seen.Count >= Most)
                return;
            string shown = new([.. name.Take(MostCharacters).Select(c => char.IsControl(c) ? '?' : c)]);
            if (_seen.TryAdd($"{endpoint} {shown}", true))
                Ignored(logger, endpoint, shown);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Endpoint}: the field '{Field}' is not known and was ignored; this is said once.")]
    private static partial void Ignored(ILogger logger, string endpoint, string field);
}
