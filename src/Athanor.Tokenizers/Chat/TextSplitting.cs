namespace Athanor.Tokenizers.Chat;

/// <summary>Python's split, rsplit, splitlines and partition.</summary>
internal static class TextSplitting
{
    public static object Split(RenderState state, string text, Arguments arguments, bool fromRight)
    {
        object?[] bound = arguments.Bind(0, "sep", "maxsplit");
        long max = PythonNumber.Index(Arguments.Or(bound[1], -1L), "maxsplit");
        if (max < 0)
            max = long.MaxValue;
        state.ChargeText(text.Length);
        object? separator = Arguments.Or(bound[0], null);
        List<object?> parts = separator is null
            ? fromRight ? SpacesFromRight(text, max) : Spaces(text, max)
            : By(text, Arguments.Text(separator, "the separator"), max, fromRight);
        state.CheckItems(parts.Count);
        state.Charge(parts.Count);
        return new ListValue(parts);
    }

    private static List<object?> By(string text, string separator, long max, bool fromRight)
    {
        if (separator.Length == 0)
            throw new ChatTemplateException("empty separator.");
        var parts = new List<object?>();
        if (fromRight)
        {
            int end = text.Length;
            for (; max > 0 && end >= separator.Length && text.LastIndexOf(separator, end - 1, end, StringComparison.Ordinal) is var at and >= 0; max--)
            {
                parts.Add(text[(at + separator.Length)..end]);
                end = at;
            }
            parts.Add(text[..end]);
            parts.Reverse();
            return parts;
        }
        int start = 0;
        for (; max > 0 && text.IndexOf(separator, start, StringComparison.Ordinal) is var at and >= 0; max--)
        {
            parts.Add(text[start..at]);
            start = at + separator.Length;
        }
        parts.Add(text[start..]);
        return parts;
    }

    private static List<object?> Spaces(string text, long max)
    {
        var parts = new List<object?>();
        int at = 0;
        while (true)
        {
            while (at < text.Length && PythonText.IsSpace(text[at]))
                at++;
            if (at == text.Length)
                return parts;
            if (max-- == 0)
            {
                parts.Add(text[at..]);
                return parts;
            }
            int start = at;
            while (at < text.Length && !PythonText.IsSpace(text[at]))
                at++;
            parts.Add(text[start..at]);
        }
    }

    private static List<object?> SpacesFromRight(string text, long max)
    {
        var parts = new List<object?>();
        int end = text.Length;
        while (true)
        {
            while (end > 0 && PythonText.IsSpace(text[end - 1]))
                end--;
            if (end == 0)
                break;
            if (max-- == 0)
            {
                parts.Add(text[..end]);
                break;
            }
            int stop = end;
            while (end > 0 && !PythonText.IsSpace(text[end - 1]))
                end--;
            parts.Add(text[end..stop]);
        }
        parts.Reverse();
        return parts;
    }

    public static object SplitLines(RenderState state, string text, Arguments arguments)
    {
        state.ChargeText(text.Length);
        List<string> lines = PythonText.Lines(text, PythonType.IsTrue(Arguments.Or(arguments.Bind(0, "keepends")[0], false)));
        state.CheckItems(lines.Count);
        state.Charge(lines.Count);
        return new ListValue([.. lines]);
    }

    public static object Partition(RenderState state, string text, Arguments arguments, bool fromRight)
    {
        string separator = Arguments.Text(arguments.Bind(1, "sep")[0], "the separator");
        if (separator.Length == 0)
            throw new ChatTemplateException("empty separator.");
        state.ChargeText(text.Length);
        int at = fromRight ? text.LastIndexOf(separator, StringComparison.Ordinal) : text.IndexOf(separator, StringComparison.Ordinal);
        return at >= 0 ? new TupleValue([text[..at], separator, text[(at + separator.Length)..]])
            : fromRight ? new TupleValue(["", "", text])
            : new TupleValue([text, "", ""]);
    }
}
