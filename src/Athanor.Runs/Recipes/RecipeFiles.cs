namespace Athanor.Runs.Recipes;

/// <summary>Reads a recipe file and the recipes it is based on into one tree.</summary>
internal sealed class RecipeFiles(ProblemList problems)
{
    private const int MaxBases = 32;
    private readonly List<string> _open = [];
    private int _read;

    /// <summary>The merged tree without <c>base</c>, or null after reporting why there is none.</summary>
    public MappingNode? Load(string path)
    {
        string full = Path.GetFullPath(path);
        return Resolve(YamlTree.ReadFile(path, problems), full, Path.GetDirectoryName(full)!);
    }

    /// <summary>The same for a text that is in no file.</summary>
    public MappingNode? Parse(ReadOnlySpan<byte> utf8, string source, string folder) =>
        Resolve(YamlTree.Read(utf8, source, problems), source, folder);

    private MappingNode? Resolve(RecipeNode? node, string full, string folder)
    {
        if (node is null)
            return null;
        if (node is not MappingNode root)
        {
            problems.Add(node.Mark, "", node.IsNull ? "The file is empty." : $"The recipe is {node.Noun}; it must be a map of keys.", remedy: "Write at least a name and stages.");
            return null;
        }
        if (!root.TryGet("base", out MappingEntry? entry))
            return root;
        _open.Add(full);
        RecipeNode? below = null;
        RecipeNode[] names = entry.Value is SequenceNode list ? [.. list.Items] : [entry.Value];
        foreach (RecipeNode name in names)
        {
            if (name is not ScalarNode { Kind: ScalarKind.Plain or ScalarKind.Text } file)
            {
                problems.Add(name.Mark, "base", "A base is a file name or a list of them.", remedy: "Write base: other.yaml.");
                continue;
            }
            if (Base(file, folder) is { } tree)
                below = below is null ? tree : RecipeMerge.Merge(below, tree);
        }
        _open.RemoveAt(_open.Count - 1);
        var own = new MappingNode(root.Mark);
        foreach (MappingEntry item in root.Entries.Where(item => item.Key != "base"))
            own.Set(item.Key, item.KeyMark, item.Value);
        return below is null ? own : (MappingNode)RecipeMerge.Merge(below, own);
    }

    private MappingNode? Base(ScalarNode name, string folder)
    {
        string path = Path.GetFullPath(Path.Combine(folder, name.Text));
        if (_open.IndexOf(path) is >= 0 and int start)
        {
            problems.Add(name.Mark, "base", $"Recipes are based on each other in a circle: {string.Join(" -> ", _open.Skip(start).Append(path).Select(Path.GetFileName))}.",
                remedy: "Remove one of these bases.");
            return null;
        }
        if (++_read > MaxBases)
        {
            problems.Add(name.Mark, "base", $"More than {MaxBases} base recipes are read.", remedy: "Flatten some of them.");
            return null;
        }
        if (File.Exists(path))
            return Load(path);
        string? directory = Path.GetDirectoryName(path);
        string[] there = Directory.Exists(directory) ? [.. Directory.EnumerateFiles(directory, "*.y*ml").Take(1000).Select(file => Path.GetFileName(file)!)] : [];
        problems.Add(name.Mark, "base", $"The base recipe {path} does not exist.", NearestName.Of(Path.GetFileName(path), there), "A base is named relative to the recipe that names it.");
        return null;
    }
}
