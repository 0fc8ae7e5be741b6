namespace Athanor.Tokenizers.Chat;

/// <summary>Attributes and items as Jinja's sandbox finds them: <c>a.b</c> asks for the attribute first, <c>a['b']</c> for the item first.</summary>
internal static class Lookup
{
    private static readonly HashSet<string> ListChanges = ["append", "clear", "pop", "reverse", "insert", "sort", "extend", "remove"];
    private static readonly HashSet<string> DictChanges = ["clear", "pop", "popitem", "setdefault", "update"];

    public static object? Attribute(object? value, string name) =>
        value is UndefinedValue undefined ? throw undefined.Error()
        : TryAttribute(value, name, out object? found) || TryItem(value, name, out found) ? found
        : Nothing(value, name);

    public static object? Item(object? value, object? key) =>
        value is UndefinedValue undefined ? throw undefined.Error()
        : TryItem(value, key, out object? found) || (key is string name && TryAttribute(value, name, out found)) ? found
        : Nothing(value, key);

    private static bool TryItem(object? value, object? key, out object? item)
    {
        item = null;
        switch (value)
        {
            case DictValue dict: return key is not (ListValue or DictValue or DictView or NamespaceValue) && dict.TryGet(key, out item);
            case SequenceValue sequence:
                if (!TryPosition(key, sequence.Items.Count, out int at))
                    return false;
                item = sequence.Items[at];
                return true;
            case RangeValue range:
                if (!TryPosition(key, range.Count, out at))
                    return false;
                item = range[at];
                return true;
            case string text:
                if (!PythonNumber.TryIndex(key, out _) || !TryPosition(key, PythonText.Length(text), out at))
                    return false;
                int offset = PythonText.Offset(text, at);
                item = text[offset..(offset + PythonText.Width(text, offset))];
                return true;
            default: return false;
        }
    }

    private static bool TryPosition(object? key, int count, out int at)
    {
        at = 0;
        if (!PythonNumber.TryIndex(key, out long index))
            return false;
        if (index < 0)
            index += count;
        if (index < 0 || index >= count)
            return false;
        at = (int)index;
        return true;
    }

    private static bool TryAttribute(object? value, string name, out object? attribute)
    {
        if (value is NamespaceValue space && space.Attributes.TryGetValue(name, out attribute))
            return true;
        attribute = null;
        if (name.StartsWith('_'))
        {
            // A dictionary's own keys may begin so; of everything else these are the interpreter's insides.
            return value is DictValue && !name.StartsWith("__", StringComparison.Ordinal) ? false
                : throw new ChatTemplateException($"access to attribute '{name}' of '{PythonType.Name(value)}' object is unsafe.");
        }
        attribute = value switch
        {
            string text => TextMethods.Find(text, name),
            ListValue when ListChanges.Contains(name) => Unsafe(value, name),
            DictValue when DictChanges.Contains(name) => Unsafe(value, name),
            GroupValue group when name is "grouper" or "list" => group.Items[name == "list" ? 1 : 0],
            ListValue or TupleValue or RangeValue or DictValue or double => ContainerMethods.Find(value, name),
            LoopValue loop => loop.Attribute(name),
            CyclerValue cycler => name switch
            {
                "current" => cycler.Current,
                "next" => new FunctionValue("next", (_, _) => cycler.Next()),
                "reset" => new FunctionValue("reset", (_, _) => { cycler.Reset(); return null; }),
                _ => Absent,
            },
            CallableValue callable when name == "name" => callable.Name,
            _ => Absent,
        };
        return attribute != Absent;
    }

    /// <summary>Says that there is no such attribute, where null is a value.</summary>
    public static readonly object Absent = new();

    private static UndefinedValue Unsafe(object value, string name) =>
        new($"access to attribute '{name}' of '{PythonType.Name(value)}' object is unsafe: templates may not change values.");

    private static UndefinedValue Nothing(object? value, object? key) => new(key is string name
        ? $"'{(value is null ? "None" : PythonType.Name(value) + " object")}' has no attribute '{name}'."
        : $"{(value is null ? "None" : PythonType.Name(value) + " object")} has no element {(key is long number ? number : PythonType.Name(key))}.");
}

/// <summary>What <c>groupby</c> gives for each group: a tuple whose parts have names.</summary>
internal sealed class GroupValue(object? grouper, ListValue list) : TupleValue([grouper, list]);
