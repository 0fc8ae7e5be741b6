namespace Athanor.Tokenizers.Chat;

/// <summary>A part of a template that writes text or changes names.</summary>
internal abstract class Statement(SourcePosition at)
{
    public SourcePosition At { get; } = at;

    public Flow Execute(RenderState state)
    {
        state.Step(At);
        return Run(state);
    }

    protected abstract Flow Run(RenderState state);
}

internal sealed class Block(IReadOnlyList<Statement> statements, SourcePosition at) : Statement(at)
{
    protected override Flow Run(RenderState state)
    {
        foreach (Statement statement in statements)
        {
            Flow flow = statement.Execute(state);
            if (flow != Flow.Normal)
                return flow;
        }
        return Flow.Normal;
    }
}

internal sealed class TextStatement(string text, SourcePosition at) : Statement(at)
{
    protected override Flow Run(RenderState state)
    {
        state.Write(text);
        return Flow.Normal;
    }
}

internal sealed class PrintStatement(Expression value, SourcePosition at) : Statement(at)
{
    protected override Flow Run(RenderState state)
    {
        state.Write(PythonRepr.Str(value.Evaluate(state), state));
        return Flow.Normal;
    }
}

internal sealed class IfStatement(IReadOnlyList<(Expression Test, Block Body)> branches, Block? otherwise, SourcePosition at) : Statement(at)
{
    protected override Flow Run(RenderState state)
    {
        foreach ((Expression test, Block body) in branches)
        {
            if (PythonType.IsTrue(test.Evaluate(state)))
                return body.Execute(state);
        }
        return otherwise?.Execute(state) ?? Flow.Normal;
    }
}

/// <summary>break or continue</summary>
internal sealed class JumpStatement(Flow flow, SourcePosition at) : Statement(at)
{
    protected override Flow Run(RenderState state) => flow;
}

internal sealed class ForStatement(AssignmentTarget target, Expression source, Expression? filter, Block body, Block? otherwise, int depth, SourcePosition at) : Statement(at)
{
    protected override Flow Run(RenderState state)
    {
        object? items = source.Evaluate(state);
        state.At = source.At;
        Scope outer = state.Scope;
        IEnumerable<object?> walked = PythonType.Iterate(items, state);
        long length = -1;
        if (filter is not null)
            walked = Filtered(walked, outer, state);
        else if (!PythonType.TryLength(items, state, out length))
            length = -1;
        var loop = new LoopValue(walked, length, depth, state);
        bool any = false;
        while (loop.MoveNext())
        {
            any = true;
            Flow flow = state.Within(outer, () =>
            {
                state.Scope.Set("loop", loop);
                target.Assign(state, loop.Current);
                return body.Execute(state);
            });
            if (flow == Flow.Break)
                break;
        }
        return any || otherwise is null ? Flow.Normal : state.Within(outer, () => otherwise.Execute(state));
    }

    private IEnumerable<object?> Filtered(IEnumerable<object?> items, Scope outer, RenderState state)
    {
        foreach (object? item in items)
        {
            bool chosen = false;
            state.Within(outer, () =>
            {
                target.Assign(state, item);
                chosen = PythonType.IsTrue(filter!.Evaluate(state));
                return Flow.Normal;
            });
            if (chosen)
                yield return item;
        }
    }
}

internal sealed class SetStatement(AssignmentTarget target, Expression value, SourcePosition at) : Statement(at)
{
    protected override Flow Run(RenderState state)
    {
        target.Assign(state, value.Evaluate(state));
        return Flow.Normal;
    }
}

/// <summary>{% set name | filters %}body{% endset %}</summary>
internal sealed class SetBlockStatement(AssignmentTarget target, FilterExpression? filter, Block body, SourcePosition at) : Statement(at)
{
    protected override Flow Run(RenderState state)
    {
        string text = state.Capture(() => state.Within(state.Scope, () => body.Execute(state)));
        target.Assign(state, filter is null ? text : filter.ApplyChain(state, text));
        return Flow.Normal;
    }
}

internal sealed class FilterBlockStatement(FilterExpression filter, Block body, SourcePosition at) : Statement(at)
{
    protected override Flow Run(RenderState state)
    {
        string text = state.Capture(() => state.Within(state.Scope, () => body.Execute(state)));
        object? filtered = filter.ApplyChain(state, text);
        state.Write(filtered as string ?? throw new ChatTemplateException($"a filter block must give text, not {PythonType.Name(filtered)}."));
        return Flow.Normal;
    }
}

internal sealed class WithStatement(IReadOnlyList<(AssignmentTarget Target, Expression Value)> names, Block body, SourcePosition at) : Statement(at)
{
    protected override Flow Run(RenderState state)
    {
        object?[] values = [.. names.Select(pair => pair.Value.Evaluate(state))];
        return state.Within(state.Scope, () =>
        {
            for (int i = 0; i < values.Length; i++)
                names[i].Target.Assign(state, values[i]);
            return body.Execute(state);
        });
    }
}

/// <summary>{% generation %}: what the assistant writes, for training masks.</summary>
internal sealed class GenerationStatement(Block body, SourcePosition at) : Statement(at)
{
    protected override Flow Run(RenderState state) => state.Generate(() => state.Within(state.Scope, () => body.Execute(state)));
}
