using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;

namespace Athanor.Tokenizers.Tests.Testing;

/// <summary>The small tokenizers of the vector files, which are of every kind.</summary>
internal static class VectorTokenizers
{
    private static readonly ConcurrentDictionary<string, Tokenizer> _loaded = new(StringComparer.Ordinal);

    public static string Folder => Path.Combine(AppContext.BaseDirectory, "Files", "HuggingFace", "Vectors");

    public static IEnumerable<string> Names => Directory.GetFiles(Folder, "*.json").Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal);

    public static string Json(string name)
    {
        using JsonDocument file = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, name + ".json")));
        return file.RootElement.GetProperty("tokenizer").GetRawText();
    }

    public static Tokenizer Get(string name) => _loaded.GetOrAdd(name, name => Tokenizer.FromJson(Encoding.UTF8.GetBytes(Json(name)), name));
}
