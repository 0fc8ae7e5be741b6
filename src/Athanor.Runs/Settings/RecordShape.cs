using System.Reflection;

namespace Athanor.Runs.Settings;

/// <summary>A sealed record and the settings it holds.</summary>
internal sealed class RecordShape : ValueShape
{
    private static readonly BindingFlags Instance = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance;
    private readonly ConstructorInfo _constructor;
    private readonly MethodInfo _clone;
    private readonly Dictionary<string, SettingShape> _byKey = new(StringComparer.Ordinal);

    public RecordShape(Type type) : base(type)
    {
        _clone = type.GetMethod("<Clone>$", Instance) ?? throw new ArgumentException($"{type} must be a record.");
        if (!type.IsSealed)
            throw new ArgumentException($"{type} must be sealed.");
        // The copy constructor of a record takes the record itself.
        ConstructorInfo[] constructors = [.. type.GetConstructors(BindingFlags.Public | BindingFlags.Instance).Where(c => !c.GetParameters().Any(p => p.ParameterType == type))];
        if (constructors.Length != 1)
            throw new ArgumentException($"{type} has {constructors.Length} public constructors; a settings record has one.");
        _constructor = constructors[0];
    }

    public override string Noun => "a map of settings";

    /// <summary>In the order of declaration, constructor parameters first. Filled after construction, so that records may hold themselves in lists.</summary>
    public IReadOnlyList<SettingShape> Settings { get; private set; } = [];

    public IEnumerable<string> Keys => _byKey.Keys;

    public SettingShape? this[string key] => _byKey.GetValueOrDefault(key);

    public void Complete(ShapeCatalog shapes)
    {
        ParameterInfo[] parameters = _constructor.GetParameters();
        var settings = new List<SettingShape>();
        var nullability = new NullabilityInfoContext();
        foreach (ParameterInfo parameter in parameters)
        {
            PropertyInfo property = Type.GetProperty(parameter.Name!, BindingFlags.Public | BindingFlags.Instance)
                ?? throw new ArgumentException($"{Type}: the parameter {parameter.Name} has no property.");
            settings.Add(new SettingShape(property, shapes.Element(nullability.Create(property)), parameter));
        }
        foreach (PropertyInfo property in Type.GetProperties(BindingFlags.Public | BindingFlags.Instance).OrderBy(Depth))
        {
            if (property.SetMethod is { IsPublic: true } && property.GetIndexParameters().Length == 0 && parameters.All(p => p.Name != property.Name))
                settings.Add(new SettingShape(property, shapes.Element(nullability.Create(property)), null));
        }
        object? defaults = TryDefaults(parameters);
        foreach (SettingShape setting in settings)
        {
            setting.TakeDefault(defaults);
            if (!_byKey.TryAdd(setting.Key, setting))
                throw new ArgumentException($"{Type} has two settings with the key '{setting.Key}'.");
        }
        Settings = settings;
    }

    /// <summary>A record with the given values; settings without a value keep their default.</summary>
    public object Create(IReadOnlyDictionary<SettingShape, object?> values)
    {
        ParameterInfo[] parameters = _constructor.GetParameters();
        object?[] arguments = new object?[parameters.Length];
        foreach (SettingShape setting in Settings.Where(s => s.Parameter is not null))
            arguments[setting.Parameter!.Position] = values.TryGetValue(setting, out object? value) ? value : CloneOf(setting.Default);
        object record = _constructor.Invoke(BindingFlags.DoNotWrapExceptions, null, arguments, null);
        foreach (SettingShape setting in Settings.Where(s => s.Parameter is null))
        {
            if (values.TryGetValue(setting, out object? value))
                setting.Set(record, value);
            else if (setting.Get(record) is { } given && CloneOf(given) is { } copy && !ReferenceEquals(copy, given))
                setting.Set(record, copy);
        }
        return record;
    }

    /// <summary>Defaults may be shared instances; derived values are written into the record, so each record gets its own.</summary>
    private static object? CloneOf(object? value) =>
        value?.GetType().GetMethod("<Clone>$", Instance) is { } clone ? clone.Invoke(value, null) : value;

    public object Clone(object record) => _clone.Invoke(record, null)!;

    private object? TryDefaults(ParameterInfo[] parameters)
    {
        if (parameters.Any(p => !p.HasDefaultValue))
            return null;
        try
        {
            return _constructor.Invoke([.. parameters.Select(p => p.DefaultValue)]);
        }
        catch (TargetInvocationException)
        {
            return null;
        }
    }

    /// <summary>Settings of a base record come first.</summary>
    private static int Depth(PropertyInfo property)
    {
        int depth = 0;
        for (Type? type = property.DeclaringType; type is not null; type = type.BaseType)
            depth++;
        return depth;
    }
}
