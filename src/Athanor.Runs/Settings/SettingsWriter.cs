using System.Collections;
using System.Globalization;
using Athanor.Runs.Recipes;

namespace Athanor.Runs.Settings;

/// <summary>Turns records back into nodes with every value explicit.</summary>
/// <param name="comment">What to write after a setting: its path, its shape and what the recipe says there (null where it says nothing).</param>
internal sealed class SettingsWriter(Func<string, RecipeNode?, string?> comment)
{
    private static readonly SourceMark Nowhere = new("", 0, 0);

    public MappingNode Record(RecordShape shape, object record, RecipeNode? written, string path)
    {
        var node = new MappingNode(written?.Mark ?? Nowhere);
        foreach (SettingShape setting in shape.Settings)
        {
            string child = SettingsBinder.Join(path, setting.Key);
            RecipeNode? source = (written as MappingNode)?[setting.Key];
            RecipeNode value = Value(setting.Value.Shape, setting.Get(record), source, child);
            // A record says where each of its settings came from.
            if (setting.Value.Shape is not (RecordShape or UnionShape) || value is not MappingNode { Entries.Count: > 0 })
                value.Comment = comment(child, source);
            node.Set(setting.Key, value);
        }
        return node;
    }

    public RecipeNode Value(ValueShape shape, object? value, RecipeNode? written, string path)
    {
        if (value is null)
            return RecipeNode.Null(written?.Mark ?? Nowhere);
        switch (shape)
        {
            case RecordShape record:
                return Record(record, value, written, path);
            case UnionShape union:
                (string kind, RecordShape variant) = union.Of(value);
                MappingNode settings = Record(variant, value, written, path), whole = new(settings.Mark);
                whole.Set(UnionShape.Discriminator, new ScalarNode(settings.Mark, kind, ScalarKind.Text));
                foreach (MappingEntry entry in settings.Entries)
                    whole.Set(entry.Key, entry.Value);
                return whole;
            case ListShape list:
                var items = new SequenceNode(written?.Mark ?? Nowhere);
                foreach (object? item in (IEnumerable)value)
                {
                    RecipeNode? source = written is SequenceNode sequence && items.Items.Count < sequence.Items.Count ? sequence.Items[items.Items.Count] : null;
                    items.Items.Add(Value(list.Element.Shape, item, source, $"{path}.{items.Items.Count}"));
                }
                return items;
            case MapShape map:
                var mapping = new MappingNode(written?.Mark ?? Nowhere);
                foreach ((string key, object? item) in Entries(value))
                    mapping.Set(key, Value(map.Element.Shape, item, (written as MappingNode)?[key], SettingsBinder.Join(path, key)));
                return mapping;
            default:
                return Scalar(shape, value, written?.Mark ?? Nowhere)!;
        }
    }

    /// <summary>The node of a single value, or null for lists, maps and records.</summary>
    public static ScalarNode? Scalar(ValueShape shape, object value, SourceMark mark = default) => shape switch
    {
        EnumShape names => new ScalarNode(mark, names.NameOf(value), ScalarKind.Text),
        ScalarShape { Form: ScalarForm.Bool } => new ScalarNode(mark, (bool)value ? "true" : "false", ScalarKind.Bool),
        ScalarShape { Form: ScalarForm.Integer or ScalarForm.Number } => new ScalarNode(mark, NumberText.Write(value), ScalarKind.Number),
        ScalarShape { Form: ScalarForm.Duration } => new ScalarNode(mark, DurationText.Write((TimeSpan)value), ScalarKind.Text),
        ScalarShape => new ScalarNode(mark, Convert.ToString(value, CultureInfo.InvariantCulture)!, ScalarKind.Text),
        _ => null,
    };

    public static IEnumerable<(string Key, object? Value)> Entries(object map)
    {
        // Dictionary<,> and what the binder makes; other read-only maps are walked as pairs.
        if (map is IDictionary dictionary)
        {
            foreach (DictionaryEntry entry in dictionary)
                yield return ((string)entry.Key, entry.Value);
            yield break;
        }
        foreach (object pair in (IEnumerable)map)
        {
            Type type = pair.GetType();
            yield return ((string)type.GetProperty("Key")!.GetValue(pair)!, type.GetProperty("Value")!.GetValue(pair));
        }
    }
}
