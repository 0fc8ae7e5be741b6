using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Athanor.Runs.Recipes;

namespace Athanor.Runs.Settings;

/// <summary>Checks bound records, derives what was left open, and lets the records check themselves.</summary>
internal sealed class SettingsResolver(ProblemList problems)
{
    private readonly List<DerivedValue> _derived = [];

    public IReadOnlyList<DerivedValue> Derived => _derived;

    /// <summary>True if nothing was found wrong within the record.</summary>
    public bool Resolve(RecordShape shape, object record, RecipeNode node, string path, SettingsScope scope)
    {
        int before = problems.Count;
        var open = new List<SettingShape>();
        foreach (SettingShape setting in shape.Settings)
        {
            if (setting.Get(record) is { } value)
                CheckRules(setting, value, node, path);
            else
                open.Add(setting);
        }
        if (problems.Count == before && record is IDerives derives)
        {
            Guarded(node, path, () => derives.Derive(new Derivation(scope, (name, value, rule) => Take(shape, record, path, name, value, rule))));
            foreach (SettingShape setting in open)
            {
                if (setting.Get(record) is { } value)
                    CheckRules(setting, value, node, path);
            }
        }
        foreach (SettingShape setting in shape.Settings)
        {
            if (setting.Get(record) is { } value)
                Nested(setting.Value.Shape, value, (node as MappingNode)?[setting.Key] ?? node, SettingsBinder.Join(path, setting.Key), scope);
        }
        if (problems.Count == before && record is IValidated validated)
            Guarded(node, path, () => validated.Validate(new SettingsCheck(scope, (name, message, remedy) => Report(shape, node, path, name, message, remedy))));
        return problems.Count == before;
    }

    private void Nested(ValueShape shape, object value, RecipeNode node, string path, SettingsScope scope)
    {
        switch (shape)
        {
            case RecordShape record:
                Resolve(record, value, node, path, scope);
                break;
            case UnionShape union:
                Resolve(union.Of(value).Shape, value, node, path, scope);
                break;
            case ListShape { Element.Shape: not (ScalarShape or EnumShape) } list:
                int index = 0;
                foreach (object? item in (System.Collections.IEnumerable)value)
                {
                    RecipeNode at = node is SequenceNode items && index < items.Items.Count ? items.Items[index] : node;
                    if (item is not null)
                        Nested(list.Element.Shape, item, at, $"{path}.{index.ToString(CultureInfo.InvariantCulture)}", scope);
                    index++;
                }
                break;
            case MapShape { Element.Shape: not (ScalarShape or EnumShape) } map:
                foreach ((string key, object? item) in SettingsWriter.Entries(value))
                {
                    if (item is not null)
                        Nested(map.Element.Shape, item, (node as MappingNode)?[key] ?? node, SettingsBinder.Join(path, key), scope);
                }
                break;
        }
    }

    private void Take(RecordShape shape, object record, string path, string name, object value, string rule)
    {
        // The compiler passes the argument's text: "Width", or "this.Width".
        SettingShape setting = shape.Settings.FirstOrDefault(s => s.Name == name[(name.LastIndexOf('.') + 1)..])
            ?? throw new InvalidOperationException($"{shape.Type} derives '{name}', which is none of its settings.");
        setting.Set(record, value);
        ScalarNode? text = SettingsWriter.Scalar(setting.Value.Shape, value);
        _derived.Add(new DerivedValue(SettingsBinder.Join(path, setting.Key), text?.Text ?? "…", rule));
    }

    private void CheckRules(SettingShape setting, object value, RecipeNode node, string path)
    {
        string child = SettingsBinder.Join(path, setting.Key);
        SourceMark mark = ((node as MappingNode)?[setting.Key] ?? node).Mark;
        foreach (ValidationAttribute rule in setting.Rules)
        {
            if (rule is RangeAttribute range)
            {
                if (!Within(range, value))
                    problems.Add(mark, child, $"{SettingsWriter.Scalar(setting.Value.Shape, value)?.Text} is out of bounds.", remedy: $"Write a value {Bounds(range)}.");
            }
            else if (!rule.IsValid(value))
                problems.Add(mark, child, rule.FormatErrorMessage(setting.Key));
        }
        if (setting.IsInput && value is RecipePath input && !File.Exists(input.FullPath) && !Directory.Exists(input.FullPath))
        {
            string? folder = Path.GetDirectoryName(input.FullPath);
            string[] there = Directory.Exists(folder) ? [.. Directory.EnumerateFileSystemEntries(folder).Take(1000).Select(entry => Path.GetFileName(entry)!)] : [];
            problems.Add(mark, child, $"There is no file or folder {input.FullPath}.", NearestName.Of(Path.GetFileName(input.FullPath), there),
                "Paths are relative to the file that names them.", missingInput: true);
        }
    }

    private static bool Within(RangeAttribute range, object value)
    {
        double number = Convert.ToDouble(value is TimeSpan time ? time.TotalSeconds : value, CultureInfo.InvariantCulture);
        double low = Convert.ToDouble(range.Minimum, CultureInfo.InvariantCulture), high = Convert.ToDouble(range.Maximum, CultureInfo.InvariantCulture);
        return (range.MinimumIsExclusive ? number > low : number >= low) && (range.MaximumIsExclusive ? number < high : number <= high);
    }

    public static string Bounds(RangeAttribute range)
    {
        double low = Convert.ToDouble(range.Minimum, CultureInfo.InvariantCulture), high = Convert.ToDouble(range.Maximum, CultureInfo.InvariantCulture);
        string from = $"{(range.MinimumIsExclusive ? "above" : "of at least")} {NumberText.Write(low)}", to = $"{(range.MaximumIsExclusive ? "below" : "at most")} {NumberText.Write(high)}";
        bool open = high is double.MaxValue or double.PositiveInfinity or int.MaxValue or long.MaxValue;
        return open ? from : $"{from} and {to}";
    }

    private void Report(RecordShape shape, RecipeNode node, string path, string? name, string message, string? remedy)
    {
        SettingShape? setting = shape.Settings.FirstOrDefault(s => s.Name == name);
        RecipeNode at = setting is null ? node : (node as MappingNode)?[setting.Key] ?? node;
        problems.Add(at.Mark, setting is null ? path : SettingsBinder.Join(path, setting.Key), message, remedy: remedy);
    }

    /// <summary>Runs a record's own code: what it throws is a problem of the recipe, unless it only lacks a part that has problems already.</summary>
    private void Guarded(RecipeNode node, string path, Action action)
    {
        try
        {
            action();
        }
        catch (BlockedException)
        {
        }
        catch (Exception e) when (e is ArgumentException or ArithmeticException)
        {
            problems.Add(node.Mark, path, $"The settings do not fit together: {e.Message}");
        }
    }
}

/// <summary>A part of the recipe that was asked for has problems of its own.</summary>
internal sealed class BlockedException : Exception;
