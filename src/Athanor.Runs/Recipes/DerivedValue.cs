namespace Athanor.Runs.Recipes;

/// <summary>A setting that nobody gave and that follows from others.</summary>
/// <param name="Path">Dotted key path.</param>
/// <param name="Value">As a recipe would write it.</param>
/// <param name="Rule">How it follows: <c>64 x depth</c>.</param>
public sealed record DerivedValue(string Path, string Value, string Rule)
{
    /// <summary><c>model.width = 64 x depth = 384</c>.</summary>
    public override string ToString() => $"{Path} = {Rule} = {Value}";
}

/// <summary>One value of a resolved recipe.</summary>
/// <param name="Path">Dotted key path.</param>
/// <param name="Value">As a recipe would write it.</param>
/// <param name="Origin"><c>set</c>, <c>set in FILE</c>, <c>--set</c>, <c>default</c>, or <c>derived: RULE</c>.</param>
public sealed record ResolvedSetting(string Path, string Value, string Origin);
