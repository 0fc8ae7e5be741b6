using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Athanor.Runs.Recipes;
using Athanor.Runs.Settings;

namespace Athanor.Runs.Import;

/// <summary>A key that found its counterpart, or needs none.</summary>
/// <param name="Key">Theirs.</param>
/// <param name="Value">Their value.</param>
/// <param name="Target">Ours; null where none is needed.</param>
/// <param name="Note">Why none is needed.</param>
public sealed record ImportedKey(string Key, string Value, string? Target, string? Note);

/// <summary>A key without a counterpart.</summary>
/// <param name="Key">Theirs.</param>
/// <param name="Value">Their value.</param>
/// <param name="Mark">Where it stands.</param>
/// <param name="Reason">What is missing.</param>
public sealed record UnmappedKey(string Key, string Value, SourceMark Mark, string Reason);

/// <summary>A configuration of another program as a recipe.</summary>
/// <param name="Yaml">The recipe; keys without a counterpart stand at its end as remarks.</param>
/// <param name="Mapped">Keys that found their counterpart.</param>
/// <param name="Unmapped">Keys that did not: nothing is dropped silently.</param>
public sealed record ImportResult(string Yaml, IReadOnlyList<ImportedKey> Mapped, IReadOnlyList<UnmappedKey> Unmapped);

/// <summary>Turns configurations of other programs into recipes.</summary>
public static partial class RecipeImport
{
    /// <summary>The table for axolotl's configuration; a copy of one's own, to be extended.</summary>
    public static ImportMapping AxolotlKeys() => AxolotlMapping.Create();

    /// <summary>Reads an axolotl configuration.</summary>
    /// <param name="yaml">Its text.</param>
    /// <param name="mapping">The table; <see cref="AxolotlKeys"/> by default.</param>
    /// <param name="source">The file's name, for messages.</param>
    /// <exception cref="RecipeException">The text is no YAML map.</exception>
    public static ImportResult Axolotl(string yaml, ImportMapping? mapping = null, string source = "axolotl.yml")
    {
        mapping ??= AxolotlKeys();
        var problems = new ProblemList();
        RecipeNode? root = YamlTree.Read(yaml, source, problems);
        if (root is not null and not MappingNode)
            problems.Add(root.Mark, "", $"The configuration is {root.Noun}; it must be a map.");
        problems.ThrowIfAny();

        var tree = new MappingNode(root!.Mark);
        var mapped = new List<ImportedKey>();
        var unmapped = new List<UnmappedKey>();
        foreach ((string target, string value) in mapping.Constants)
            Place(tree, target.Split('.'), new ScalarNode(root.Mark, value, ScalarKind.Text));
        foreach ((string path, ScalarNode leaf, bool odd) in Leaves(root, "", false))
        {
            // Empty keys are the habit of that format and say nothing.
            if (leaf.Kind == ScalarKind.Null)
                continue;
            string pattern = Index().Replace(path, "[]");
            ImportMapping.Rule? rule = odd ? null : mapping.Find(pattern);
            string? value = rule?.Convert is { } convert ? convert(leaf.Text) : leaf.Text;
            if (mapping.Products.Where(product => product.Factors.Any(factor => factor.Key == path)).Select(product => product.Target).FirstOrDefault() is { } factorOf && rule is null)
                mapped.Add(new ImportedKey(path, leaf.Text, factorOf, "a factor of it"));
            else if (rule is null)
                unmapped.Add(new UnmappedKey(path, leaf.Text, leaf.Mark, "recipes have no such key" + (NearestName.Of(pattern, mapping.Keys) is { } near ? $"; did you mean '{near}'?" : "")));
            else if (rule.Target is null && rule.Refusal is { } reason)
                unmapped.Add(new UnmappedKey(path, leaf.Text, leaf.Mark, reason));
            else if (rule.Target is null)
                mapped.Add(new ImportedKey(path, leaf.Text, null, rule.Note));
            else if (value is null)
                unmapped.Add(new UnmappedKey(path, leaf.Text, leaf.Mark, rule.Refusal ?? $"{rule.Target} has no such value"));
            else
            {
                string target = Fill(rule.Target, path);
                Place(tree, target.Split('.'), new ScalarNode(leaf.Mark, value, Kind(value)));
                foreach ((string other, string? constant) in rule.Also ?? [])
                    Place(tree, Fill(other, path).Split('.'), new ScalarNode(leaf.Mark, constant is null ? value : Fill(constant, path), Kind(constant ?? value)));
                mapped.Add(new ImportedKey(path, leaf.Text, target, null));
            }
        }
        Multiply(mapping, root, tree);
        return new ImportResult(Write(Ordered(tree), source, unmapped), mapped, unmapped);
    }

    private static void Multiply(ImportMapping mapping, RecipeNode root, MappingNode tree)
    {
        foreach (ImportMapping.Product product in mapping.Products)
        {
            double? value = 1;
            bool any = false;
            foreach ((string key, double? absent) in product.Factors)
            {
                bool there = ((MappingNode)root)[key] is ScalarNode scalar && NumberText.TryNumber(scalar.Text, out double number) && (value *= number) is not null;
                any |= there;
                if (!there)
                    value *= absent;
            }
            if (any && value is { } result)
                Place(tree, product.Target.Split('.'), new ScalarNode(root.Mark, NumberText.Write(result), ScalarKind.Number));
        }
    }

    private static string Write(MappingNode tree, string source, List<UnmappedKey> unmapped)
    {
        var text = new StringBuilder($"# Imported from {Path.GetFileName(source)}.\n").Append(YamlText.Write(tree));
        if (unmapped.Count > 0)
            text.Append("\n# Without a counterpart:\n");
        foreach (UnmappedKey key in unmapped)
            text.Append(CultureInfo.InvariantCulture, $"#   {key.Key}: {key.Value.ReplaceLineEndings(" ")}  ({key.Reason})\n");
        return text.ToString();
    }

    /// <summary>Single values with their paths, items of lists as <c>[0]</c>; odd ones have a key that looks like a path itself.</summary>
    private static IEnumerable<(string Path, ScalarNode Leaf, bool Odd)> Leaves(RecipeNode node, string path, bool odd) => node switch
    {
        MappingNode mapping => mapping.Entries.SelectMany(entry => Leaves(entry.Value, path.Length == 0 ? entry.Key : $"{path}.{entry.Key}", odd || entry.Key.AsSpan().ContainsAny("[].*"))),
        SequenceNode sequence => sequence.Items.SelectMany((item, i) => Leaves(item, $"{path}[{i.ToString(CultureInfo.InvariantCulture)}]", odd)),
        _ => [(path, (ScalarNode)node, odd)],
    };

    /// <summary>The target with the indexes and the last name of the key.</summary>
    private static string Fill(string target, string path)
    {
        var indexes = new Queue<string>(Index().Matches(path).Select(match => match.Value));
        target = EmptyIndex().Replace(target, place => indexes.TryDequeue(out string? index) ? place.Value == "{}" ? index[1..^1] : index : place.Value == "{}" ? "0" : "[0]");
        return target.EndsWith(".*", StringComparison.Ordinal) ? target[..^1] + path[(path.LastIndexOf('.') + 1)..] : target;
    }

    private static void Place(MappingNode tree, ReadOnlySpan<string> path, RecipeNode value)
    {
        string name = Index().Replace(path[0], "");
        Match index = Index().Match(path[0]);
        if (!index.Success)
        {
            if (path.Length == 1)
                tree.Set(name, value);
            else
                Place(Inner(tree, name), path[1..], value);
            return;
        }
        if (tree[name] is not SequenceNode list)
            tree.Set(name, list = new SequenceNode(value.Mark));
        int position = int.Parse(index.ValueSpan[1..^1], CultureInfo.InvariantCulture);
        if (path.Length == 1 && position < list.Items.Count)
            list.Items[position] = value;
        else if (path.Length == 1)
            list.Items.Add(value);
        else
        {
            // Items come in order; one of which nothing could be mapped is left out.
            while (list.Items.Count <= position)
                list.Items.Add(new MappingNode(value.Mark));
            Place((MappingNode)list.Items[position], path[1..], value);
        }
    }

    private static MappingNode Inner(MappingNode tree, string name)
    {
        if (tree[name] is not MappingNode inner)
            tree.Set(name, inner = new MappingNode(tree.Mark));
        return inner;
    }

    /// <summary>Plain words stay plain: numbers and truth values mean the same here.</summary>
    private static ScalarKind Kind(string value) =>
        value is "true" or "false" ? ScalarKind.Bool
        : NumberText.TryNumber(value, out _) ? ScalarKind.Number : ScalarKind.Text;

    /// <summary>The order in which recipes are read: name first, stages last.</summary>
    private static MappingNode Ordered(MappingNode tree)
    {
        var ordered = new MappingNode(tree.Mark);
        foreach (MappingEntry entry in tree.Entries.OrderBy(entry => entry.Key switch { "name" => 0, "seed" => 1, "stages" => 3, _ => 2 }))
            ordered.Set(entry.Key, entry.Value);
        return ordered;
    }

    [GeneratedRegex(@"\[\d+\]")]
    private static partial Regex Index();

    [GeneratedRegex(@"\[\]|\{\}")]
    private static partial Regex EmptyIndex();
}
