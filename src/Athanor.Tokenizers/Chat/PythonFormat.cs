using System.Globalization;
using System.Text;

namespace Athanor.Tokenizers.Chat;

/// <summary>Python's two ways to put values into a text: <c>"%s" % value</c> and <c>"{}".format(value)</c>.</summary>
internal static class PythonFormat
{
    public static string Percent(string format, object? values, RenderState state)
    {
        var text = new StringBuilder();
        IReadOnlyList<object?> items = values is TupleValue tuple ? tuple.Items : [values];
        int next = 0;
        bool mapped = false;
        for (int i = 0; i < format.Length; i++)
        {
            int percent = format.IndexOf('%', i);
            if (percent < 0)
                percent = format.Length;
            text.Append(format, i, percent - i);
            i = percent + 1;
            if (percent == format.Length)
                break;
            string? key = null;
            if (i < format.Length && format[i] == '(')
            {
                int close = format.IndexOf(')', i);
                if (close < 0)
                    throw new ChatTemplateException("incomplete format key.");
                key = format[(i + 1)..close];
                i = close + 1;
                mapped = true;
            }
            var spec = new FormatSpec { Fill = " " };
            for (; i < format.Length && "-+ #0".Contains(format[i], StringComparison.Ordinal); i++)
            {
                switch (format[i])
                {
                    case '-': spec.Align = '<'; break;
                    case '0': spec.Zero = true; break;
                    case '#': spec.Alternate = true; break;
                    case '+': spec.Sign = '+'; break;
                    default: spec.Sign = spec.Sign == '+' ? '+' : ' '; break;
                }
            }
            spec.Width = Number(format, ref i, "the width") ?? 0;
            if (i < format.Length && format[i] == '.')
            {
                i++;
                spec.Precision = Number(format, ref i, "the precision") ?? 0;
            }
            while (i < format.Length && format[i] is 'l' or 'h' or 'L')
                i++;
            if (i >= format.Length)
                throw new ChatTemplateException("incomplete format.");
            if (format[i] == '%')
            {
                text.Append('%');
                continue;
            }
            object? value;
            if (key is not null)
            {
                if (values is not DictValue dict)
                    throw new ChatTemplateException("format requires a mapping.");
                value = dict.TryGet(key, out object? found) ? found : throw new ChatTemplateException($"the format's key '{key}' is not in the mapping.");
            }
            else
            {
                value = next < items.Count ? items[next++] : throw new ChatTemplateException("not enough arguments for format string.");
            }
            text.Append(spec.Percent(format[i], value, state));
            state.CheckText(text.Length);
        }
        if (!mapped && next < items.Count && values is not (DictValue or ListValue))
            throw new ChatTemplateException("not all arguments converted during string formatting.");
        return state.CheckText(text.ToString());
    }

    private static int? Number(string format, ref int at, string what)
    {
        int start = at;
        while (at < format.Length && char.IsAsciiDigit(format[at]))
            at++;
        if (at == start)
            return at < format.Length && format[at] == '*' ? throw new ChatTemplateException($"{what} as an argument (*) is not supported.") : null;
        return int.TryParse(format.AsSpan(start, at - start), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number : throw new ChatTemplateException($"{what} is too large.");
    }

    public static object Format(RenderState state, string format, Arguments arguments)
    {
        int next = 0;
        return state.CheckText(Format(format, arguments, ref next, 0, state));
    }

    private static string Format(string format, Arguments arguments, ref int next, int depth, RenderState state)
    {
        var text = new StringBuilder();
        for (int i = 0; i < format.Length; i++)
        {
            char c = format[i];
            if (c is not ('{' or '}'))
            {
                text.Append(c);
                continue;
            }
            if (i + 1 < format.Length && format[i + 1] == c && depth == 0)
            {
                text.Append(c);
                i++;
                continue;
            }
            int end = c == '{' ? FieldEnd(format, i) : -1;
            if (end < 0)
                throw new ChatTemplateException($"Single '{c}' encountered in format string.");
            text.Append(Field(format[(i + 1)..end], arguments, ref next, depth, state));
            state.CheckText(text.Length);
            i = end;
        }
        return text.ToString();
    }

    private static int FieldEnd(string format, int open)
    {
        int depth = 0;
        for (int i = open; i < format.Length; i++)
        {
            depth += format[i] == '{' ? 1 : format[i] == '}' ? -1 : 0;
            if (depth == 0)
                return i;
        }
        return -1;
    }

    private static string Field(string field, Arguments arguments, ref int next, int depth, RenderState state)
    {
        if (depth > 1)
            throw new ChatTemplateException("Max string recursion exceeded in a format string.");
        int colon = field.IndexOf(':', StringComparison.Ordinal);
        string name = colon < 0 ? field : field[..colon];
        int mark = name.IndexOf('!', StringComparison.Ordinal);
        string conversion = mark < 0 ? "" : name[(mark + 1)..];
        if (mark >= 0)
            name = name[..mark];
        object? value = FieldValue(name, arguments, ref next);
        value = conversion switch
        {
            "" => value,
            "s" => PythonRepr.Str(value, state),
            "r" => PythonRepr.Repr(value, state),
            _ => throw new ChatTemplateException($"unknown conversion '!{conversion}' in a format string; !s and !r are known."),
        };
        string spec = colon < 0 ? "" : Format(field[(colon + 1)..], arguments, ref next, depth + 1, state);
        return FormatSpec.Parse(spec).Format(value, state);
    }

    private static object? FieldValue(string name, Arguments arguments, ref int next)
    {
        int end = name.IndexOfAny(['.', '[']);
        string first = end < 0 ? name : name[..end];
        object? value;
        if (first.Length == 0 || int.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out int index) && (next = -1) < 0)
        {
            if (first.Length == 0 && next < 0)
                throw new ChatTemplateException("cannot switch from manual field specification to automatic field numbering.");
            index = first.Length == 0 ? next++ : int.Parse(first, CultureInfo.InvariantCulture);
            value = index < arguments.Positional.Count ? arguments.Positional[index] : throw new ChatTemplateException($"the format string asks for argument {index}, which is not given.");
        }
        else
        {
            int at = arguments.Named.ToList().FindIndex(pair => pair.Key == first);
            value = at >= 0 ? arguments.Named[at].Value : throw new ChatTemplateException($"the format string asks for '{first}', which is not given.");
        }
        while (end >= 0 && end < name.Length)
        {
            bool item = name[end] == '[';
            int stop = item ? name.IndexOf(']', end) : name.IndexOfAny(['.', '['], end + 1);
            if (item && stop < 0)
                throw new ChatTemplateException("missing ']' in a format string.");
            string part = name[(end + 1)..(stop < 0 ? name.Length : stop)];
            value = item ? Lookup.Item(value, long.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : part) : Lookup.Attribute(value, part);
            end = item ? stop + 1 : stop;
        }
        return value;
    }
}
