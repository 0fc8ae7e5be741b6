namespace Athanor.Tokenizers.Chat;

/// <summary>The <c>loop</c> of a for block: it reads ahead only when asked for what comes next.</summary>
internal sealed class LoopValue(IEnumerable<object?> items, long known, int depth, RenderState state)
{
    private IEnumerator<object?> _items = items.GetEnumerator();
    private long _length = known;
    private bool _peeked, _hasNext;
    private object? _previous, _current, _next;
    private object?[]? _changed;

    /// <summary>The count of the item at hand, from 1.</summary>
    public long Index { get; private set; }

    public int Depth { get; } = depth;

    public object? Current => _current;

    public long Length
    {
        get
        {
            if (_length < 0)
            {
                // The rest is read at once: what it is made of (a lazy filter) has no length.
                var rest = new List<object?>();
                while (_items.MoveNext())
                {
                    rest.Add(_items.Current);
                    state.CheckItems(rest.Count);
                }
                _length = Index + (_peeked && _hasNext ? 1 : 0) + rest.Count;
                _items = rest.GetEnumerator();
            }
            return _length;
        }
    }

    public bool MoveNext()
    {
        Peek();
        if (!_hasNext)
            return false;
        (_previous, _current, _peeked) = (_current, _next, false);
        Index++;
        return true;
    }

    public IEnumerable<object?> Rest()
    {
        while (MoveNext())
            yield return _current;
    }

    private bool Peek()
    {
        if (!_peeked)
        {
            _hasNext = _items.MoveNext();
            _next = _hasNext ? _items.Current : null;
            _peeked = true;
        }
        return _hasNext;
    }

    public object? Attribute(string name) => name switch
    {
        "index" => Index,
        "index0" => Index - 1,
        "revindex" => Length - Index + 1,
        "revindex0" => Length - Index,
        "first" => Index == 1,
        "last" => !Peek(),
        "length" => Length,
        "previtem" => Index > 1 ? _previous : new UndefinedValue("there is no previous item."),
        "nextitem" => Peek() ? _next : new UndefinedValue("there is no next item."),
        "depth" => (long)Depth + 1,
        "depth0" => (long)Depth,
        "cycle" => new FunctionValue("cycle", (_, arguments) => arguments.Positional.Count == 0
            ? throw new ChatTemplateException("no items for cycling given.")
            : arguments.Positional[(int)((Index - 1) % arguments.Positional.Count)]),
        "changed" => new FunctionValue("changed", Changed),
        _ => Lookup.Absent,
    };

    private object? Changed(RenderState render, Arguments arguments)
    {
        object?[] values = [.. arguments.Positional];
        bool same = _changed is not null && PythonCompare.AreEqual(new TupleValue(_changed), new TupleValue(values), render);
        if (!same)
            _changed = values;
        return !same;
    }
}
