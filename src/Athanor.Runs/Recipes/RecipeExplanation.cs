using System.ComponentModel.DataAnnotations;
using System.Text;
using Athanor.Runs.Settings;

namespace Athanor.Runs.Recipes;

/// <summary>One key of recipes, explained.</summary>
/// <param name="Path">Dotted; for settings of a stage the kind's name stands first: <c>train.learning_rate</c>.</param>
/// <param name="Type">What may stand there.</param>
/// <param name="Default">What holds when nothing stands there; null where it is required or derived.</param>
/// <param name="Required">Whether something must stand there.</param>
/// <param name="Allowed">Bounds and choices, if any.</param>
/// <param name="Description">What it means.</param>
public sealed record KeyExplanation(string Path, string Type, string? Default, bool Required, string? Allowed, string? Description)
{
    /// <summary>A few lines for people.</summary>
    public override string ToString()
    {
        var text = new StringBuilder(Path).Append(": ").Append(Type);
        if (Allowed is not null)
            text.Append(", ").Append(Allowed);
        text.Append(Required ? " (required)" : Default is null ? "" : $" (default {Default})");
        if (Description is not null)
            text.Append('\n').Append("  ").Append(Description);
        return text.ToString();
    }
}

/// <summary>Explains the keys that recipes may have.</summary>
public static class RecipeExplanation
{
    /// <summary>The key of this path, or all keys below it. Stage settings are found under the kind's name, or under <c>stages.</c> and it.</summary>
    /// <param name="vocabulary">What recipes may use.</param>
    /// <param name="path">Dotted; empty for everything.</param>
    /// <exception cref="ArgumentException">There is no such key; the message names the nearest.</exception>
    public static IReadOnlyList<KeyExplanation> Of(RecipeVocabulary vocabulary, string path = "")
    {
        List<KeyExplanation> all = All(vocabulary);
        if (path.StartsWith("stages.", StringComparison.Ordinal))
            path = path[7..];
        KeyExplanation[] found = [.. all.Where(key => path.Length == 0 || key.Path == path || key.Path.StartsWith(path + ".", StringComparison.Ordinal))];
        if (found.Length > 0)
            return found;
        string? nearest = NearestName.Of(path, all.Select(key => key.Path)) ?? NearestName.Of(path.Split('.')[^1], all.Select(key => key.Path.Split('.')[^1]));
        throw new ArgumentException($"Recipes have no key '{path}'.{(nearest is null ? "" : $" Did you mean '{nearest}'?")}", nameof(path));
    }

    private static List<KeyExplanation> All(RecipeVocabulary vocabulary)
    {
        var keys = new List<KeyExplanation>();
        Record(keys, RecipeBinder.HeaderShape, "", []);
        keys.Add(new KeyExplanation("base", "a file or a list of files", null, false, null, "Recipes that this one changes; relative to this file."));
        keys.Add(new KeyExplanation("stages", "a map of stages by name", null, true, null, "What is done: use: <kind>, from: <stage or stages>, and the kind's settings."));
        foreach (SectionKind section in vocabulary.Sections)
        {
            keys.Add(new KeyExplanation(section.Name, "a section", null, false, null, section.Summary));
            Record(keys, vocabulary.Shapes.Record(section.Settings), section.Name, []);
        }
        foreach (StageKind kind in vocabulary.Stages)
        {
            string takes = kind.Takes.Count == 0 ? "takes nothing" : $"takes {string.Join(", ", kind.Takes)}";
            keys.Add(new KeyExplanation(kind.Name, "a stage kind", null, false, $"{takes}, produces {kind.Produces}", kind.Summary));
            Record(keys, vocabulary.Shapes.Record(kind.Settings), kind.Name, []);
        }
        return keys;
    }

    private static void Record(List<KeyExplanation> keys, RecordShape shape, string path, HashSet<RecordShape> open)
    {
        if (!open.Add(shape))
            return;
        foreach (SettingShape setting in shape.Settings)
        {
            string child = SettingsBinder.Join(path, setting.Key);
            ScalarNode? value = setting.Default is null ? null : SettingsWriter.Scalar(setting.Value.Shape, setting.Default);
            string[] bounds = [.. setting.Rules.Select(rule => rule is RangeAttribute range ? SettingsResolver.Bounds(range) : rule.FormatErrorMessage(setting.Key))];
            keys.Add(new KeyExplanation(child, setting.Value.Shape.Noun, value?.Text, setting.Required, bounds.Length == 0 ? null : string.Join("; ", bounds), DocComments.Of(setting)));
            Below(keys, setting.Value.Shape, child, open);
        }
        open.Remove(shape);
    }

    private static void Below(List<KeyExplanation> keys, ValueShape shape, string path, HashSet<RecordShape> open)
    {
        switch (shape)
        {
            case RecordShape record:
                Record(keys, record, path, open);
                break;
            case UnionShape union:
                foreach ((string kind, RecordShape variant) in union.Variants)
                    Record(keys, variant, $"{path}({kind})", open);
                break;
            case ListShape list:
                Below(keys, list.Element.Shape, $"{path}[]", open);
                break;
            case MapShape map:
                Below(keys, map.Element.Shape, $"{path}.<name>", open);
                break;
        }
    }
}
