using System.Reflection;
using System.Text.Json.Nodes;

namespace Athanor.Tokenizers.Tests.Chat;

/// <summary>What Python's jinja2 made of many templates; make-vectors.py writes it.</summary>
internal static class ChatVectors
{
    public static JsonObject Root { get; } = Read();

    private static JsonObject Read()
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("chat-vectors.json")!;
        return (JsonObject)JsonNode.Parse(stream)!;
    }
}

/// <summary>The clock that the vectors were made with.</summary>
internal sealed class FixedClock : TimeProvider
{
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override DateTimeOffset GetUtcNow() => new(2024, 3, 5, 9, 7, 3, TimeSpan.Zero);
}
