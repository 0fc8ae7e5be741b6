using System.Diagnostics.CodeAnalysis;

namespace Athanor.Runs.Recipes;

/// <summary>A piece of a recipe's YAML: what was written and where.</summary>
internal abstract class RecipeNode(SourceMark mark)
{
    public SourceMark Mark { get; } = mark;

    /// <summary>Written after the value when the tree is emitted.</summary>
    public string? Comment { get; set; }

    public abstract string Noun { get; }

    /// <summary>A null, written or left empty.</summary>
    public bool IsNull => this is ScalarNode { Kind: ScalarKind.Null };

    public static RecipeNode Null(SourceMark mark) => new ScalarNode(mark, "null", ScalarKind.Null);
}

internal enum ScalarKind
{
    /// <summary>Written without quotes: what it means depends on what is expected.</summary>
    Plain,
    Null,
    Bool,
    Number,
    Text,
}

internal sealed class ScalarNode(SourceMark mark, string text, ScalarKind kind) : RecipeNode(mark)
{
    public string Text { get; } = text;

    public ScalarKind Kind { get; } = kind;

    public override string Noun => Kind == ScalarKind.Null ? "nothing" : "a single value";
}

internal sealed class SequenceNode(SourceMark mark) : RecipeNode(mark)
{
    public List<RecipeNode> Items { get; } = [];

    public override string Noun => "a list";
}

internal sealed record MappingEntry(string Key, SourceMark KeyMark, RecipeNode Value);

internal sealed class MappingNode(SourceMark mark) : RecipeNode(mark)
{
    private readonly Dictionary<string, int> _positions = new(StringComparer.Ordinal);
    private readonly List<MappingEntry> _entries = [];

    public IReadOnlyList<MappingEntry> Entries => _entries;

    public override string Noun => "a map";

    public bool TryGet(string key, [NotNullWhen(true)] out MappingEntry? entry)
    {
        entry = _positions.TryGetValue(key, out int position) ? _entries[position] : null;
        return entry is not null;
    }

    public RecipeNode? this[string key] => TryGet(key, out MappingEntry? entry) ? entry.Value : null;

    /// <summary>Replaces the key's value in its place or appends it.</summary>
    public void Set(string key, SourceMark keyMark, RecipeNode value)
    {
        var entry = new MappingEntry(key, keyMark, value);
        if (_positions.TryGetValue(key, out int position))
            _entries[position] = entry;
        else
        {
            _positions.Add(key, _entries.Count);
            _entries.Add(entry);
        }
    }

    public void Set(string key, RecipeNode value) => Set(key, value.Mark, value);
}
