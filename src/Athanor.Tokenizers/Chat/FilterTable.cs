namespace Athanor.Tokenizers.Chat;

/// <summary>A filter: the value before the bar, and the arguments in parentheses.</summary>
internal delegate object? Filter(RenderState state, object? value, Arguments arguments);

/// <summary>All filters by name.</summary>
internal static class FilterTable
{
    private static readonly Dictionary<string, Filter> Filters = Build();

    public static IEnumerable<string> Names => Filters.Keys;

    public static bool TryGet(string name, out Filter? filter) => Filters.TryGetValue(name, out filter);

    public static Filter Get(string name) => TryGet(name, out Filter? filter) ? filter! : throw new ChatTemplateException(Unknown("filter", name, Names));

    public static string Unknown(string kind, string name, IEnumerable<string> known) =>
        $"no {kind} named '{name}'; the nearest is '{NearestName.Find(name, known)}', all: {string.Join(", ", known.Order(StringComparer.Ordinal))}.";

    private static Dictionary<string, Filter> Build()
    {
        var filters = new Dictionary<string, Filter>(StringComparer.Ordinal);
        TextFilters.AddTo(filters);
        NumberFilters.AddTo(filters);
        SequenceFilters.AddTo(filters);
        OrderFilters.AddTo(filters);
        SelectionFilters.AddTo(filters);
        return filters;
    }
}
