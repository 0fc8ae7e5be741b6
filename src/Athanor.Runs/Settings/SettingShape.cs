using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Athanor.Runs.Settings;

/// <summary>One setting of a record: its key, what it may hold, its default.</summary>
internal sealed class SettingShape
{
    private readonly PropertyInfo _property;

    public SettingShape(PropertyInfo property, ElementShape value, ParameterInfo? parameter)
    {
        _property = property;
        Parameter = parameter;
        Value = value;
        Key = property.GetCustomAttribute<KeyAttribute>()?.Key ?? SnakeCase.Of(property.Name);
        IsInput = property.IsDefined(typeof(InputAttribute));
        IsOperational = property.IsDefined(typeof(OperationalAttribute));
        Rules = [.. property.GetCustomAttributes<ValidationAttribute>()];
        Required = parameter is not null ? !parameter.HasDefaultValue : property.IsDefined(typeof(RequiredMemberAttribute));
        Default = parameter is { HasDefaultValue: true } ? Defaulted(parameter) : null;
    }

    public string Key { get; }

    public ElementShape Value { get; }

    public ParameterInfo? Parameter { get; }

    public bool Required { get; }

    public bool IsInput { get; }

    public bool IsOperational { get; }

    public IReadOnlyList<ValidationAttribute> Rules { get; }

    /// <summary>What the setting is when nobody sets it; null for required ones and where a default cannot be made alone.</summary>
    public object? Default { get; private set; }

    public string Name => _property.Name;

    public PropertyInfo Property => _property;

    public object? Get(object record) => _property.GetValue(record);

    public void Set(object record, object? value) => _property.SetValue(record, value, BindingFlags.DoNotWrapExceptions, null, null, null);

    public void TakeDefault(object? defaults)
    {
        if (Parameter is null && defaults is not null && !Required)
            Default = _property.GetValue(defaults);
    }

    private static object? Defaulted(ParameterInfo parameter) =>
        parameter.DefaultValue is { } value ? value
        : parameter.ParameterType.IsValueType && Nullable.GetUnderlyingType(parameter.ParameterType) is null ? Activator.CreateInstance(parameter.ParameterType) : null;
}
