namespace Athanor.Tokenizers.Chat;

/// <summary>The methods of Python's dict, list, tuple, range and float that change nothing.</summary>
internal static class ContainerMethods
{
    public static object? Find(object value, string name) => (value, name) switch
    {
        (DictValue dict, "items" or "keys" or "values") => Function(name, a => a.Bind(0) is null ? null : new DictView(dict, name)),
        (DictValue dict, "get") => Function(name, a => Get(dict, a.Bind(1, "key", "default"))),
        (DictValue or ListValue, "copy") => Function(name, a => a.Bind(0) is null ? null : value),
        (ListValue or TupleValue or RangeValue, "index") => new FunctionValue(name, (state, a) => Index(value, a, state)),
        (ListValue or TupleValue or RangeValue, "count") => new FunctionValue(name, (state, a) => Count(value, a.Bind(1, "value")[0], state)),
        (double number, "is_integer") => Function(name, a => a.Bind(0) is not null && double.IsFinite(number) && Math.Floor(number) == number),
        _ => Lookup.Absent,
    };

    private static FunctionValue Function(string name, Func<Arguments, object?> body) => new(name, (_, arguments) => body(arguments));

    private static object? Get(DictValue dict, object?[] bound) => dict.TryGet(bound[0], out object? value) ? value : Arguments.Or(bound[1], null);

    private static long Index(object value, Arguments arguments, RenderState state)
    {
        object?[] bound = arguments.Bind(1, "value", "start", "stop");
        List<object?> items = PythonType.ToList(value, state);
        long start = PythonNumber.Index(Arguments.Or(bound[1], 0L), "the start");
        long stop = PythonNumber.Index(Arguments.Or(bound[2], (long)items.Count), "the stop");
        if (start < 0)
            start = Math.Max(0, start + items.Count);
        if (stop < 0)
            stop += items.Count;
        for (long i = start; i < Math.Min(stop, items.Count); i++)
        {
            if (PythonCompare.AreEqual(items[(int)i], bound[0], state))
                return i;
        }
        throw new ChatTemplateException("the value is not in the list.");
    }

    private static long Count(object value, object? sought, RenderState state)
    {
        long count = 0;
        foreach (object? item in PythonType.Iterate(value, state))
            count += PythonCompare.AreEqual(item, sought, state) ? 1 : 0;
        return count;
    }
}
