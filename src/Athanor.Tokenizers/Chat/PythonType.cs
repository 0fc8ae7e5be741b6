using System.Numerics;

namespace Athanor.Tokenizers.Chat;

/// <summary>What Python says of a value's type: its name, its truth, its length, its items.</summary>
internal static class PythonType
{
    public static string Name(object? value) => value switch
    {
        null => "NoneType",
        bool => "bool",
        long or BigInteger => "int",
        double => "float",
        string => "str",
        ListValue => "list",
        TupleValue => "tuple",
        DictValue => "dict",
        RangeValue => "range",
        IteratorValue => "generator",
        DictView view => "dict_" + view.Kind,
        NamespaceValue => "Namespace",
        UndefinedValue => "Undefined",
        LoopValue => "LoopContext",
        CyclerValue => "Cycler",
        MacroValue => "Macro",
        _ => "function",
    };

    public static bool IsNumber(object? value) => value is long or bool or double or BigInteger;

    public static bool IsTrue(object? value) => value switch
    {
        null or UndefinedValue => false,
        bool truth => truth,
        long number => number != 0,
        double number => number != 0,
        BigInteger number => !number.IsZero,
        string text => text.Length > 0,
        SequenceValue sequence => sequence.Items.Count > 0,
        DictValue dict => dict.Count > 0,
        DictView view => view.Dict.Count > 0,
        RangeValue range => range.Count > 0,
        LoopValue => true,
        _ => true,
    };

    public static bool TryLength(object? value, RenderState state, out long length)
    {
        length = value switch
        {
            string text => PythonText.Length(text, state),
            SequenceValue sequence => sequence.Items.Count,
            DictValue dict => dict.Count,
            DictView view => view.Dict.Count,
            RangeValue range => range.Count,
            LoopValue loop => loop.Length,
            UndefinedValue => 0,
            _ => -1,
        };
        return length >= 0;
    }

    public static bool IsIterable(object? value) =>
        value is string or SequenceValue or DictValue or DictView or RangeValue or IteratorValue or UndefinedValue or LoopValue;

    /// <summary>The items one by one, each a step; characters of a string are code points.</summary>
    public static IEnumerable<object?> Iterate(object? value, RenderState state)
    {
        IEnumerable<object?> items = value switch
        {
            string text => PythonText.Characters(text),
            SequenceValue sequence => sequence.Items,
            DictValue dict => dict.Pairs.Select(pair => pair.Key),
            DictView view => view.Items(),
            RangeValue range => range,
            IteratorValue iterator => iterator.Rest(),
            LoopValue loop => loop.Rest(),
            UndefinedValue => [],
            _ => throw new ChatTemplateException($"'{Name(value)}' object is not iterable."),
        };
        return Count(items, state);
    }

    /// <summary>All items as a new array, within the limit on items.</summary>
    public static List<object?> ToList(object? value, RenderState state)
    {
        var list = new List<object?>();
        foreach (object? item in Iterate(value, state))
        {
            list.Add(item);
            state.CheckItems(list.Count);
        }
        return list;
    }

    private static IEnumerable<object?> Count(IEnumerable<object?> items, RenderState state)
    {
        foreach (object? item in items)
        {
            state.Charge(1);
            yield return item;
        }
    }
}
