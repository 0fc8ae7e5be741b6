using System.Numerics;

namespace Athanor.Tokenizers.Chat;

/// <summary>The functions that every template can call.</summary>
internal static class TemplateFunctions
{
    private const int MaxRange = 100_000;

    public static Scope NewScope()
    {
        var scope = new Scope(null);
        foreach (FunctionValue function in Functions)
            scope.Set(function.Name, function);
        return scope;
    }

    private static readonly FunctionValue[] Functions =
    [
        new("range", Range),
        new("dict", Dict),
        new("namespace", Namespace),
        new("cycler", Cycler),
        new("joiner", Joiner),
        new("raise_exception", (state, arguments) => throw new ChatTemplateException(PythonRepr.Str(arguments.Bind(1, "message")[0], state)) { RaisedByTemplate = true }),
        new("strftime_now", (state, arguments) =>
            state.CheckText(TimeFormat.Format(state.Clock.GetLocalNow(), Arguments.Text(arguments.Bind(1, "format")[0], "the format")))),
    ];

    private static RangeValue Range(RenderState state, Arguments arguments)
    {
        object?[] bound = arguments.Bind(1, "start", "stop", "step");
        if (Array.Exists(bound, value => value is BigInteger))
            throw new ChatTemplateLimitException("a range beyond 64 bits.");
        long start = PythonNumber.Index(bound[0], "the bound of a range"), stop = start, step = 1;
        if (bound[1] == Arguments.Missing)
            start = 0;
        else
            stop = PythonNumber.Index(bound[1], "the end of a range");
        if (bound[2] != Arguments.Missing)
            step = PythonNumber.Index(bound[2], "the step of a range");
        if (step == 0)
            throw new ChatTemplateException("range() arg 3 must not be zero.");
        Int128 span = step > 0 ? (Int128)stop - start : (Int128)start - stop;
        Int128 size = step > 0 ? step : -(Int128)step;
        Int128 count = span <= 0 ? 0 : (span + size - 1) / size;
        if (count > Math.Min(MaxRange, state.Limits.MaxItems))
            throw new ChatTemplateLimitException($"a range of more than {Math.Min(MaxRange, state.Limits.MaxItems)} numbers.");
        return new RangeValue(start, stop, step, (int)count);
    }

    private static DictValue Dict(RenderState state, Arguments arguments)
    {
        if (arguments.Positional.Count > 1)
            throw new ChatTemplateException($"dict expected at most 1 argument, got {arguments.Positional.Count}.");
        var dict = new DictValue();
        Fill(arguments, state, dict.Set);
        return dict;
    }

    private static NamespaceValue Namespace(RenderState state, Arguments arguments)
    {
        if (arguments.Positional.Count > 1)
            throw new ChatTemplateException($"namespace expected at most 1 argument, got {arguments.Positional.Count}.");
        var space = new NamespaceValue();
        Fill(arguments, state, (key, value) => space.Attributes[Arguments.Text(key, "the name of an attribute")] = value);
        return space;
    }

    private static void Fill(Arguments arguments, RenderState state, Action<object?, object?> set)
    {
        foreach (object? source in arguments.Positional)
        {
            if (source is UndefinedValue)
                continue;
            if (source is DictValue from)
            {
                foreach (KeyValuePair<object?, object?> pair in from.Pairs)
                    set(pair.Key, pair.Value);
                state.Charge(from.Count);
                continue;
            }
            foreach (object? item in PythonType.Iterate(source, state))
            {
                List<object?> pair = PythonType.ToList(item, state);
                if (pair.Count != 2)
                    throw new ChatTemplateException($"a dictionary is made of pairs; this item has {pair.Count} parts.");
                set(pair[0], pair[1]);
            }
        }
        foreach (KeyValuePair<string, object?> pair in arguments.Named)
            set(pair.Key, pair.Value);
    }

    private static CyclerValue Cycler(RenderState state, Arguments arguments) =>
        arguments.Positional.Count > 0 ? new CyclerValue(arguments.Positional) : throw new ChatTemplateException("at least one item has to be provided.");

    private static FunctionValue Joiner(RenderState state, Arguments arguments)
    {
        object? separator = Arguments.Or(arguments.Bind(0, "sep")[0], ", ");
        bool used = false;
        return new FunctionValue("joiner", (_, _) =>
        {
            object? given = used ? separator : "";
            used = true;
            return given;
        });
    }
}
