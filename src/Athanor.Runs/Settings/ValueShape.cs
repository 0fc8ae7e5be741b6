using System.Collections;
using System.Reflection;

namespace Athanor.Runs.Settings;

/// <summary>What a value of a recipe may look like; one walk over shapes binds, writes, hashes, explains and exports schemas.</summary>
internal abstract class ValueShape(Type type)
{
    /// <summary>The .NET type, without <see cref="Nullable{T}"/>.</summary>
    public Type Type { get; } = type;

    /// <summary>For people: "a whole number", "a list of texts".</summary>
    public abstract string Noun { get; }
}

internal enum ScalarForm
{
    Bool,
    Integer,
    Number,
    Text,
    Duration,
    Path,
}

internal sealed class ScalarShape(Type type, ScalarForm form) : ValueShape(type)
{
    public ScalarForm Form { get; } = form;

    public override string Noun => Form switch
    {
        ScalarForm.Bool => "true or false",
        ScalarForm.Integer => "a whole number",
        ScalarForm.Number => "a number",
        ScalarForm.Text => "text",
        ScalarForm.Duration => "a duration such as 90s, 5m or 1h30m",
        _ => "a path",
    };
}

internal sealed class EnumShape : ValueShape
{
    private readonly Dictionary<string, object> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<object, string> _names = [];

    public EnumShape(Type type) : base(type)
    {
        foreach (FieldInfo field in type.GetFields(BindingFlags.Public | BindingFlags.Static))
        {
            string name = field.GetCustomAttribute<KeyAttribute>()?.Key ?? SnakeCase.Of(field.Name);
            object value = field.GetValue(null)!;
            _values.Add(name, value);
            _names.TryAdd(value, name);
        }
    }

    public IReadOnlyCollection<string> Names => _values.Keys;

    public override string Noun => $"one of {string.Join(", ", _values.Keys)}";

    public bool TryParse(string name, out object? value) => _values.TryGetValue(name, out value);

    public string NameOf(object value) => _names.TryGetValue(value, out string? name) ? name : value.ToString()!;
}

internal sealed class ListShape(Type type, ElementShape element) : ValueShape(type)
{
    public ElementShape Element { get; } = element;

    public override string Noun => $"a list (each: {Element.Shape.Noun})";

    public object Make(IReadOnlyList<object?> items)
    {
        var array = Array.CreateInstance(Element.ClrType, items.Count);
        for (int i = 0; i < items.Count; i++)
            array.SetValue(items[i], i);
        if (Type.IsAssignableFrom(array.GetType()))
            return array;
        return Activator.CreateInstance(typeof(List<>).MakeGenericType(Element.ClrType), array)!;
    }
}

internal sealed class MapShape(Type type, ElementShape element) : ValueShape(type)
{
    public ElementShape Element { get; } = element;

    public override string Noun => $"a map (each value: {Element.Shape.Noun})";

    public object Make(IEnumerable<KeyValuePair<string, object?>> entries)
    {
        var map = (IDictionary)Activator.CreateInstance(typeof(Dictionary<,>).MakeGenericType(typeof(string), Element.ClrType))!;
        foreach ((string key, object? value) in entries)
            map.Add(key, value);
        return map;
    }
}

/// <summary>What stands in a list, a map or a property: a shape that may or may not be null.</summary>
internal sealed record ElementShape(ValueShape Shape, bool Nullable, Type ClrType);
