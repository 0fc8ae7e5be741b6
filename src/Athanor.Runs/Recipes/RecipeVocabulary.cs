using System.Text.RegularExpressions;
using Athanor.Runs.Settings;

namespace Athanor.Runs.Recipes;

/// <summary>The sections, stage kinds and variants that recipes may use; filled by the projects that own them, at start-up.</summary>
public sealed partial class RecipeVocabulary
{
    internal static readonly string[] OwnKeys = ["name", "description", "seed", "base", "stages"];
    internal static readonly string[] StageKeys = ["use", "from"];
    private readonly Dictionary<string, SectionKind> _sections = new(StringComparer.Ordinal);
    private readonly Dictionary<string, StageKind> _stages = new(StringComparer.Ordinal);

    internal ShapeCatalog Shapes { get; } = new();

    /// <summary>Sections in the order of registration, which is the order in which they derive.</summary>
    public IReadOnlyCollection<SectionKind> Sections => _sections.Values;

    /// <summary>Stage kinds in the order of registration.</summary>
    public IReadOnlyCollection<StageKind> Stages => _stages.Values;

    /// <summary>Registers a section.</summary>
    /// <exception cref="ArgumentException">The name is taken or impossible, or the type is no sealed record of bindable settings.</exception>
    public RecipeVocabulary Section<TSettings>(string name, string summary) where TSettings : class
    {
        Check(name);
        if (OwnKeys.Contains(name) || !_sections.TryAdd(name, new SectionKind(name, typeof(TSettings), summary)))
            throw new ArgumentException($"The key '{name}' is taken.", nameof(name));
        if (_sections.Values.Count(section => section.Settings == typeof(TSettings)) > 1)
            throw new ArgumentException($"{typeof(TSettings)} is the type of another section: sections are found by their type.", nameof(name));
        Shapes.Record(typeof(TSettings));
        return this;
    }

    /// <summary>Registers a stage kind.</summary>
    /// <exception cref="ArgumentException">The name is taken or impossible, or the type is no sealed record of bindable settings.</exception>
    public RecipeVocabulary Stage(StageKind kind)
    {
        ArgumentNullException.ThrowIfNull(kind);
        Check(kind.Name);
        RecordShape shape = Shapes.Record(kind.Settings);
        if (StageKeys.FirstOrDefault(key => shape[key] is not null) is { } reserved)
            throw new ArgumentException($"{kind.Settings} has a setting '{reserved}', which means something else in stages.", nameof(kind));
        foreach (Type section in kind.Sections)
        {
            if (_sections.Values.All(known => known.Settings != section))
                throw new ArgumentException($"The stage kind '{kind.Name}' reads {section}, which is no section yet.", nameof(kind));
        }
        if (!_stages.TryAdd(kind.Name, kind))
            throw new ArgumentException($"The stage kind '{kind.Name}' is there already.", nameof(kind));
        return this;
    }

    /// <summary>Adds a variant to an abstract settings record or an interface that does not name it itself.</summary>
    public RecipeVocabulary Variant<TBase, TVariant>(string kind) where TVariant : class, TBase
    {
        Shapes.AddVariant(typeof(TBase), kind, typeof(TVariant));
        return this;
    }

    /// <summary>Adds a variant whose type is known at run time only.</summary>
    /// <exception cref="ArgumentException">The variant is no such type, no sealed record of bindable settings, or the kind is taken.</exception>
    public RecipeVocabulary Variant(Type @base, string kind, Type variant)
    {
        ArgumentNullException.ThrowIfNull(@base);
        ArgumentNullException.ThrowIfNull(variant);
        Shapes.AddVariant(@base, kind, variant);
        return this;
    }

    internal StageKind? FindStage(string name) => _stages.GetValueOrDefault(name);

    internal SectionKind? FindSection(string name) => _sections.GetValueOrDefault(name);

    internal SectionKind SectionOf(Type settings) => _sections.Values.First(section => section.Settings == settings);

    internal IReadOnlyList<string> TopLevelKeys => [.. OwnKeys, .. _sections.Keys];

    private static void Check(string name)
    {
        if (!Name().IsMatch(name))
            throw new ArgumentException($"'{name}' is no snake_case name.", nameof(name));
    }

    [GeneratedRegex(@"^[a-z][a-z0-9_]*\z")]
    private static partial Regex Name();
}
