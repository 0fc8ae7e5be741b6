using System.Numerics;

namespace Athanor.Tokenizers.Chat;

/// <summary>A test: the value before <c>is</c>, and the arguments behind its name.</summary>
internal delegate bool Test(RenderState state, object? value, Arguments arguments);

/// <summary>All tests by name.</summary>
internal static class TestTable
{
    private static readonly Dictionary<string, Test> Tests = Build();

    public static IEnumerable<string> Names => Tests.Keys;

    public static bool TryGet(string name, out Test? test) => Tests.TryGetValue(name, out test);

    public static Test Get(string name) => TryGet(name, out Test? test) ? test! : throw new ChatTemplateException(FilterTable.Unknown("test", name, Names));

    private static Dictionary<string, Test> Build()
    {
        var tests = new Dictionary<string, Test>(StringComparer.Ordinal)
        {
            ["defined"] = Is(value => value is not UndefinedValue),
            ["undefined"] = Is(value => value is UndefinedValue),
            ["none"] = Is(value => value is null),
            ["boolean"] = Is(value => value is bool),
            ["true"] = Is(value => value is true),
            ["false"] = Is(value => value is false),
            ["integer"] = Is(value => value is long or BigInteger),
            ["float"] = Is(value => value is double),
            ["number"] = Is(PythonType.IsNumber),
            ["string"] = Is(value => value is string),
            ["mapping"] = Is(value => value is DictValue),
            ["sequence"] = Is(value => value is string or SequenceValue or DictValue or RangeValue or UndefinedValue),
            ["iterable"] = Is(PythonType.IsIterable),
            ["callable"] = Is(value => value is CallableValue or UndefinedValue),
            ["escaped"] = Is(_ => false),
            ["lower"] = (s, v, a) => a.Bind(0) is not null && PythonText.IsAllCase(PythonRepr.Str(v, s), upper: false),
            ["upper"] = (s, v, a) => a.Bind(0) is not null && PythonText.IsAllCase(PythonRepr.Str(v, s), upper: true),
            ["odd"] = (s, v, a) => a.Bind(0) is not null && IsRest(s, v, 2L, 1L),
            ["even"] = (s, v, a) => a.Bind(0) is not null && IsRest(s, v, 2L, 0L),
            ["divisibleby"] = (s, v, a) => IsRest(s, v, a.Bind(1, "num")[0], 0L),
            ["sameas"] = (_, v, a) => IsSame(v, a.Bind(1, "other")[0]),
            ["in"] = (s, v, a) => PythonCompare.Compare("in", v, a.Bind(1, "seq")[0], s),
            ["filter"] = (s, v, a) => a.Bind(0) is not null && v is string name && FilterTable.TryGet(name, out _),
            ["test"] = (s, v, a) => a.Bind(0) is not null && v is string name && TryGet(name, out _),
        };
        foreach ((string op, string[] names) in new (string, string[])[]
        {
            ("==", ["==", "eq", "equalto"]), ("!=", ["!=", "ne"]), (">", [">", "gt", "greaterthan"]),
            (">=", [">=", "ge"]), ("<", ["<", "lt", "lessthan"]), ("<=", ["<=", "le"]),
        })
        {
            foreach (string name in names)
                tests[name] = (s, v, a) => PythonCompare.Compare(op, v, a.Bind(1, "other")[0], s);
        }
        return tests;
    }

    private static Test Is(Func<object?, bool> test) => (_, value, arguments) =>
    {
        arguments.Bind(0);
        return test(value);
    };

    private static bool IsRest(RenderState state, object? value, object? divisor, object rest) =>
        PythonCompare.AreEqual(Operators.Apply("%", value, divisor, state), rest, state);

    private static bool IsSame(object? value, object? other) =>
        value is null ? other is null
        : ReferenceEquals(value, other) || (value is bool or long or string && value.GetType() == other?.GetType() && value.Equals(other));
}
