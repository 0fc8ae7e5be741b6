namespace Athanor.Tokenizers.Chat;

/// <summary>Filters on lists, dictionaries and what can be walked through.</summary>
internal static class SequenceFilters
{
    public static void AddTo(Dictionary<string, Filter> filters)
    {
        filters["length"] = filters["count"] = (s, v, a) => Length(s, v, a);
        filters["default"] = filters["d"] = Default;
        filters["first"] = First;
        filters["last"] = Last;
        filters["list"] = (s, v, a) => a.Bind(0) is null ? null : new ListValue(PythonType.ToList(v, s));
        filters["items"] = Items;
        filters["reverse"] = Reverse;
        filters["batch"] = Batch;
        filters["slice"] = SliceInto;
        filters["attr"] = Attr;
    }

    private static long Length(RenderState state, object? value, Arguments arguments)
    {
        arguments.Bind(0);
        return PythonType.TryLength(value, state, out long length) ? length : throw new ChatTemplateException($"object of type '{PythonType.Name(value)}' has no len().");
    }

    private static object? Default(RenderState state, object? value, Arguments arguments)
    {
        object?[] bound = arguments.Bind(0, "default_value", "boolean");
        return value is UndefinedValue || (PythonType.IsTrue(Arguments.Or(bound[1], false)) && !PythonType.IsTrue(value)) ? Arguments.Or(bound[0], "") : value;
    }

    private static object? First(RenderState state, object? value, Arguments arguments)
    {
        arguments.Bind(0);
        foreach (object? item in PythonType.Iterate(value, state))
            return item;
        return new UndefinedValue("No first item, sequence was empty.");
    }

    private static object? Last(RenderState state, object? value, Arguments arguments)
    {
        arguments.Bind(0);
        if (value is IteratorValue)
            throw new ChatTemplateException("'generator' object is not reversible; write list before last.");
        if (value is SequenceValue sequence)
            return sequence.Items.Count > 0 ? sequence.Items[^1] : new UndefinedValue("No last item, sequence was empty.");
        object? last = new UndefinedValue("No last item, sequence was empty.");
        foreach (object? item in PythonType.Iterate(value, state))
            last = item;
        return last;
    }

    private static IteratorValue Items(RenderState state, object? value, Arguments arguments)
    {
        arguments.Bind(0);
        return value switch
        {
            UndefinedValue => new IteratorValue("do_items", []),
            DictValue dict => new IteratorValue("do_items", new DictView(dict, "items").Items()),
            _ => throw new ChatTemplateException("Can only get item pairs from a mapping."),
        };
    }

    private static object? Reverse(RenderState state, object? value, Arguments arguments)
    {
        arguments.Bind(0);
        if (value is string text)
            return state.CheckText(PythonText.Reverse(text));
        List<object?> items = PythonType.ToList(value, state);
        items.Reverse();
        return value is IteratorValue ? new ListValue(items) : new IteratorValue("reversed", items);
    }

    private static IteratorValue Batch(RenderState state, object? value, Arguments arguments)
    {
        object?[] bound = arguments.Bind(1, "linecount", "fill_with");
        long size = PythonNumber.Index(bound[0], "the size of a batch");
        return new IteratorValue("do_batch", Batches(PythonType.Iterate(value, state), size, Arguments.Or(bound[1], null), state));
    }

    private static IEnumerable<object?> Batches(IEnumerable<object?> items, long size, object? fill, RenderState state)
    {
        var batch = new List<object?>();
        foreach (object? item in items)
        {
            if (batch.Count == size)
            {
                yield return new ListValue(batch);
                batch = [];
            }
            batch.Add(item);
            state.CheckItems(batch.Count);
        }
        if (batch.Count == 0)
            yield break;
        if (fill is not null && batch.Count < size)
        {
            state.CheckItems(size);
            state.Charge(size);
            batch.AddRange(Enumerable.Repeat(fill, (int)size - batch.Count));
        }
        yield return new ListValue(batch);
    }

    private static IteratorValue SliceInto(RenderState state, object? value, Arguments arguments)
    {
        object?[] bound = arguments.Bind(1, "slices", "fill_with");
        long slices = PythonNumber.Index(bound[0], "the number of slices");
        if (slices == 0)
            throw new ChatTemplateException("integer division or modulo by zero.");
        state.CheckItems(slices);
        List<object?> items = PythonType.ToList(value, state);
        object? fill = Arguments.Or(bound[1], null);
        var parts = new List<object?>();
        int at = 0;
        for (int i = 0; i < slices; i++)
        {
            bool extra = i < items.Count % slices;
            int length = (int)(items.Count / slices) + (extra ? 1 : 0);
            List<object?> part = items.GetRange(at, length);
            at += length;
            if (fill is not null && !extra)
                part.Add(fill);
            parts.Add(new ListValue(part));
            state.Charge(1);
        }
        return new IteratorValue("do_slice", parts);
    }

    /// <summary>The attribute alone, never the item.</summary>
    private static object? Attr(RenderState state, object? value, Arguments arguments)
    {
        string name = Arguments.Text(arguments.Bind(1, "name")[0], "the attribute's name");
        return value is DictValue or NamespaceValue && Lookup.Attribute(value, name) is var found and not CallableValue && value is DictValue
            ? new UndefinedValue($"'{PythonType.Name(value)} object' has no attribute '{name}'.")
            : Lookup.Attribute(value, name);
    }
}
