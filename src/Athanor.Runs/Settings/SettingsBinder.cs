using System.Globalization;
using Athanor.Runs.Recipes;

namespace Athanor.Runs.Settings;

/// <summary>Turns nodes into values of the shapes that are expected, reporting everything that does not fit.</summary>
internal sealed class SettingsBinder(string folder, ProblemList problems)
{
    /// <summary>Stands for a value that could not be bound; the problem is reported.</summary>
    public static readonly object Failed = new();

    /// <summary>The record, or <see cref="Failed"/>.</summary>
    public object Record(RecordShape shape, MappingNode node, string path, params ReadOnlySpan<string> reserved)
    {
        var values = new Dictionary<SettingShape, object?>();
        bool failed = false;
        foreach (MappingEntry entry in node.Entries)
        {
            if (reserved.Contains(entry.Key))
                continue;
            string child = Join(path, entry.Key);
            if (shape[entry.Key] is not { } setting)
            {
                problems.Add(entry.KeyMark, child, $"There is no setting '{entry.Key}' here.", NearestName.Of(entry.Key, shape.Keys), KeysRemedy(shape.Keys));
                failed = true;
                continue;
            }
            // Null returns a setting to its default, where it cannot be null itself.
            if (entry.Value.IsNull && !setting.Value.Nullable)
                continue;
            object? value = Value(setting.Value, entry.Value, child);
            if (ReferenceEquals(value, Failed))
                failed = true;
            else
                values.Add(setting, value);
        }
        foreach (SettingShape setting in shape.Settings)
        {
            if (setting.Required && !values.ContainsKey(setting) && node[setting.Key] is null or { IsNull: true } && !values.ContainsKey(setting))
            {
                problems.Add(node.Mark, Join(path, setting.Key), $"The setting '{setting.Key}' is required.", remedy: $"Write {setting.Key}: <{setting.Value.Shape.Noun}>.");
                failed = true;
            }
        }
        if (failed)
            return Failed;
        try
        {
            return shape.Create(values);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or FormatException or OverflowException)
        {
            problems.Add(node.Mark, path, e.Message);
            return Failed;
        }
    }

    public object? Value(ElementShape element, RecipeNode node, string path)
    {
        if (node.IsNull)
        {
            if (element.Nullable)
                return null;
            return Wrong(element.Shape, node, path);
        }
        switch (element.Shape)
        {
            case ScalarShape scalar:
                return node is ScalarNode text ? Scalar(scalar, text, path) : Wrong(scalar, node, path);
            case EnumShape @enum:
                if (node is not ScalarNode name)
                    return Wrong(@enum, node, path);
                if (@enum.TryParse(name.Text, out object? member))
                    return member;
                problems.Add(node.Mark, path, $"'{Short(name.Text)}' is no value of this setting.", NearestName.Of(name.Text, @enum.Names), $"Write {@enum.Noun}.");
                return Failed;
            case ListShape list:
                return node is SequenceNode sequence ? List(list, sequence, path) : Wrong(list, node, path);
            case MapShape map:
                return node is MappingNode mapping ? Map(map, mapping, path) : Wrong(map, node, path);
            case RecordShape record:
                return node is MappingNode settings ? Record(record, settings, path) : Wrong(record, node, path);
            case UnionShape union:
                return Union(union, node, path);
            default:
                throw new InvalidOperationException($"No binder for {element.Shape.GetType()}.");
        }
    }

    private object Union(UnionShape union, RecipeNode node, string path)
    {
        // A word alone stands for that kind with all its defaults.
        RecipeNode? kind = node is MappingNode mapping ? mapping[UnionShape.Discriminator] : node;
        if (kind is not ScalarNode { Kind: not ScalarKind.Null } name)
        {
            problems.Add(kind?.Mark ?? node.Mark, Join(path, UnionShape.Discriminator), kind is null && node is MappingNode ? "The kind is missing." : $"{node.Noun} stands here.",
                remedy: $"Write kind: and one of {string.Join(", ", union.Variants.Keys)}.");
            return Failed;
        }
        if (!union.Variants.TryGetValue(name.Text, out RecordShape? variant))
        {
            problems.Add(name.Mark, node is MappingNode ? Join(path, UnionShape.Discriminator) : path, $"'{Short(name.Text)}' is no kind of this.", NearestName.Of(name.Text, union.Variants.Keys),
                $"Write one of {string.Join(", ", union.Variants.Keys)}.");
            return Failed;
        }
        return Record(variant, node as MappingNode ?? new MappingNode(node.Mark), path, UnionShape.Discriminator);
    }

    private object List(ListShape shape, SequenceNode node, string path)
    {
        var items = new List<object?>(node.Items.Count);
        bool failed = false;
        for (int i = 0; i < node.Items.Count; i++)
        {
            object? item = Value(shape.Element, node.Items[i], $"{path}.{i.ToString(CultureInfo.InvariantCulture)}");
            failed |= ReferenceEquals(item, Failed);
            items.Add(item);
        }
        return failed ? Failed : shape.Make(items);
    }

    private object Map(MapShape shape, MappingNode node, string path)
    {
        var entries = new List<KeyValuePair<string, object?>>(node.Entries.Count);
        bool failed = false;
        foreach (MappingEntry entry in node.Entries)
        {
            object? value = Value(shape.Element, entry.Value, Join(path, entry.Key));
            failed |= ReferenceEquals(value, Failed);
            entries.Add(new(entry.Key, value));
        }
        return failed ? Failed : shape.Make(entries);
    }

    private object Scalar(ScalarShape shape, ScalarNode node, string path)
    {
        string text = node.Text;
        switch (shape.Form)
        {
            case ScalarForm.Text:
                return text;
            case ScalarForm.Path when text.Length > 0 && !text.Contains('\0', StringComparison.Ordinal):
                // Overrides are typed in a shell: their paths start where the shell is.
                string start = node.Mark.Line > 0 && Path.GetDirectoryName(Path.GetFullPath(node.Mark.Source)) is { } near && File.Exists(node.Mark.Source) ? near
                    : node.Mark.Line > 0 ? folder : Directory.GetCurrentDirectory();
                string home = text == "~" || text.StartsWith("~/", StringComparison.Ordinal) ? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) + text[1..] : text;
                return new RecipePath(Path.GetFullPath(Path.Combine(start, home)));
            // Quotes say text: a quoted 3 is no number.
            case not ScalarForm.Path and not ScalarForm.Duration when node.Kind == ScalarKind.Text:
                return Wrong(shape, node, path, $"The text \"{Short(text)}\"", "Remove the quotes.");
            case ScalarForm.Bool when text is "true" or "True" or "TRUE":
                return true;
            case ScalarForm.Bool when text is "false" or "False" or "FALSE":
                return false;
            case ScalarForm.Bool:
                string? meant = text.ToLowerInvariant() switch { "yes" or "on" or "1" => "true", "no" or "off" or "0" => "false", var other => NearestName.Of(other, ["true", "false"]) };
                problems.Add(node.Mark, path, $"'{Short(text)}' stands where true or false belongs.", meant);
                return Failed;
            case ScalarForm.Integer when NumberText.TryInteger(text, out decimal whole):
                try
                {
                    return Convert.ChangeType(whole, shape.Type, CultureInfo.InvariantCulture);
                }
                catch (OverflowException)
                {
                    (object low, object high) = (shape.Type.GetField("MinValue")!.GetValue(null)!, shape.Type.GetField("MaxValue")!.GetValue(null)!);
                    problems.Add(node.Mark, path, $"{text} is out of range.", remedy: $"Write a whole number from {low} to {high}.");
                    return Failed;
                }
            case ScalarForm.Number when shape.Type == typeof(decimal) && decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal exact):
                return exact;
            case ScalarForm.Number when NumberText.TryNumber(text, out double number):
                object converted = Convert.ChangeType(number, shape.Type, CultureInfo.InvariantCulture);
                if (converted is float single && !float.IsFinite(single))
                    break;
                return converted;
            case ScalarForm.Duration when DurationText.TryParse(text, out TimeSpan duration):
                return duration;
        }
        return Wrong(shape, node, path, $"'{Short(text)}'", shape.Form switch
        {
            ScalarForm.Integer when NumberText.TryNumber(text, out _) => "Write it without a fraction.",
            ScalarForm.Integer or ScalarForm.Number => "Numbers look like 12, 3e-4, 64k, 3.3M or 1_000.",
            _ => null,
        });
    }

    private object Wrong(ValueShape shape, RecipeNode node, string path, string? what = null, string? remedy = null)
    {
        problems.Add(node.Mark, path, $"{what ?? Capital(node.Noun)} stands where {shape.Noun} belongs.", remedy: remedy);
        return Failed;
    }

    public static string Join(string path, string key) => path.Length == 0 ? key : $"{path}.{key}";

    public static string KeysRemedy(IEnumerable<string> keys)
    {
        string[] all = [.. keys];
        return all.Length == 0 ? "It has no settings." : all.Length <= 24 ? $"Settings: {string.Join(", ", all)}." : $"Settings: {string.Join(", ", all.Take(24))}, …";
    }

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];

    private static string Short(string text) => text.Length <= 60 ? text : text[..57] + "...";
}
