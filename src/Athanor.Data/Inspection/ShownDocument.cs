using System.Text.Json;

namespace Athanor.Data.Inspection;

/// <summary>A document as a person looks at it.</summary>
public sealed record ShownDocument
{
    /// <summary>kept, removed, or closest: removed, and nearest to the threshold.</summary>
    public required string Sample { get; init; }

    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>The step and the rule that removed it: <c>length/too_short</c>; "" where it was kept.</summary>
    public string Rule { get; init; } = "";

    /// <summary>What was measured.</summary>
    public double? Value { get; init; }

    /// <summary>What it was held against.</summary>
    public double? Threshold { get; init; }

    /// <summary>What was found.</summary>
    public string? Note { get; init; }

    /// <summary>Where it was read.</summary>
    public string Origin { get; init; } = "";

    /// <summary>The text in front of the offending part; the text's beginning where no part is meant.</summary>
    public string Before { get; init; } = "";

    /// <summary>The offending part.</summary>
    public string Match { get; init; } = "";

    /// <summary>The text behind it.</summary>
    public string After { get; init; } = "";

    /// <summary>The whole text, where it was stored.</summary>
    public string? Text { get; init; }

    /// <summary>Reads a line of <c>documents.jsonl</c>, <c>removed.jsonl</c> or <c>samples.jsonl</c>.</summary>
    /// <param name="line">JSON.</param>
    /// <param name="sample">What it is where the line does not say.</param>
    /// <exception cref="InvalidDataException">The line is none of these.</exception>
    public static ShownDocument Parse(ReadOnlyMemory<byte> line, string sample)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            JsonElement root = json.RootElement;
            string? step = String(root, "step"), rule = String(root, "rule") ?? String(root, "reason"), text = String(root, "text");
            JsonElement excerpt = root.TryGetProperty("excerpt", out JsonElement found) ? found : default;
            string place = root.TryGetProperty("origin", out JsonElement origin) ? FormattableString.Invariant($"{String(origin, "file")}@{origin.GetProperty("offset").GetInt64()}") : "";
            return new ShownDocument
            {
                Sample = String(root, "sample") ?? sample,
                Id = String(root, "id") ?? "",
                Rule = step is null ? rule ?? "" : $"{step}/{rule}",
                Value = Number(root, "value"),
                Threshold = Number(root, "threshold"),
                Note = String(root, "note") ?? (String(root, "kept") is { } kept ? $"the same as {kept}" : null),
                Origin = place,
                Before = String(excerpt, "before") ?? String(excerpt, "head") ?? text ?? "",
                Match = String(excerpt, "match") ?? "",
                After = String(excerpt, "after") ?? "",
                Text = text,
            };
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new InvalidDataException($"A line tells of no document ({e.Message})", e);
        }
    }

    private static string? String(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static double? Number(JsonElement element, string name) => element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;
}
