namespace Athanor.Tokenizers.Chat;

/// <summary>The arguments of one call: those by position, then those by name.</summary>
internal sealed class Arguments(string callee, IReadOnlyList<object?> positional, IReadOnlyList<KeyValuePair<string, object?>> named)
{
    /// <summary>Stands in a bound slot for which no argument was given.</summary>
    public static readonly object Missing = new();

    public string Callee { get; } = callee;

    public IReadOnlyList<object?> Positional { get; } = positional;

    public IReadOnlyList<KeyValuePair<string, object?>> Named { get; } = named;

    /// <summary>The arguments in the order of the parameters; the first <paramref name="required"/> must be given.</summary>
    public object?[] Bind(int required, params ReadOnlySpan<string> parameters)
    {
        if (Positional.Count > parameters.Length)
            throw new ChatTemplateException($"{Callee} takes at most {parameters.Length} argument(s), {Positional.Count} were given.");
        object?[] bound = new object?[parameters.Length];
        Array.Fill(bound, Missing);
        for (int i = 0; i < Positional.Count; i++)
            bound[i] = Positional[i];
        foreach (KeyValuePair<string, object?> pair in Named)
        {
            int at = parameters.IndexOf(pair.Key);
            if (at < 0)
                throw new ChatTemplateException($"{Callee} has no parameter '{pair.Key}'.");
            if (bound[at] != Missing)
                throw new ChatTemplateException($"{Callee} got two values for '{pair.Key}'.");
            bound[at] = pair.Value;
        }
        for (int i = 0; i < required; i++)
        {
            if (bound[i] == Missing)
                throw new ChatTemplateException($"{Callee} needs an argument '{parameters[i]}'.");
        }
        return bound;
    }

    /// <summary>The same call without its first arguments, on behalf of another function.</summary>
    public Arguments Skip(int count, string callee) => new(callee, [.. Positional.Skip(count)], Named);

    public static object? Or(object? bound, object? fallback) => bound == Missing ? fallback : bound;

    public static string Text(object? value, string what) => value switch
    {
        string text => text,
        UndefinedValue undefined => throw undefined.Error(),
        _ => throw new ChatTemplateException($"{what} must be a string, not {PythonType.Name(value)}."),
    };
}
