namespace Athanor.Tokenizers.Chat;

/// <summary>Python's slices.</summary>
internal static class Slices
{
    public static object Slice(object? value, object? start, object? stop, object? step, RenderState state)
    {
        if (value is UndefinedValue undefined)
            throw undefined.Error();
        if (value is not (string or SequenceValue or RangeValue))
            throw new ChatTemplateException($"'{PythonType.Name(value)}' object cannot be sliced.");
        int count = value switch
        {
            string text => (int)PythonText.Length(text, state),
            SequenceValue sequence => sequence.Items.Count,
            _ => ((RangeValue)value).Count,
        };
        long by = step is null ? 1 : Bound(step);
        if (by == 0)
            throw new ChatTemplateException("slice step cannot be zero.");
        by = Math.Clamp(by, -int.MaxValue, int.MaxValue);
        long low = by > 0 ? 0 : -1, high = by > 0 ? count : count - 1;
        long from = start is null ? (by > 0 ? low : high) : Clamp(Bound(start), count, low, high);
        long to = stop is null ? (by > 0 ? high : low) : Clamp(Bound(stop), count, low, high);
        int length = (int)Math.Max(0, by > 0 ? (to - from + by - 1) / by : (from - to - by - 1) / -by);
        return value switch
        {
            string text => Text(text, (int)from, length, by, state),
            ListValue list => new ListValue(Pick(list.Items, from, length, by, state)),
            TupleValue tuple => new TupleValue(Pick(tuple.Items, from, length, by, state)),
            RangeValue range => new RangeValue(range.Start + from * range.Step, range.Start + to * range.Step, range.Step * by, length),
            _ => throw new ChatTemplateException("this value cannot be sliced."),
        };
    }

    private static long Bound(object value) => PythonNumber.Index(value, "a slice index");

    private static long Clamp(long index, int count, long low, long high)
    {
        if (index < 0)
            index = Math.Max(index + count, low);
        return Math.Clamp(index, low, Math.Max(low, high));
    }

    private static object?[] Pick(IReadOnlyList<object?> items, long from, int length, long by, RenderState state)
    {
        state.Charge(length);
        object?[] picked = new object?[length];
        for (int i = 0; i < length; i++)
            picked[i] = items[(int)(from + i * by)];
        return picked;
    }

    private static string Text(string text, int from, int length, long by, RenderState state)
    {
        if (by != 1)
            return string.Concat(Pick([.. PythonText.Characters(text)], from, length, by, state));
        if (length == 0)
            return "";
        int start = PythonText.Offset(text, from);
        return state.CheckText(text[start..PythonText.Offset(text, from + length)]);
    }
}
