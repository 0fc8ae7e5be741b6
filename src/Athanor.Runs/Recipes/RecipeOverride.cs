using System.Buffers;

namespace Athanor.Runs.Recipes;

/// <summary>A setting given beside the recipe: <c>--set a.b=c</c>.</summary>
internal static class RecipeOverride
{
    private static readonly SearchValues<char> NotInNames = SearchValues.Create(" \t\r\n:{}");

    /// <summary>Lays an override over the tree, or reports why it cannot.</summary>
    /// <param name="root">The recipe so far; changed.</param>
    /// <param name="text"><c>path=value</c>; the value is YAML, also a flow list or map. An empty value returns the key to its default.</param>
    /// <param name="topLevel">Names that mean a key of the top level; another first name that a stage has means this stage.</param>
    /// <param name="problems">Where problems go.</param>
    public static MappingNode Apply(MappingNode root, string text, IReadOnlyCollection<string> topLevel, ProblemList problems)
    {
        var mark = new SourceMark($"--set {text}", 0, 0);
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0)
        {
            problems.Add(mark, "", "An override is 'path=value'.", remedy: "For example --set model.depth=4.");
            return root;
        }
        string[] path = text[..equals].Trim().Split('.');
        if (path.Any(name => name.Length == 0 || name.AsSpan().ContainsAny(NotInNames)))
        {
            problems.Add(mark, text[..equals], "The path has an empty or impossible name.", remedy: "Names are joined by single dots: model.depth.");
            return root;
        }
        MappingNode? stages = root["stages"] as MappingNode;
        if (!topLevel.Contains(path[0]) && path.Length > 1 && stages?.TryGet(path[0], out _) == true)
            path = ["stages", .. path];
        if (!topLevel.Contains(path[0]))
        {
            IEnumerable<string> names = topLevel.Concat(stages?.Entries.Select(entry => entry.Key) ?? []);
            problems.Add(mark, string.Join('.', path), $"There is no section or stage '{path[0]}'.", NearestName.Of(path[0], names), $"There are: {string.Join(", ", names)}.");
            return root;
        }
        if (path[0] == "stages" && (path.Length < 3 || stages?.TryGet(path[1], out _) != true))
        {
            IEnumerable<string> names = stages?.Entries.Select(entry => entry.Key) ?? [];
            problems.Add(mark, string.Join('.', path), path.Length < 3 ? "An override names a setting of a stage." : $"There is no stage '{path[1]}'.",
                path.Length < 2 ? null : NearestName.Of(path[1], names), "Write stages.<stage>.<setting>=<value>.");
            return root;
        }
        string written = text[(equals + 1)..];
        RecipeNode? value = string.IsNullOrWhiteSpace(written) ? RecipeNode.Null(mark) : Value(written, mark, problems);
        return value is null ? root : (MappingNode)Place(root, path, value, mark, problems, 0);
    }

    private static RecipeNode? Value(string written, SourceMark mark, ProblemList problems)
    {
        var own = new ProblemList();
        RecipeNode? value = YamlTree.Read(written, mark.Source, own);
        if (value is null || own.Count > 0)
        {
            problems.Add(mark, "", "The value is not YAML.", remedy: "Quote text that holds ': ', '#', brackets or quotes.");
            return null;
        }
        return AllAt(value, mark);
    }

    /// <summary>Lines and columns within an override say nothing: the override itself is the place.</summary>
    private static RecipeNode AllAt(RecipeNode node, SourceMark mark)
    {
        switch (node)
        {
            case ScalarNode scalar:
                return new ScalarNode(mark, scalar.Text, scalar.Kind);
            case SequenceNode sequence:
                var items = new SequenceNode(mark);
                items.Items.AddRange(sequence.Items.Select(item => AllAt(item, mark)));
                return items;
            default:
                var mapping = new MappingNode(mark);
                foreach (MappingEntry entry in ((MappingNode)node).Entries)
                    mapping.Set(entry.Key, mark, AllAt(entry.Value, mark));
                return mapping;
        }
    }

    private static RecipeNode Place(RecipeNode? node, string[] path, RecipeNode value, SourceMark mark, ProblemList problems, int depth)
    {
        if (depth == path.Length)
            return value is MappingNode && node is MappingNode ? RecipeMerge.Merge(node, value) : value;
        if (node is SequenceNode list)
        {
            if (!int.TryParse(path[depth], out int index) || index < 0 || index >= list.Items.Count)
            {
                problems.Add(mark, string.Join('.', path), $"'{path[depth]}' is no item of a list of {list.Items.Count}.", remedy: "Items are numbered from 0.");
                return node;
            }
            var items = new SequenceNode(list.Mark);
            items.Items.AddRange(list.Items);
            items.Items[index] = Place(list.Items[index], path, value, mark, problems, depth + 1);
            return items;
        }
        var copy = new MappingNode(node?.Mark ?? mark);
        if (node is MappingNode mapping)
        {
            foreach (MappingEntry entry in mapping.Entries)
                copy.Set(entry.Key, entry.KeyMark, entry.Value);
        }
        bool known = copy.TryGet(path[depth], out MappingEntry? old);
        copy.Set(path[depth], known && depth + 1 < path.Length ? old!.KeyMark : mark, Place(old?.Value, path, value, mark, problems, depth + 1));
        return copy;
    }
}
