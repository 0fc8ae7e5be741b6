using System.Runtime.CompilerServices;

namespace Athanor.Runs.Settings;

/// <summary>Implemented by settings records that check more than attributes can say.</summary>
public interface IValidated
{
    /// <summary>Reports what is impossible; called after all values, derived ones too, are known and before any work.</summary>
    void Validate(SettingsCheck check);
}

/// <summary>Takes the problems that a settings record finds in itself.</summary>
public sealed class SettingsCheck
{
    private readonly Action<string?, string, string?> _report;
    private readonly SettingsScope _scope;

    internal SettingsCheck(SettingsScope scope, Action<string?, string, string?> report) => (_scope, _report) = (scope, report);

    /// <summary>The recipe's seed.</summary>
    public long Seed => _scope.Seed;

    /// <summary>A section of the recipe, or null where it is absent.</summary>
    public T? Section<T>() where T : class => _scope.Section<T>();

    /// <summary>The settings of the nearest stage upstream that has settings of this type, or null.</summary>
    public T? Upstream<T>() where T : class => _scope.Upstream<T>();

    /// <summary>Reports a problem unless the condition holds.</summary>
    /// <param name="condition">What must hold.</param>
    /// <param name="setting">Name of the property at fault: <c>nameof(Heads)</c>.</param>
    /// <param name="message">What is wrong, with the values.</param>
    /// <param name="remedy">What to write instead.</param>
    public void Require(bool condition, string setting, string message, string? remedy = null)
    {
        if (!condition)
            Problem(setting, message, remedy);
    }

    /// <summary>Reports a problem.</summary>
    public void Problem(string setting, string message, string? remedy = null) => _report(setting, message, remedy);
}

/// <summary>Implemented by settings records of which some values, left null, follow from others by stated rules.</summary>
public interface IDerives
{
    /// <summary>States each derived value with its rule; called before <see cref="IValidated.Validate"/>.</summary>
    void Derive(Derivation derivation);
}

/// <summary>Takes the values that a settings record derives.</summary>
public sealed class Derivation
{
    private readonly Action<string, object, string> _take;
    private readonly SettingsScope _scope;

    internal Derivation(SettingsScope scope, Action<string, object, string> take) => (_scope, _take) = (scope, take);

    /// <summary>The recipe's seed.</summary>
    public long Seed => _scope.Seed;

    /// <summary>A section of the recipe with its derived values (sections derive in the order of their registration), or null where it is absent.</summary>
    public T? Section<T>() where T : class => _scope.Section<T>();

    /// <summary>The settings, with derived values, of the nearest stage upstream that has settings of this type, or null.</summary>
    public T? Upstream<T>() where T : class => _scope.Upstream<T>();

    /// <summary>The value that was set, or else the derived one, which becomes the property's value.</summary>
    /// <param name="given">The property: <c>Width</c>.</param>
    /// <param name="derived">Its value when nobody sets it.</param>
    /// <param name="rule">How it follows: <c>"64 x depth"</c>.</param>
    /// <param name="setting">Filled in by the compiler.</param>
    public T Value<T>(T? given, T derived, string rule, [CallerArgumentExpression(nameof(given))] string setting = "") where T : struct
    {
        if (given is { } value)
            return value;
        _take(setting, derived, rule);
        return derived;
    }

    /// <inheritdoc cref="Value{T}(T?, T, string, string)"/>
    public T Value<T>(T? given, T derived, string rule, [CallerArgumentExpression(nameof(given))] string setting = "") where T : class
    {
        if (given is not null)
            return given;
        _take(setting, derived, rule);
        return derived;
    }
}

/// <summary>What settings can see of the recipe they are in; parts with problems are there as null.</summary>
internal sealed class SettingsScope(long seed, IReadOnlyDictionary<Type, object?> sections, IReadOnlyList<(Type Type, object? Settings)> upstream)
{
    public long Seed { get; } = seed;

    public T? Section<T>() where T : class =>
        sections.TryGetValue(typeof(T), out object? section) ? (T)(section ?? throw new BlockedException()) : null;

    public T? Upstream<T>() where T : class
    {
        foreach ((Type type, object? settings) in upstream)
        {
            if (type == typeof(T))
                return (T)(settings ?? throw new BlockedException());
        }
        return null;
    }
}
