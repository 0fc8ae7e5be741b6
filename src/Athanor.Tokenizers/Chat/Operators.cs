namespace Athanor.Tokenizers.Chat;

/// <summary>The arithmetic operators of Python, on numbers, strings and lists.</summary>
internal static class Operators
{
    public static object? Apply(string op, object? left, object? right, RenderState state)
    {
        if (op == "~")
            return Join(PythonRepr.Str(left, state), PythonRepr.Str(right, state), state);
        if (left is string format && op == "%")
            return PythonFormat.Percent(format, right, state);
        if (left is UndefinedValue undefinedLeft)
            throw undefinedLeft.Error();
        if (right is UndefinedValue undefinedRight)
            throw undefinedRight.Error();
        if (PythonNumber.Operate(op, left, right) is { } number)
            return number;
        if (op == "+")
        {
            if (left is string a && right is string b)
                return Join(a, b, state);
            if (left is SequenceValue x && right is SequenceValue y && x is ListValue == y is ListValue)
                return Join(x, y, state);
        }
        if (op == "*")
        {
            if (PythonNumber.TryIndex(right, out long times) && left is string or SequenceValue)
                return Repeat(left, times, state);
            if (PythonNumber.TryIndex(left, out times) && right is string or SequenceValue)
                return Repeat(right, times, state);
        }
        throw new ChatTemplateException(op == "+" && left is string or ListValue or TupleValue
            ? $"can only concatenate {PythonType.Name(left)} (not \"{PythonType.Name(right)}\") to {PythonType.Name(left)}; write ~ to join texts of any type."
            : $"unsupported operand types for {op}: '{PythonType.Name(left)}' and '{PythonType.Name(right)}'.");
    }

    private static string Join(string a, string b, RenderState state)
    {
        state.CheckText((long)a.Length + b.Length);
        return state.CheckText(a + b);
    }

    private static SequenceValue Join(SequenceValue a, SequenceValue b, RenderState state)
    {
        state.CheckItems((long)a.Items.Count + b.Items.Count);
        state.Charge((a.Items.Count + b.Items.Count) / 4);
        object?[] items = [.. a.Items, .. b.Items];
        return a is ListValue ? new ListValue(items) : new TupleValue(items);
    }

    private static object Repeat(object value, long times, RenderState state)
    {
        times = Math.Max(0, times);
        if (value is string text)
        {
            if (text.Length == 0)
                return text;
            state.CheckText(times > int.MaxValue ? times : times * text.Length);
            state.ChargeText(times * text.Length);
            return string.Concat(Enumerable.Repeat(text, (int)times));
        }
        IReadOnlyList<object?> items = ((SequenceValue)value).Items;
        if (items.Count == 0)
            return value;
        state.CheckItems(times > int.MaxValue ? times : times * items.Count);
        state.Charge(times * items.Count);
        object?[] repeated = [.. Enumerable.Repeat(items, (int)times).SelectMany(part => part)];
        return value is ListValue ? new ListValue(repeated) : new TupleValue(repeated);
    }
}
