namespace Athanor.Runs.Settings;

/// <summary>
/// Marks a <see cref="RecipePath"/> that a stage reads: it must exist before any work starts, and its content, not its name, decides about reuse.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class InputAttribute : Attribute;

/// <summary>Marks a setting that changes how a stage works but not what it produces, such as a number of threads: it does not decide about reuse.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class OperationalAttribute : Attribute;

/// <summary>Gives a setting another key than its property's name in snake_case.</summary>
/// <param name="key">The key.</param>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
public sealed class KeyAttribute(string key) : Attribute
{
    /// <summary>The key.</summary>
    public string Key { get; } = key;
}

/// <summary>Names a sealed record that stands for its abstract base where <c>kind:</c> says so.</summary>
/// <param name="kind">The value of <c>kind</c>.</param>
/// <param name="type">A sealed record derived from the marked type.</param>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true, Inherited = false)]
public sealed class VariantAttribute(string kind, Type type) : Attribute
{
    /// <summary>The value of <c>kind</c>.</summary>
    public string Kind { get; } = kind;

    /// <summary>A sealed record derived from the marked type.</summary>
    public Type Type { get; } = type;
}
