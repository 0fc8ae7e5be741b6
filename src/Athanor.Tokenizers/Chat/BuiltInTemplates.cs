using System.Collections.Concurrent;
using System.Reflection;

namespace Athanor.Tokenizers.Chat;

/// <summary>Chat templates by name, for models that come without one; all mark what the assistant writes with generation blocks.</summary>
public static class BuiltInTemplates
{
    private static readonly ConcurrentDictionary<string, ChatTemplate> Parsed = new(StringComparer.Ordinal);

    /// <summary>All names.</summary>
    public static IReadOnlyList<string> Names { get; } = ["alpaca", "chatml", "llama2", "llama3", "mistral", "plain", "zephyr"];

    /// <summary>The template of a name.</summary>
    /// <exception cref="ChatTemplateException">There is none: the message names the nearest and all.</exception>
    public static ChatTemplate Get(string name) => Parsed.GetOrAdd(name, static key => ChatTemplate.Parse(Source(key)));

    /// <summary>The text of a name's template.</summary>
    /// <exception cref="ChatTemplateException">There is none: the message names the nearest and all.</exception>
    public static string Source(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (!Names.Contains(name))
            throw new ChatTemplateException(FilterTable.Unknown("chat template", name, Names));
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"chat/{name}.jinja")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
