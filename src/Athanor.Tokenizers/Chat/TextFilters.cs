using System.Text;

namespace Athanor.Tokenizers.Chat;

/// <summary>Filters that make texts.</summary>
internal static class TextFilters
{
    public static void AddTo(Dictionary<string, Filter> filters)
    {
        filters["upper"] = (s, v, a) => Plain(s, v, a, PythonText.Upper);
        filters["lower"] = (s, v, a) => Plain(s, v, a, PythonText.Lower);
        filters["capitalize"] = (s, v, a) => Plain(s, v, a, PythonText.Capitalize);
        filters["title"] = (s, v, a) => Plain(s, v, a, Title);
        filters["string"] = (s, v, a) => Plain(s, v, a, text => text);
        // Nothing is escaped by itself here, so there is nothing to mark as safe.
        filters["safe"] = filters["string"];
        filters["e"] = filters["escape"] = filters["forceescape"] = (s, v, a) => Plain(s, v, a, Escape);
        filters["trim"] = Trim;
        filters["replace"] = Replace;
        filters["indent"] = Indent;
        filters["center"] = (s, v, a) => TextMethods.Pad(s, PythonRepr.Str(v, s), PythonNumber.Index(Arguments.Or(a.Bind(0, "width")[0], 80L), "the width"), 0);
        filters["truncate"] = Truncate;
        filters["wordcount"] = (s, v, a) => a.Bind(0) is null ? null : WordCount(PythonRepr.Str(v, s));
        filters["format"] = Format;
        filters["tojson"] = ToJson;
        filters["join"] = Join;
    }

    private static string Plain(RenderState state, object? value, Arguments arguments, Func<string, string> change)
    {
        arguments.Bind(0);
        return state.CheckText(change(PythonRepr.Str(value, state)));
    }

    /// <summary>Jinja's title: words begin behind spaces, hyphens and opening brackets alone.</summary>
    private static string Title(string text)
    {
        var title = new StringBuilder(text.Length);
        bool begins = true;
        foreach (Rune rune in PythonText.Lower(text).EnumerateRunes())
        {
            bool separates = rune.IsBmp && ((char)rune.Value is '-' or '(' or '{' or '[' or '<' || PythonText.IsSpace((char)rune.Value));
            title.Append((begins && !separates ? Rune.ToUpperInvariant(rune) : rune).ToString());
            begins = separates;
        }
        return title.ToString();
    }

    private static string Escape(string text) => text
        .Replace("&", "&amp;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal)
        .Replace("'", "&#39;", StringComparison.Ordinal).Replace("\"", "&#34;", StringComparison.Ordinal);

    private static string Trim(RenderState state, object? value, Arguments arguments)
    {
        object? characters = Arguments.Or(arguments.Bind(0, "chars")[0], null);
        return state.CheckText(PythonText.Strip(PythonRepr.Str(value, state), characters is null ? null : Arguments.Text(characters, "the characters to trim"), 0));
    }

    private static string Replace(RenderState state, object? value, Arguments arguments)
    {
        object?[] bound = arguments.Bind(2, "old", "new", "count");
        long count = Arguments.Or(bound[2], null) is { } given ? PythonNumber.Index(given, "the count") : -1;
        return PythonText.Replace(PythonRepr.Str(value, state), PythonRepr.Str(bound[0], state), PythonRepr.Str(bound[1], state), count, state);
    }

    private static string Indent(RenderState state, object? value, Arguments arguments)
    {
        object?[] bound = arguments.Bind(0, "width", "first", "blank");
        string indent = Arguments.Or(bound[0], 4L) is var width && width is string text ? text : Spaces(PythonNumber.Index(width, "the width"), state);
        bool first = PythonType.IsTrue(Arguments.Or(bound[1], false)), blank = PythonType.IsTrue(Arguments.Or(bound[2], false));
        List<string> lines = PythonText.Lines(Arguments.Text(value, "what is indented") + "\n", keepEnds: false);
        var result = new StringBuilder();
        for (int i = 0; i < lines.Count; i++)
        {
            if (i > 0)
                result.Append('\n');
            if (i == 0 ? first : blank || lines[i].Length > 0)
                result.Append(indent);
            result.Append(lines[i]);
            state.CheckText(result.Length);
            state.ChargeText(indent.Length + lines[i].Length + 16);
        }
        return result.ToString();
    }

    private static string Spaces(long count, RenderState state)
    {
        state.CheckText(count);
        return new string(' ', (int)Math.Max(0, count));
    }

    private static string Truncate(RenderState state, object? value, Arguments arguments)
    {
        object?[] bound = arguments.Bind(0, "length", "killwords", "end", "leeway");
        string text = Arguments.Text(value, "what is truncated");
        string end = Arguments.Text(Arguments.Or(bound[2], "..."), "the end");
        long length = PythonNumber.Index(Arguments.Or(bound[0], 255L), "the length");
        long leeway = Arguments.Or(bound[3], null) is { } given ? PythonNumber.Index(given, "the leeway") : 5;
        if (length < PythonText.Length(end) || leeway < 0)
            throw new ChatTemplateException($"truncate needs a length of at least that of its end ('{end}') and a leeway of at least 0.");
        if (PythonText.Length(text) <= length + leeway)
            return text;
        string cut = text[..PythonText.Offset(text, length - PythonText.Length(end))];
        if (!PythonType.IsTrue(Arguments.Or(bound[1], false)) && cut.LastIndexOf(' ') is var space and >= 0)
            cut = cut[..space];
        return state.CheckText(cut + end);
    }

    private static long WordCount(string text)
    {
        long words = 0;
        bool inWord = false;
        foreach (Rune rune in text.EnumerateRunes())
        {
            bool letter = Rune.IsLetterOrDigit(rune) || Rune.IsNumber(rune) || rune.Value == '_';
            words += letter && !inWord ? 1 : 0;
            inWord = letter;
        }
        return words;
    }

    private static string Format(RenderState state, object? value, Arguments arguments)
    {
        if (arguments.Positional.Count > 0 && arguments.Named.Count > 0)
            throw new ChatTemplateException("can't handle positional and keyword arguments at the same time.");
        object values = new TupleValue(arguments.Positional);
        if (arguments.Named.Count > 0)
        {
            var dict = new DictValue();
            foreach (KeyValuePair<string, object?> pair in arguments.Named)
                dict.Set(pair.Key, pair.Value);
            values = dict;
        }
        return PythonFormat.Percent(PythonRepr.Str(value, state), values, state);
    }

    private static string ToJson(RenderState state, object? value, Arguments arguments)
    {
        object?[] bound = arguments.Bind(0, "ensure_ascii", "indent", "separators", "sort_keys");
        string? indent = Arguments.Or(bound[1], null) switch
        {
            null => null,
            string text => text,
            var width => Spaces(PythonNumber.Index(width, "the indent"), state),
        };
        (string item, string key) = (indent is null ? ", " : ",", ": ");
        if (Arguments.Or(bound[2], null) is { } separators)
        {
            if (separators is not SequenceValue { Items: [string first, string second] })
                throw new ChatTemplateException("the separators must be two strings.");
            (item, key) = (first, second);
        }
        var json = new JsonText(state, PythonType.IsTrue(Arguments.Or(bound[0], false)), indent, item, key, PythonType.IsTrue(Arguments.Or(bound[3], false)));
        return state.CheckText(json.Write(value));
    }

    private static string Join(RenderState state, object? value, Arguments arguments)
    {
        object?[] bound = arguments.Bind(0, "d", "attribute");
        string separator = PythonRepr.Str(Arguments.Or(bound[0], ""), state);
        object? attribute = Arguments.Or(bound[1], null);
        var text = new StringBuilder();
        bool first = true;
        foreach (object? item in PythonType.Iterate(value, state))
        {
            if (!first)
                text.Append(separator);
            first = false;
            string part = PythonRepr.Str(attribute is null ? item : AttributePath.Get(item, attribute), state);
            text.Append(part);
            state.CheckText(text.Length);
            state.ChargeText(separator.Length + part.Length);
        }
        return text.ToString();
    }
}
