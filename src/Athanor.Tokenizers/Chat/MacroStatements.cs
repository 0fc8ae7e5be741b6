namespace Athanor.Tokenizers.Chat;

/// <summary>The parameters and the body of a macro or call block, and which of the special names the body uses.</summary>
internal sealed class MacroDefinition(string name, IReadOnlyList<(string Name, Expression? Default)> parameters, Block body, bool usesRest, bool usesNamed, bool usesCaller)
{
    public string Name { get; } = name;

    public IReadOnlyList<(string Name, Expression? Default)> Parameters { get; } = parameters;

    public Block Body { get; } = body;

    public bool UsesRest { get; } = usesRest;

    public bool UsesNamed { get; } = usesNamed;

    public bool UsesCaller { get; } = usesCaller;
}

/// <summary>A macro with the names it was defined among.</summary>
internal sealed class MacroValue(MacroDefinition definition, Scope scope) : CallableValue(definition.Name)
{
    public override object? Call(RenderState state, Arguments arguments)
    {
        state.EnterCall(Name);
        SourcePosition called = state.At;
        string text = state.Capture(() => state.Within(scope, () =>
        {
            Bind(state, arguments);
            return definition.Body.Execute(state);
        }));
        state.LeaveCall();
        state.At = called;
        return text;
    }

    private void Bind(RenderState state, Arguments arguments)
    {
        Scope scope = state.Scope;
        IReadOnlyList<(string Name, Expression? Default)> parameters = definition.Parameters;
        if (arguments.Positional.Count > parameters.Count && !definition.UsesRest)
            throw new ChatTemplateException($"macro '{Name}' takes not more than {parameters.Count} argument(s), {arguments.Positional.Count} were given.");
        var named = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (KeyValuePair<string, object?> pair in arguments.Named)
        {
            if (!named.TryAdd(pair.Key, pair.Value))
                throw new ChatTemplateException($"macro '{Name}' got two values for '{pair.Key}'.");
        }
        for (int i = 0; i < parameters.Count; i++)
        {
            (string parameter, Expression? fallback) = parameters[i];
            object? value;
            if (i < arguments.Positional.Count)
                value = arguments.Positional[i];
            else if (!named.Remove(parameter, out value))
                value = fallback is null ? new UndefinedValue($"parameter '{parameter}' was not provided.") : fallback.Evaluate(state);
            scope.Set(parameter, value);
        }
        if (definition.UsesCaller)
            scope.Set("caller", named.Remove("caller", out object? caller) ? caller : new UndefinedValue("no caller defined."));
        if (definition.UsesRest)
            scope.Set("varargs", new TupleValue([.. arguments.Positional.Skip(parameters.Count)]));
        if (definition.UsesNamed)
        {
            var rest = new DictValue();
            foreach (KeyValuePair<string, object?> pair in named)
                rest.Set(pair.Key, pair.Value);
            scope.Set("kwargs", rest);
        }
        else if (named.Count > 0)
        {
            throw new ChatTemplateException($"macro '{Name}' takes no keyword argument '{named.Keys.First()}'.");
        }
    }
}

internal sealed class MacroStatement(MacroDefinition definition, SourcePosition at) : Statement(at)
{
    protected override Flow Run(RenderState state)
    {
        state.Scope.Set(definition.Name, new MacroValue(definition, state.Scope));
        return Flow.Normal;
    }
}

/// <summary>{% call macro() %}body{% endcall %}: the macro gets the body as <c>caller</c>.</summary>
internal sealed class CallStatement(CallExpression call, MacroDefinition body, SourcePosition at) : Statement(at)
{
    protected override Flow Run(RenderState state)
    {
        var caller = new MacroValue(body, state.Scope);
        state.Write(PythonRepr.Str(call.Call(state, [new("caller", caller)]), state));
        return Flow.Normal;
    }
}
