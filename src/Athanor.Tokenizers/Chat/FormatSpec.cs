using System.Globalization;
using System.Numerics;

namespace Athanor.Tokenizers.Chat;

/// <summary>How one value is to be written: fill, alignment, sign, width, grouping, precision and kind.</summary>
internal sealed class FormatSpec
{
    private bool _empty, _signed;

    public string Fill { get; set; } = " ";

    public char Align { get; set; }

    public char Sign { get; set; } = '-';

    public bool Alternate { get; set; }

    public bool Zero { get; set; }

    public char Group { get; set; }

    public int Width { get; set; }

    public int? Precision { get; set; }

    private char Kind { get; set; }

    /// <summary>Reads a format specification: [[fill]align][sign][#][0][width][,][.precision][type].</summary>
    public static FormatSpec Parse(string text)
    {
        var spec = new FormatSpec { _empty = text.Length == 0 };
        int at = 0;
        int fill = text.Length > 1 && char.IsHighSurrogate(text[0]) ? 2 : 1;
        if (text.Length > fill && text[fill] is '<' or '>' or '^' or '=')
        {
            (spec.Fill, spec.Align, at) = (text[..fill], text[fill], fill + 1);
        }
        else if (text.Length > 0 && text[0] is '<' or '>' or '^' or '=')
        {
            (spec.Align, at) = (text[0], 1);
        }
        if (at < text.Length && text[at] is '+' or '-' or ' ')
            (spec.Sign, spec._signed) = (text[at++], true);
        if (at < text.Length && text[at] == '#')
            (spec.Alternate, at) = (true, at + 1);
        if (at < text.Length && text[at] == '0')
        {
            (spec.Zero, at) = (true, at + 1);
            // A fill that is written out wins over the zero, which stands for one.
            if (!(text.Length > fill && text[fill] is '<' or '>' or '^' or '='))
                spec.Fill = "0";
        }
        spec.Width = Number(text, ref at) ?? 0;
        if (at < text.Length && text[at] is ',' or '_')
            spec.Group = text[at++];
        if (at < text.Length && text[at] == '.')
        {
            at++;
            spec.Precision = Number(text, ref at) ?? throw new ChatTemplateException("Format specifier missing precision.");
        }
        if (at < text.Length)
            spec.Kind = text[at++];
        return at == text.Length ? spec : throw new ChatTemplateException($"Invalid format specifier '{text}'.");
    }

    private static int? Number(string text, ref int at)
    {
        int start = at;
        while (at < text.Length && char.IsAsciiDigit(text[at]))
            at++;
        return at == start ? null
            : int.TryParse(text.AsSpan(start, at - start), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number
            : throw new ChatTemplateException("a width or precision in a format string is too large.");
    }

    /// <summary>A value by the rules of <c>%</c>.</summary>
    public string Percent(char kind, object? value, RenderState state)
    {
        Kind = kind;
        switch (kind)
        {
            case 's' or 'r' or 'a':
                Zero = false;
                return Text(kind == 's' ? PythonRepr.Str(value, state) : PythonRepr.Repr(value, state), '>', state);
            case 'c':
                (Zero, Precision) = (false, null);
                return Text(Character(value), '>', state);
            case 'd' or 'i' or 'u' or 'x' or 'X' or 'o' or 'e' or 'E' or 'f' or 'F' or 'g' or 'G':
                if (!PythonType.IsNumber(value))
                    throw new ChatTemplateException($"%{kind} format: a number is required, not {PythonType.Name(value)}.");
                if (kind is 'd' or 'i' or 'u')
                    (Kind, value) = ('d', value is double real ? Truncate(real) : value);
                else if (kind is 'x' or 'X' or 'o' && value is double)
                    throw new ChatTemplateException($"%{kind} format: an integer is required, not float.");
                int? digits = null;
                if (Kind is 'd' or 'x' or 'X' or 'o')
                    (digits, Precision) = (Precision, null);
                if (Align == '<')
                    Zero = false;
                return Numeric(value!, digits, state);
            default: throw new ChatTemplateException($"unsupported format character '{kind}'.");
        }
    }

    private static string Character(object? value) =>
        value is string text && PythonText.Length(text) == 1 ? text
        : value is bool truth ? (truth ? "\x01" : "\0")
        : value is long code and >= 0 and <= 0x10ffff and not (>= 0xd800 and <= 0xdfff) ? char.ConvertFromUtf32((int)code)
        : throw new ChatTemplateException("%c requires an int or one character.");

    public static object Truncate(double real) => double.IsFinite(real)
        ? PythonNumber.Normalize(new BigInteger(Math.Truncate(real)))
        : throw new ChatTemplateException($"cannot convert float {(double.IsNaN(real) ? "NaN" : "infinity")} to integer.");

    /// <summary>A value by the rules of <c>format</c>.</summary>
    public string Format(object? value, RenderState state)
    {
        if (_empty)
            return PythonRepr.Str(value, state);
        if (PythonType.IsNumber(value))
        {
            if (Kind == 's' || (value is not double && Kind is '\0' or 'd' or 'x' or 'X' or 'o' or 'b' && Precision is not null))
                throw new ChatTemplateException($"a number cannot be formatted so ('{Kind}').");
            return Numeric(value!, null, state);
        }
        if (value is not string)
            throw new ChatTemplateException($"unsupported format string passed to {PythonType.Name(value)}.__format__.");
        if (Kind is not ('\0' or 's') || Align == '=' || _signed || Alternate || Group != '\0')
            throw new ChatTemplateException("a string is formatted by fill, alignment, width and precision alone.");
        if (Zero && Align == '\0')
            (Fill, Align) = ("0", '<');
        return Text(PythonRepr.Str(value, state), '<', state);
    }

    private string Text(string text, char align, RenderState state)
    {
        if (Precision is { } precision)
            text = text[..PythonText.Offset(text, precision)];
        return Pad(text, "", Align == '\0' ? align : Align, state);
    }

    private string Numeric(object value, int? minimumDigits, RenderState state)
    {
        if (Precision is > 1000)
            throw new ChatTemplateLimitException("more than 1000 digits behind the point.");
        bool negative = value is double real ? double.IsNegative(real) && !double.IsNaN(real) : PythonNumber.ToBig(value).Sign < 0;
        string digits = FormatNumber.Magnitude(value, Kind, Precision, Alternate);
        if (minimumDigits is { } minimum)
        {
            state.CheckText(minimum);
            digits = digits.PadLeft(minimum, '0');
        }
        string prefix = (negative ? "-" : Sign == '-' ? "" : Sign.ToString()) + (Alternate ? Kind switch { 'x' => "0x", 'X' => "0X", 'o' => "0o", 'b' => "0b", _ => "" } : "");
        if (Zero && Align == '\0')
            (Fill, Align) = ("0", '=');
        if (Group != '\0')
            digits = Grouped(digits, prefix.Length, state);
        return Pad(digits, prefix, Align == '\0' ? '>' : Align, state);
    }

    /// <summary>The digits in groups; zeros that fill the width are grouped with them.</summary>
    private string Grouped(string digits, int prefix, RenderState state)
    {
        bool binary = Kind is 'x' or 'X' or 'o' or 'b';
        if (binary && Group == ',')
            throw new ChatTemplateException($"Cannot specify ',' with '{Kind}'.");
        int size = binary ? 4 : 3;
        string grouped = FormatNumber.Grouped(digits, Group, size);
        if (Align != '=' || Fill != "0")
            return grouped;
        state.CheckText((long)Width);
        // One separator stands for each group, so the zeros are first estimated, then one more or less decides.
        int missing = Width - prefix - grouped.Length;
        int zeros = Math.Max(0, missing - missing / (size + 1) - 1);
        while ((grouped = FormatNumber.Grouped(new string('0', zeros) + digits, Group, size)).Length + prefix < Width)
            zeros++;
        return grouped;
    }

    private string Pad(string text, string prefix, char align, RenderState state)
    {
        long missing = Math.Max(0L, (long)Width - PythonText.Length(text) - prefix.Length);
        state.CheckText(missing + text.Length);
        state.ChargeText(missing + text.Length);
        long left = align switch { '<' => 0, '^' => missing / 2, _ => missing };
        string before = string.Concat(Enumerable.Repeat(Fill, (int)left)), after = string.Concat(Enumerable.Repeat(Fill, (int)(missing - left)));
        return align == '=' ? prefix + before + text : before + prefix + text + after;
    }
}
