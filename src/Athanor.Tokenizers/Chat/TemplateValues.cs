using System.Collections;

namespace Athanor.Tokenizers.Chat;

// A template's values: null is None; bool, long, BigInteger, double and string are themselves; the rest are the classes here.

/// <summary>A name or attribute that is not there: prints as nothing and is false; everything else that is done with it is an error with this reason.</summary>
internal sealed class UndefinedValue(string reason)
{
    public string Reason { get; } = reason;

    public ChatTemplateException Error() => new(Reason);
}

/// <summary>What a list and a tuple share.</summary>
internal abstract class SequenceValue(IReadOnlyList<object?> items)
{
    public IReadOnlyList<object?> Items { get; } = items;
}

internal sealed class ListValue(IReadOnlyList<object?> items) : SequenceValue(items);

internal class TupleValue(IReadOnlyList<object?> items) : SequenceValue(items);

/// <summary>The whole numbers of a <c>range</c>.</summary>
internal sealed class RangeValue(long start, long stop, long step, int count) : IReadOnlyList<object?>
{
    public long Start { get; } = start;

    public long Stop { get; } = stop;

    public long Step { get; } = step;

    public int Count { get; } = count;

    public object? this[int index] => Start + index * Step;

    public IEnumerator<object?> GetEnumerator()
    {
        for (int i = 0; i < Count; i++)
            yield return this[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <summary>What lazy filters give: it is read once, and an item read is gone, as with Python's generators.</summary>
internal sealed class IteratorValue(string name, IEnumerable<object?> items)
{
    private readonly IEnumerator<object?> _items = items.GetEnumerator();

    public string Name { get; } = name;

    public IEnumerable<object?> Rest()
    {
        while (_items.MoveNext())
            yield return _items.Current;
    }
}

/// <summary>The live parts of a dictionary: <c>keys()</c>, <c>values()</c>, <c>items()</c>.</summary>
internal sealed class DictView(DictValue dict, string kind)
{
    public DictValue Dict { get; } = dict;

    public string Kind { get; } = kind;

    public IEnumerable<object?> Items()
    {
        foreach (KeyValuePair<object?, object?> pair in Dict.Pairs)
            yield return Kind switch { "keys" => pair.Key, "values" => pair.Value, _ => new TupleValue([pair.Key, pair.Value]) };
    }
}

/// <summary>The only value that a template may change: attributes set by <c>{% set ns.name = ... %}</c>.</summary>
internal sealed class NamespaceValue
{
    public Dictionary<string, object?> Attributes { get; } = new(StringComparer.Ordinal);
}

/// <summary>Gives its values in turn.</summary>
internal sealed class CyclerValue(IReadOnlyList<object?> items)
{
    private int _next;

    public object? Current => items[_next];

    public object? Next()
    {
        object? item = items[_next];
        _next = (_next + 1) % items.Count;
        return item;
    }

    public void Reset() => _next = 0;
}

/// <summary>Something that a template can call.</summary>
internal abstract class CallableValue(string name)
{
    public string Name { get; } = name;

    public abstract object? Call(RenderState state, Arguments arguments);
}

/// <summary>A function or bound method of this library.</summary>
internal sealed class FunctionValue(string name, Func<RenderState, Arguments, object?> body) : CallableValue(name)
{
    public override object? Call(RenderState state, Arguments arguments) => body(state, arguments);
}
