namespace Athanor.Tokenizers.Chat;

/// <summary>Filters that compare items: sorting, extremes, groups, and what occurs once.</summary>
internal static class OrderFilters
{
    public static void AddTo(Dictionary<string, Filter> filters)
    {
        filters["sort"] = Sort;
        filters["dictsort"] = DictSort;
        filters["unique"] = Unique;
        filters["min"] = (s, v, a) => Extreme(s, v, a, -1);
        filters["max"] = (s, v, a) => Extreme(s, v, a, 1);
        filters["groupby"] = GroupBy;
    }

    private static object? Key(object? value, bool caseSensitive) => !caseSensitive && value is string text ? PythonText.Lower(text) : value;

    private static bool Flag(object? bound) => PythonType.IsTrue(Arguments.Or(bound, false));

    private static List<T> Sorted<T>(IReadOnlyList<(object? Key, T Item)> keyed, bool reverse, RenderState state) =>
        // Reversed, equal items still keep their order.
        [.. StableSort.Sort(keyed, (a, b) => (reverse ? PythonCompare.Order(b.Key, a.Key, "<", state) : PythonCompare.Order(a.Key, b.Key, "<", state)) ?? 0).Select(pair => pair.Item)];

    private static ListValue Sort(RenderState state, object? value, Arguments arguments)
    {
        object?[] bound = arguments.Bind(0, "reverse", "case_sensitive", "attribute");
        bool sensitive = Flag(bound[1]);
        object? attribute = Arguments.Or(bound[2], null);
        object?[] paths = attribute is string text ? text.Split(',') : [attribute];
        List<object?> items = PythonType.ToList(value, state);
        var keyed = new List<(object? Key, object? Item)>();
        foreach (object? item in items)
        {
            object?[] keys = [.. paths.Select(path => Key(AttributePath.Get(item, path), sensitive))];
            keyed.Add((new ListValue(keys), item));
        }
        return new ListValue(Sorted(keyed, Flag(bound[0]), state));
    }

    private static ListValue DictSort(RenderState state, object? value, Arguments arguments)
    {
        object?[] bound = arguments.Bind(0, "case_sensitive", "by", "reverse");
        if (value is UndefinedValue undefined)
            throw undefined.Error();
        if (value is not DictValue dict)
            throw new ChatTemplateException($"'{PythonType.Name(value)}' object is not a mapping.");
        string by = Arguments.Or(bound[1], "key") as string ?? "";
        if (by is not ("key" or "value"))
            throw new ChatTemplateException("You can only sort by either \"key\" or \"value\".");
        var keyed = new List<(object? Key, object? Item)>();
        foreach (KeyValuePair<object?, object?> pair in dict.Pairs)
            keyed.Add((Key(by == "key" ? pair.Key : pair.Value, Flag(bound[0])), new TupleValue([pair.Key, pair.Value])));
        return new ListValue(Sorted(keyed, Flag(bound[2]), state));
    }

    private static IteratorValue Unique(RenderState state, object? value, Arguments arguments)
    {
        object?[] bound = arguments.Bind(0, "case_sensitive", "attribute");
        return new IteratorValue("do_unique", Distinct(PythonType.Iterate(value, state), Flag(bound[0]), Arguments.Or(bound[1], null)));
    }

    private static IEnumerable<object?> Distinct(IEnumerable<object?> items, bool sensitive, object? attribute)
    {
        var seen = new HashSet<DictKey>();
        foreach (object? item in items)
        {
            if (seen.Add(DictKey.Of(Key(AttributePath.Get(item, attribute), sensitive))))
                yield return item;
        }
    }

    private static object? Extreme(RenderState state, object? value, Arguments arguments, int sign)
    {
        object?[] bound = arguments.Bind(0, "case_sensitive", "attribute");
        object? best = null, bestKey = null;
        bool any = false;
        foreach (object? item in PythonType.Iterate(value, state))
        {
            object? key = Key(AttributePath.Get(item, Arguments.Or(bound[1], null)), Flag(bound[0]));
            if (!any || PythonCompare.Order(key, bestKey, sign < 0 ? "<" : ">", state) * sign > 0)
                (best, bestKey) = (item, key);
            any = true;
        }
        return any ? best : new UndefinedValue("No aggregated item, sequence was empty.");
    }

    private static ListValue GroupBy(RenderState state, object? value, Arguments arguments)
    {
        object?[] bound = arguments.Bind(1, "attribute", "default", "case_sensitive");
        object? fallback = Arguments.Or(bound[1], null);
        bool sensitive = Flag(bound[2]);
        var keyed = new List<(object? Key, object? Item)>();
        foreach (object? item in PythonType.ToList(value, state))
            keyed.Add((Key(AttributePath.Get(item, bound[0], fallback), sensitive), item));
        var groups = new List<object?>();
        List<object?>? group = null;
        object? current = null;
        foreach ((object? key, object? item) in Sorted([.. keyed.Select(pair => (pair.Key, pair))], false, state))
        {
            if (group is null || !PythonCompare.AreEqual(key, current, state))
            {
                group = [];
                current = key;
                groups.Add(new GroupValue(AttributePath.Get(item, bound[0], fallback), new ListValue(group)));
            }
            group.Add(item);
        }
        return new ListValue(groups);
    }
}
