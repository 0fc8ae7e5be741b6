namespace Athanor.Tokenizers.Chat;

/// <summary>value.name</summary>
internal sealed class AttributeExpression(Expression target, string name, SourcePosition at) : Expression(at)
{
    protected override object? Value(RenderState state)
    {
        object? value = target.Evaluate(state);
        state.At = At;
        return Lookup.Attribute(value, name);
    }
}

/// <summary>value[key]</summary>
internal sealed class ItemExpression(Expression target, Expression key, SourcePosition at) : Expression(at)
{
    protected override object? Value(RenderState state)
    {
        object? value = target.Evaluate(state);
        object? index = key.Evaluate(state);
        state.At = At;
        return Lookup.Item(value, index);
    }
}

/// <summary>value[start:stop:step]</summary>
internal sealed class SliceExpression(Expression target, Expression? start, Expression? stop, Expression? step, SourcePosition at) : Expression(at)
{
    protected override object? Value(RenderState state)
    {
        object? value = target.Evaluate(state);
        object? from = start?.Evaluate(state), to = stop?.Evaluate(state), by = step?.Evaluate(state);
        state.At = At;
        return Slices.Slice(value, from, to, by, state);
    }
}

/// <summary>The arguments of a call as written: by position, by name, and spread from a list (*) and a dictionary (**).</summary>
internal sealed class ArgumentList(IReadOnlyList<Expression> positional, IReadOnlyList<(string Name, Expression Value)> named, Expression? spread, Expression? spreadNamed)
{
    public static readonly ArgumentList Empty = new([], [], null, null);

    public IReadOnlyList<Expression> Positional { get; } = positional;

    public Arguments Evaluate(RenderState state, string callee, IReadOnlyList<KeyValuePair<string, object?>>? more = null)
    {
        List<object?> values = [.. Positional.Select(argument => argument.Evaluate(state))];
        if (spread?.Evaluate(state) is { } items)
            values.AddRange(PythonType.ToList(items, state));
        var pairs = new List<KeyValuePair<string, object?>>();
        foreach ((string name, Expression value) in named)
            pairs.Add(new(name, value.Evaluate(state)));
        if (spreadNamed is not null)
        {
            if (spreadNamed.Evaluate(state) is not DictValue dict)
                throw new ChatTemplateException("the argument after ** must be a mapping.");
            foreach (KeyValuePair<object?, object?> pair in dict.Pairs)
                pairs.Add(new(pair.Key as string ?? throw new ChatTemplateException("keywords must be strings."), pair.Value));
        }
        if (more is not null)
            pairs.AddRange(more);
        return new Arguments(callee, values, pairs);
    }
}

internal sealed class CallExpression(Expression target, ArgumentList arguments, SourcePosition at) : Expression(at)
{
    protected override object? Value(RenderState state) => Call(state, null);

    /// <summary>The call with what a call block adds: its body as <c>caller</c>.</summary>
    public object? Call(RenderState state, IReadOnlyList<KeyValuePair<string, object?>>? more)
    {
        object? callee = target.Evaluate(state);
        if (callee is UndefinedValue undefined)
            throw undefined.Error().Place(At);
        if (callee is not CallableValue callable)
            throw new ChatTemplateException($"'{PythonType.Name(callee)}' object is not callable.", At);
        Arguments given = arguments.Evaluate(state, callable.Name, more);
        state.At = At;
        return callable.Call(state, given);
    }
}

/// <summary>value | filter(arguments); without a value the body of a block, given at its evaluation.</summary>
internal sealed class FilterExpression(Expression? target, string name, Filter filter, ArgumentList arguments, SourcePosition at) : Expression(at)
{
    protected override object? Value(RenderState state) => Apply(state, target!.Evaluate(state));

    /// <summary>This filter alone on a value.</summary>
    public object? Apply(RenderState state, object? value)
    {
        Arguments given = arguments.Evaluate(state, name);
        state.At = At;
        return filter(state, value, given);
    }

    /// <summary>The chain of filters on the body of a block, which enters at its beginning.</summary>
    public object? ApplyChain(RenderState state, string body) =>
        Apply(state, target is FilterExpression inner ? inner.ApplyChain(state, body) : body);
}

/// <summary>value is test(arguments)</summary>
internal sealed class TestExpression(Expression target, string name, Test test, ArgumentList arguments, SourcePosition at) : Expression(at)
{
    protected override object? Value(RenderState state)
    {
        object? value = target.Evaluate(state);
        Arguments given = arguments.Evaluate(state, name);
        state.At = At;
        return test(state, value, given);
    }
}
