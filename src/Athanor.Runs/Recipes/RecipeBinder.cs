using System.Text.RegularExpressions;
using Athanor.Runs.Settings;

namespace Athanor.Runs.Recipes;

/// <summary>Turns the merged tree of a recipe into records: binds, orders the stages, derives, validates. Goes on after problems to find them all.</summary>
internal sealed partial class RecipeBinder(RecipeVocabulary vocabulary, ProblemList problems, string folder)
{
    public const long DefaultSeed = 42;
    private static readonly string[] WindowsDevices = ["con", "prn", "aux", "nul"];
    private readonly SettingsBinder _binder = new(folder, problems);
    private readonly Dictionary<Type, (SectionKind Kind, object Value, RecipeNode Node)> _sections = [];

    public Recipe? Bind(MappingNode root, string? file, string fallbackName, IReadOnlyList<string> overrides)
    {
        foreach (MappingEntry entry in root.Entries)
        {
            if (!vocabulary.TopLevelKeys.Contains(entry.Key))
                problems.Add(entry.KeyMark, entry.Key, $"A recipe has no key '{entry.Key}'.", NearestName.Of(entry.Key, vocabulary.TopLevelKeys), SettingsBinder.KeysRemedy(vocabulary.TopLevelKeys));
        }
        var header = _binder.Record(HeaderShape, Only(root, "name", "description", "seed"), "") as RecipeHeader ?? new RecipeHeader();
        string name = header.Name ?? Safe(fallbackName);
        if (!FolderName().IsMatch(name) || WindowsDevices.Contains(name.Split('.')[0]))
            problems.Add((root["name"] ?? root).Mark, "name", $"'{name}' cannot name a run.", remedy: "Use lower-case letters, digits, '.', '-' and '_', at most 64, beginning with a letter or digit.");

        foreach (SectionKind kind in vocabulary.Sections)
        {
            if (root[kind.Name] is { IsNull: false } node)
                BindSection(kind, node);
        }
        List<StageDraft> drafts = new StageOrder(vocabulary, problems).Read(root);
        foreach (StageDraft draft in drafts.Where(draft => draft.Kind is not null))
        {
            foreach (Type type in draft.Kind!.Sections)
            {
                if (vocabulary.SectionOf(type) is var kind && root[kind.Name] is null or { IsNull: true } && !_sections.ContainsKey(type))
                    BindSection(kind, new MappingNode(draft.Node.Mark));
            }
            object bound = _binder.Record(vocabulary.Shapes.Record(draft.Kind.Settings), draft.Node, $"stages.{draft.Name}", RecipeVocabulary.StageKeys);
            draft.Settings = ReferenceEquals(bound, SettingsBinder.Failed) ? null : bound;
        }
        return Resolve(root, file, name, header, drafts, overrides);
    }

    private void BindSection(SectionKind kind, RecipeNode node)
    {
        if (node is not MappingNode mapping)
        {
            problems.Add(node.Mark, kind.Name, $"The section is {node.Noun}; it must be a map of settings.");
            return;
        }
        object bound = _binder.Record(vocabulary.Shapes.Record(kind.Settings), mapping, kind.Name);
        _sections.Add(kind.Settings, (kind, bound, mapping));
    }

    private Recipe? Resolve(MappingNode root, string? file, string name, RecipeHeader header, List<StageDraft> drafts, IReadOnlyList<string> overrides)
    {
        var resolver = new SettingsResolver(problems);
        var known = new Dictionary<Type, object?>();
        foreach ((SectionKind kind, object value, RecipeNode node) in vocabulary.Sections.Where(k => _sections.ContainsKey(k.Settings)).Select(k => _sections[k.Settings]))
        {
            bool clean = !ReferenceEquals(value, SettingsBinder.Failed) &&
                resolver.Resolve(vocabulary.Shapes.Record(kind.Settings), value, node, kind.Name, new SettingsScope(header.Seed, known, []));
            known.Add(kind.Settings, clean ? value : null);
        }
        foreach (StageDraft draft in drafts.Where(draft => draft.Settings is not null))
        {
            var scope = new SettingsScope(header.Seed, known, [.. draft.Upstream().Select(up => (up.Kind!.Settings, up.Clean ? up.Settings : null))]);
            draft.Clean = resolver.Resolve(vocabulary.Shapes.Record(draft.Kind!.Settings), draft.Settings!, draft.Node, $"stages.{draft.Name}", scope);
        }
        if (problems.MoreThanMissingInputs)
            return null;
        RecipeStage[] stages = [.. drafts.Select(draft => new RecipeStage(draft.Name, draft.Kind!, draft.Settings!, draft.From))];
        MappingNode tree = Tree(root, name, header, drafts, resolver.Derived, file);
        return new Recipe(vocabulary, tree, file, name, header.Description, header.Seed, _sections.ToDictionary(pair => pair.Key, pair => pair.Value.Value), stages, resolver.Derived, overrides);
    }

    /// <summary>The resolved tree: every value explicit, remarks on where each came from.</summary>
    private MappingNode Tree(MappingNode root, string name, RecipeHeader header, List<StageDraft> drafts, IReadOnlyList<DerivedValue> derived, string? file)
    {
        Dictionary<string, string> rules = derived.ToDictionary(value => value.Path, value => value.Rule);
        string Origin(string path, RecipeNode? written) =>
            rules.TryGetValue(path, out string? rule) ? $"derived: {rule}"
            : written is null || written.IsNull && written.Mark.Line == 0 && written.Mark.Source.Length == 0 ? "default"
            : written.Mark.Source.StartsWith("--set ", StringComparison.Ordinal) ? "--set"
            : file is not null && written.Mark.Source != file && Path.GetFullPath(written.Mark.Source) != file ? $"set in {Path.GetFileName(written.Mark.Source)}" : "set";

        var writer = new SettingsWriter(Origin);
        var tree = new MappingNode(root.Mark);
        MappingNode top = writer.Record(HeaderShape, header with { Name = name }, root, "");
        foreach (MappingEntry entry in top.Entries)
            tree.Set(entry.Key, entry.Value);
        foreach (SectionKind kind in vocabulary.Sections.Where(k => _sections.ContainsKey(k.Settings)))
            tree.Set(kind.Name, writer.Record(vocabulary.Shapes.Record(kind.Settings), _sections[kind.Settings].Value, root[kind.Name], kind.Name));
        var stages = new MappingNode(root.Mark);
        foreach (StageDraft draft in drafts)
        {
            var stage = new MappingNode(draft.Node.Mark);
            stage.Set("use", new ScalarNode(draft.Node.Mark, draft.Kind!.Name, ScalarKind.Text));
            if (draft.From.Count > 0)
            {
                var from = new SequenceNode(draft.Node.Mark);
                from.Items.AddRange(draft.From.Select(input => new ScalarNode(draft.Node.Mark, input, ScalarKind.Text)));
                stage.Set("from", from);
            }
            foreach (MappingEntry entry in writer.Record(vocabulary.Shapes.Record(draft.Kind.Settings), draft.Settings!, draft.Node, $"stages.{draft.Name}").Entries)
                stage.Set(entry.Key, entry.Value);
            stages.Set(draft.Name, stage);
        }
        tree.Set("stages", stages);
        return tree;
    }

    private static MappingNode Only(MappingNode root, params string[] keys)
    {
        var part = new MappingNode(root.Mark);
        foreach (MappingEntry entry in root.Entries.Where(entry => keys.Contains(entry.Key)))
            part.Set(entry.Key, entry.KeyMark, entry.Value);
        return part;
    }

    private static string Safe(string name)
    {
        string safe = NotInNames().Replace(name.ToLowerInvariant(), "-").Trim('-', '.', '_');
        return safe.Length == 0 ? "recipe" : safe[..Math.Min(safe.Length, 64)];
    }

    internal static readonly RecordShape HeaderShape = new ShapeCatalog().Record(typeof(RecipeHeader));

    [GeneratedRegex(@"^[a-z0-9][a-z0-9._-]{0,63}\z")]
    private static partial Regex FolderName();

    [GeneratedRegex("[^a-z0-9._-]+")]
    private static partial Regex NotInNames();
}

/// <summary>The keys that every recipe has.</summary>
internal sealed record RecipeHeader
{
    /// <summary>Names the recipe's runs; the file's name where absent.</summary>
    public string? Name { get; init; }

    /// <summary>What the recipe is for, for people.</summary>
    public string? Description { get; init; }

    /// <summary>From which all randomness comes.</summary>
    public long Seed { get; init; } = RecipeBinder.DefaultSeed;
}
