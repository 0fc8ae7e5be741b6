using System.Text;

namespace Athanor.Tokenizers.Chat;

/// <summary>The methods of Python's str that templates use.</summary>
internal static class TextMethods
{
    private delegate object? Method(RenderState state, string text, Arguments arguments);

    private static readonly Dictionary<string, Method> Methods = new(StringComparer.Ordinal)
    {
        ["upper"] = (s, t, a) => Plain(s, t, a, PythonText.Upper),
        ["lower"] = (s, t, a) => Plain(s, t, a, PythonText.Lower),
        ["casefold"] = (s, t, a) => Plain(s, t, a, text => PythonText.Lower(text).Replace("ß", "ss", StringComparison.Ordinal)),
        ["title"] = (s, t, a) => Plain(s, t, a, PythonText.Title),
        ["capitalize"] = (s, t, a) => Plain(s, t, a, PythonText.Capitalize),
        ["swapcase"] = (s, t, a) => Plain(s, t, a, PythonText.SwapCase),
        ["strip"] = (s, t, a) => Strip(s, t, a, 0),
        ["lstrip"] = (s, t, a) => Strip(s, t, a, -1),
        ["rstrip"] = (s, t, a) => Strip(s, t, a, 1),
        ["split"] = (s, t, a) => TextSplitting.Split(s, t, a, fromRight: false),
        ["rsplit"] = (s, t, a) => TextSplitting.Split(s, t, a, fromRight: true),
        ["splitlines"] = TextSplitting.SplitLines,
        ["partition"] = (s, t, a) => TextSplitting.Partition(s, t, a, fromRight: false),
        ["rpartition"] = (s, t, a) => TextSplitting.Partition(s, t, a, fromRight: true),
        ["join"] = (s, t, a) => Join(s, t, a.Bind(1, "iterable")[0]),
        ["replace"] = Replace,
        ["startswith"] = (s, t, a) => HasAffix(s, t, a, (part, affix) => part.StartsWith(affix, StringComparison.Ordinal)),
        ["endswith"] = (s, t, a) => HasAffix(s, t, a, (part, affix) => part.EndsWith(affix, StringComparison.Ordinal)),
        ["removeprefix"] = (s, t, a) => Affix(a) is var affix && t.StartsWith(affix, StringComparison.Ordinal) ? s.CheckText(t[affix.Length..]) : t,
        ["removesuffix"] = (s, t, a) => Affix(a) is var affix && affix.Length > 0 && t.EndsWith(affix, StringComparison.Ordinal) ? s.CheckText(t[..^affix.Length]) : t,
        ["find"] = (s, t, a) => Find(s, t, a, last: false, required: false),
        ["rfind"] = (s, t, a) => Find(s, t, a, last: true, required: false),
        ["index"] = (s, t, a) => Find(s, t, a, last: false, required: true),
        ["rindex"] = (s, t, a) => Find(s, t, a, last: true, required: true),
        ["count"] = (s, t, a) => Count(s, t, a),
        ["format"] = PythonFormat.Format,
        ["center"] = (s, t, a) => Pad(s, t, a, 0),
        ["ljust"] = (s, t, a) => Pad(s, t, a, -1),
        ["rjust"] = (s, t, a) => Pad(s, t, a, 1),
        ["zfill"] = ZeroFill,
        ["isalpha"] = (s, t, a) => Is(s, t, a, Rune.IsLetter),
        ["isdigit"] = (s, t, a) => Is(s, t, a, Rune.IsDigit),
        ["isdecimal"] = (s, t, a) => Is(s, t, a, Rune.IsDigit),
        ["isnumeric"] = (s, t, a) => Is(s, t, a, Rune.IsNumber),
        ["isalnum"] = (s, t, a) => Is(s, t, a, rune => Rune.IsLetter(rune) || Rune.IsNumber(rune)),
        ["isspace"] = (s, t, a) => Is(s, t, a, rune => Rune.IsWhiteSpace(rune) || rune.Value is >= 0x1c and <= 0x1f),
        ["isascii"] = (s, t, a) => t.Length == 0 || Is(s, t, a, rune => rune.IsAscii),
        ["isupper"] = (_, t, a) => a.Bind(0) is not null && PythonText.IsAllCase(t, upper: true),
        ["islower"] = (_, t, a) => a.Bind(0) is not null && PythonText.IsAllCase(t, upper: false),
    };

    public static object? Find(string text, string name) => Methods.TryGetValue(name, out Method? method)
        ? new FunctionValue("str." + name, (state, arguments) => method(state, text, arguments))
        : Lookup.Absent;

    private static string Plain(RenderState state, string text, Arguments arguments, Func<string, string> change)
    {
        arguments.Bind(0);
        return state.CheckText(change(text));
    }

    private static bool Is(RenderState state, string text, Arguments arguments, Func<Rune, bool> test)
    {
        arguments.Bind(0);
        state.ChargeText(text.Length);
        return PythonText.All(text, test);
    }

    private static string Affix(Arguments arguments) => Arguments.Text(arguments.Bind(1, "affix")[0], "the affix");

    private static string Strip(RenderState state, string text, Arguments arguments, int side)
    {
        object? characters = Arguments.Or(arguments.Bind(0, "chars")[0], null);
        return state.CheckText(PythonText.Strip(text, characters is null ? null : Arguments.Text(characters, "the characters to strip"), side));
    }

    /// <summary>Python's join: the items must be strings already.</summary>
    private static string Join(RenderState state, string separator, object? items)
    {
        if (items is UndefinedValue undefined)
            throw undefined.Error();
        var text = new StringBuilder();
        int index = 0;
        foreach (object? item in PythonType.Iterate(items, state))
        {
            if (item is not string part)
                throw new ChatTemplateException($"sequence item {index}: expected str instance, {PythonType.Name(item)} found.");
            if (index++ > 0)
                text.Append(separator);
            text.Append(part);
            state.CheckText(text.Length);
            state.ChargeText(separator.Length + part.Length);
        }
        return text.ToString();
    }

    private static string Replace(RenderState state, string text, Arguments arguments)
    {
        object?[] bound = arguments.Bind(2, "old", "new", "count");
        return PythonText.Replace(text, Arguments.Text(bound[0], "the text replaced"), Arguments.Text(bound[1], "the replacement"),
            PythonNumber.Index(Arguments.Or(bound[2], -1L), "the count"), state);
    }

    /// <summary>The part of the text from and up to code points, as find, count and startswith take it; null when it begins behind the end.</summary>
    private static string? Part(string text, object? start, object? end, out int offset)
    {
        offset = 0;
        if (start == Arguments.Missing && end == Arguments.Missing)
            return text;
        int count = PythonText.Length(text);
        long from = Clamp(Arguments.Or(start, null) is { } s ? PythonNumber.Index(s, "the start") : 0, count);
        long to = Clamp(Arguments.Or(end, null) is { } e ? PythonNumber.Index(e, "the end") : count, count);
        if (from > count || from > to)
            return null;
        offset = PythonText.Offset(text, from);
        return text[offset..PythonText.Offset(text, Math.Min(to, count))];
    }

    private static long Clamp(long index, int count) => index < 0 ? Math.Max(0, index + count) : index;

    private static bool HasAffix(RenderState state, string text, Arguments arguments, Func<string, string, bool> test)
    {
        object?[] bound = arguments.Bind(1, "prefix", "start", "end");
        state.Charge(1);
        string? part = Part(text, bound[1], bound[2], out _);
        IReadOnlyList<object?> affixes = bound[0] is TupleValue tuple ? tuple.Items : [bound[0]];
        bool any = false;
        foreach (object? affix in affixes)
            any |= test(part ?? "", Arguments.Text(affix, "the affix")) && part is not null;
        return any;
    }

    private static long Find(RenderState state, string text, Arguments arguments, bool last, bool required)
    {
        object?[] bound = arguments.Bind(1, "sub", "start", "end");
        string sub = Arguments.Text(bound[0], "the text sought");
        state.ChargeText(text.Length);
        string? part = Part(text, bound[1], bound[2], out int offset);
        int found = part is null ? -1 : last ? (sub.Length == 0 ? part.Length : part.LastIndexOf(sub, StringComparison.Ordinal)) : part.IndexOf(sub, StringComparison.Ordinal);
        if (found < 0)
            return required ? throw new ChatTemplateException("substring not found.") : -1L;
        return (long)PythonText.CodePoint(text, found + offset);
    }

    private static long Count(RenderState state, string text, Arguments arguments)
    {
        object?[] bound = arguments.Bind(1, "sub", "start", "end");
        string sub = Arguments.Text(bound[0], "the text counted");
        state.ChargeText(text.Length);
        if (Part(text, bound[1], bound[2], out _) is not { } part)
            return 0L;
        if (sub.Length == 0)
            return PythonText.Length(part) + 1L;
        long count = 0;
        for (int at = 0; (at = part.IndexOf(sub, at, StringComparison.Ordinal)) >= 0; at += sub.Length)
            count++;
        return count;
    }

    private static string Pad(RenderState state, string text, Arguments arguments, int side)
    {
        object?[] bound = arguments.Bind(1, "width", "fillchar");
        string fill = Arguments.Text(Arguments.Or(bound[1], " "), "the fill character");
        if (PythonText.Length(fill) != 1)
            throw new ChatTemplateException("the fill character must be exactly one character long.");
        return Pad(state, text, PythonNumber.Index(bound[0], "the width"), side, fill);
    }

    /// <summary>The text padded to a width: at its right (side below zero), left (above), or both.</summary>
    public static string Pad(RenderState state, string text, long width, int side, string fill = " ")
    {
        long missing = width - PythonText.Length(text);
        if (missing <= 0)
            return text;
        state.CheckText(Math.Min(missing, int.MaxValue) + text.Length);
        // Python's center puts the odd one to the left when the width is odd.
        long left = side < 0 ? 0 : side > 0 ? missing : missing / 2 + (missing & width & 1);
        return state.CheckText(Times(fill, left) + text + Times(fill, missing - left));
    }

    private static string Times(string fill, long count) => fill.Length == 1 ? new string(fill[0], (int)count) : string.Concat(Enumerable.Repeat(fill, (int)count));

    private static string ZeroFill(RenderState state, string text, Arguments arguments)
    {
        long missing = PythonNumber.Index(arguments.Bind(1, "width")[0], "the width") - PythonText.Length(text);
        if (missing <= 0)
            return text;
        state.CheckText(Math.Min(missing, int.MaxValue) + text.Length);
        int sign = text.Length > 0 && text[0] is '+' or '-' ? 1 : 0;
        return state.CheckText(text[..sign] + new string('0', (int)missing) + text[sign..]);
    }
}
