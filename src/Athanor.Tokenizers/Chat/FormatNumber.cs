using System.Globalization;
using System.Numerics;
using System.Text;

namespace Athanor.Tokenizers.Chat;

/// <summary>The digits of a number without its sign, by Python's format codes.</summary>
internal static class FormatNumber
{
    public static string Magnitude(object value, char kind, int? precision, bool alternate)
    {
        if (value is not double && kind is '\0' or 'd' or 'n' or 'x' or 'X' or 'o' or 'b')
            return value is double ? throw new ChatTemplateException($"Unknown format code '{kind}' for object of type 'float'.") : Whole(BigInteger.Abs(PythonNumber.ToBig(value)), kind);
        double real = Math.Abs(PythonNumber.ToDouble(value));
        if (!double.IsFinite(real))
            return char.IsAsciiLetterUpper(kind) ? PythonNumber.Repr(real).ToUpperInvariant() : PythonNumber.Repr(real);
        string text = Real(value, real, kind, precision, alternate);
        if (!alternate || text.Contains('.', StringComparison.Ordinal))
            return text;
        // The alternate form always has its point.
        int point = text.IndexOfAny(['e', 'E', '%']);
        return text.Insert(point < 0 ? text.Length : point, ".");
    }

    private static string Real(object value, double real, char kind, int? precision, bool alternate)
    {
        switch (kind)
        {
            case 'f' or 'F': return PythonNumber.Fixed(real, precision ?? 6);
            case '%': return PythonNumber.Fixed(real * 100, precision ?? 6) + "%";
            case 'e' or 'E': return Case(Scientific(real, precision ?? 6), kind);
            case 'g' or 'G' or 'n': return Case(General(real, precision ?? 6, alternate, 0), kind);
            case '\0': return precision is null ? PythonNumber.Repr(real) : General(real, precision.Value, alternate, 1);
            default: throw new ChatTemplateException($"Unknown format code '{kind}' for object of type '{PythonType.Name(value)}'.");
        }
    }

    private static string Case(string text, char kind) => char.IsAsciiLetterUpper(kind) ? text.ToUpperInvariant() : text;

    private static string Whole(BigInteger value, char kind)
    {
        if (kind is '\0' or 'd' or 'n')
            return value.ToString(CultureInfo.InvariantCulture);
        if (value.IsZero)
            return "0";
        int radix = kind switch { 'o' => 8, 'b' => 2, _ => 16 };
        var digits = new StringBuilder();
        for (; !value.IsZero; value /= radix)
            digits.Insert(0, "0123456789abcdef"[(int)(value % radix)]);
        return Case(digits.ToString(), kind);
    }

    /// <summary>The significant digits of a float, exactly rounded with ties to even, and its decimal exponent.</summary>
    private static (string Digits, int Exponent) Significant(double value, int count)
    {
        if (value == 0)
            return (new string('0', count), 0);
        int exponent = (int)Math.Floor(Math.Log10(value));
        while (true)
        {
            string digits = Shifted(value, count - 1 - exponent);
            // The logarithm may be one off, and rounding may carry into one digit more.
            if (digits.Length == count)
                return (digits, exponent);
            exponent += digits.Length > count ? 1 : -1;
        }
    }

    private static string Shifted(double value, int places) => places >= 0
        ? PythonNumber.Fixed(value, places).Replace(".", "", StringComparison.Ordinal).TrimStart('0')
        : PythonNumber.Fixed(value, places);

    private static string Scientific(double value, int precision)
    {
        (string digits, int exponent) = Significant(value, precision + 1);
        return $"{digits[0]}{(precision > 0 ? "." + digits[1..] : "")}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}";
    }

    private static string General(double value, int precision, bool alternate, int minimumPlaces)
    {
        precision = Math.Max(1, precision);
        (string digits, int exponent) = Significant(value, precision);
        if (exponent < -4 || exponent >= precision - minimumPlaces)
        {
            string fraction = alternate ? digits[1..] : digits[1..].TrimEnd('0');
            return $"{digits[0]}{(fraction.Length > 0 ? "." + fraction : "")}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}";
        }
        string text = PythonNumber.Fixed(value, Math.Max(0, precision - 1 - exponent));
        if (!alternate && text.Contains('.', StringComparison.Ordinal))
            text = text.TrimEnd('0').TrimEnd('.');
        return minimumPlaces > 0 && !text.Contains('.', StringComparison.Ordinal) ? text + ".0" : text;
    }

    /// <summary>The digits before the point in groups of a size.</summary>
    public static string Grouped(string digits, char separator, int size)
    {
        int end = 0;
        while (end < digits.Length && char.IsAsciiHexDigit(digits[end]) && (size == 4 || char.IsAsciiDigit(digits[end])))
            end++;
        var grouped = new StringBuilder(digits);
        for (int at = end - size; at > 0; at -= size)
            grouped.Insert(at, separator);
        return grouped.ToString();
    }
}
