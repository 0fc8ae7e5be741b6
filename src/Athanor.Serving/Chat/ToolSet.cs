using System.Text.Json.Nodes;

namespace Athanor.Serving.Chat;

/// <summary>Whether the model calls tools.</summary>
internal enum ToolUse
{
    /// <summary>As it likes.</summary>
    Auto,

    /// <summary>It has to call at least one.</summary>
    Required,
}

/// <summary>The tools of a request.</summary>
/// <param name="Definitions">Tools in OpenAI's form, those that may be called.</param>
/// <param name="Use">Whether one has to be called.</param>
/// <param name="Parallel">Whether several may be.</param>
/// <param name="Format">How the model writes calls.</param>
internal sealed record ToolSet(JsonArray Definitions, ToolUse Use, bool Parallel, ToolCallFormat Format)
{
    private readonly HashSet<string> _names = [.. Definitions.Select(tool => tool!["function"]!["name"]!.GetValue<string>())];

    /// <summary>The names.</summary>
    public IReadOnlyCollection<string> Names => _names;

    /// <summary>Reads the calls of one answer.</summary>
    public ToolCallReader NewReader() => new(Format, _names.Contains, Parallel, static () => $"call_{Guid.NewGuid():N}"[..29]);
}
