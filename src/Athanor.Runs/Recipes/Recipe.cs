namespace Athanor.Runs.Recipes;

/// <summary>A recipe that was read, checked as a whole and resolved: every value is known.</summary>
public sealed class Recipe
{
    private readonly MappingNode _tree;
    private readonly IReadOnlyDictionary<Type, object> _sections;

    internal Recipe(RecipeVocabulary vocabulary, MappingNode tree, string? file, string name, string? description, long seed,
        IReadOnlyDictionary<Type, object> sections, IReadOnlyList<RecipeStage> stages, IReadOnlyList<DerivedValue> derived, IReadOnlyList<string> overrides)
    {
        (Vocabulary, _tree, File, Name, Description, Seed, _sections) = (vocabulary, tree, file, name, description, seed, sections);
        (Stages, Derived, Overrides) = (stages, derived, overrides);
    }

    /// <summary>Names runs of this recipe; a valid folder name.</summary>
    public string Name { get; }

    /// <summary>For people.</summary>
    public string? Description { get; }

    /// <summary>From which all randomness of the run comes.</summary>
    public long Seed { get; }

    /// <summary>The file it was read from, or null.</summary>
    public string? File { get; }

    /// <summary>Stages in an order in which they can run: inputs first, else as written.</summary>
    public IReadOnlyList<RecipeStage> Stages { get; }

    /// <summary>Every value that nobody set and that follows from others, with its rule.</summary>
    public IReadOnlyList<DerivedValue> Derived { get; }

    /// <summary>The overrides as given.</summary>
    public IReadOnlyList<string> Overrides { get; }

    internal RecipeVocabulary Vocabulary { get; }

    internal MappingNode Tree => _tree;

    /// <summary>The types of sections that the recipe has.</summary>
    internal IReadOnlyDictionary<Type, object> SectionValues => _sections;

    /// <summary>A section; present if the recipe writes it or a stage reads it.</summary>
    /// <exception cref="InvalidOperationException">The recipe has no such section.</exception>
    public T Section<T>() where T : class =>
        _sections.GetValueOrDefault(typeof(T)) as T ?? throw new InvalidOperationException($"The recipe '{Name}' has no section of type {typeof(T).Name}.");

    /// <summary>Every single value with its origin, in the order of the resolved recipe.</summary>
    public IReadOnlyList<ResolvedSetting> Settings => [.. YamlText.Flatten(_tree).Select(leaf => new ResolvedSetting(leaf.Path, leaf.Text, leaf.Comment ?? "set"))];

    /// <summary>The recipe with every value explicit and a remark on each saying where it came from; reads back to the same recipe.</summary>
    public string ToYaml() => YamlText.Write(_tree);

    /// <summary>Reads, checks and resolves a recipe file.</summary>
    /// <param name="path">A YAML file.</param>
    /// <param name="vocabulary">What recipes may use.</param>
    /// <param name="overrides">Settings that win over the file: <c>model.depth=4</c>.</param>
    /// <exception cref="RecipeException">Something is wrong; all problems together.</exception>
    public static Recipe Load(string path, RecipeVocabulary vocabulary, params IReadOnlyList<string> overrides)
    {
        var problems = new ProblemList();
        MappingNode? root = new RecipeFiles(problems).Load(path);
        string full = Path.GetFullPath(path);
        return Finish(root, problems, vocabulary, overrides, full, Path.GetDirectoryName(full)!, Path.GetFileNameWithoutExtension(path));
    }

    /// <summary>Reads, checks and resolves a recipe that is in memory; paths are relative to the folder.</summary>
    /// <exception cref="RecipeException">Something is wrong; all problems together.</exception>
    public static Recipe Parse(ReadOnlySpan<byte> utf8, RecipeVocabulary vocabulary, string source = "recipe", string? folder = null, params IReadOnlyList<string> overrides)
    {
        var problems = new ProblemList();
        folder = Path.GetFullPath(folder ?? ".");
        MappingNode? root = new RecipeFiles(problems).Parse(utf8, source, folder);
        return Finish(root, problems, vocabulary, overrides, null, folder, source);
    }

    private static Recipe Finish(MappingNode? root, ProblemList problems, RecipeVocabulary vocabulary, IReadOnlyList<string> overrides, string? file, string folder, string fallbackName)
    {
        if (root is null)
            problems.ThrowIfAny();
        foreach (string text in overrides)
            root = RecipeOverride.Apply(root!, text, vocabulary.TopLevelKeys, problems);
        Recipe? recipe = new RecipeBinder(vocabulary, problems, folder).Bind(root!, file, fallbackName, overrides);
        problems.ThrowIfAny(recipe);
        return recipe!;
    }
}
