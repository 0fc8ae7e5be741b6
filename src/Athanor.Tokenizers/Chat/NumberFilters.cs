using System.Globalization;
using System.Numerics;

namespace Athanor.Tokenizers.Chat;

/// <summary>Filters that make numbers.</summary>
internal static class NumberFilters
{
    public static void AddTo(Dictionary<string, Filter> filters)
    {
        filters["int"] = Int;
        filters["float"] = Float;
        filters["abs"] = Abs;
        filters["round"] = Round;
        filters["sum"] = Sum;
    }

    private static object? Int(RenderState state, object? value, Arguments arguments)
    {
        object?[] bound = arguments.Bind(0, "default", "base");
        object? fallback = Arguments.Or(bound[0], 0L);
        switch (value)
        {
            case UndefinedValue undefined: throw undefined.Error();
            case bool truth: return truth ? 1L : 0L;
            case long or BigInteger: return value;
            case double real: return double.IsFinite(real) ? FormatSpec.Truncate(real) : double.IsNaN(real) ? fallback : throw FormatSpecError(real);
            case string text:
                state.ChargeText(text.Length);
                long radix = PythonNumber.Index(Arguments.Or(bound[1], 10L), "the base");
                return Parse(text, radix) ?? (ParseFloat(text) is { } number && double.IsFinite(number) ? FormatSpec.Truncate(number) : fallback);
            default: return fallback;
        }
    }

    private static ChatTemplateException FormatSpecError(double real) => new($"cannot convert float {PythonNumber.Repr(real)} to integer.");

    /// <summary>A whole number as Python's int() reads it, or null.</summary>
    private static object? Parse(string text, long radix)
    {
        string digits = PythonText.Strip(text, null, 0);
        bool negative = digits.StartsWith('-');
        if (negative || digits.StartsWith('+'))
            digits = digits[1..];
        if (radix is not (0 or >= 2 and <= 36))
            return null;
        char mark = digits.Length > 1 && digits[0] == '0' ? char.ToLowerInvariant(digits[1]) : '\0';
        int marked = mark switch { 'x' => 16, 'o' => 8, 'b' => 2, _ => 0 };
        if (marked != 0 && (radix == marked || radix == 0))
            (radix, digits) = (marked, digits[2..].StartsWith('_') ? digits[3..] : digits[2..]);
        else if (radix == 0)
            radix = digits.Length > 1 && digits[0] == '0' && digits.AsSpan().ContainsAnyExcept('0', '_') ? 0 : 10;
        if (digits.Length is 0 or > PythonNumber.MaxDigits || radix == 0)
            return null;
        BigInteger number = 0;
        for (int i = 0; i < digits.Length; i++)
        {
            char c = char.ToLowerInvariant(digits[i]);
            if (c == '_' && i > 0 && i + 1 < digits.Length && digits[i - 1] != '_')
                continue;
            int digit = char.IsAsciiDigit(c) ? c - '0' : char.IsAsciiLetterLower(c) ? c - 'a' + 10 : 99;
            if (digit >= radix)
                return null;
            number = number * radix + digit;
        }
        return PythonNumber.Normalize(negative ? -number : number);
    }

    /// <summary>A float as Python's float() reads it, or null.</summary>
    private static double? ParseFloat(string text)
    {
        string trimmed = PythonText.Strip(text, null, 0);
        switch (trimmed.ToLowerInvariant().TrimStart('+', '-'))
        {
            case "inf" or "infinity" when trimmed.Count(c => c is '+' or '-') <= 1: return trimmed.StartsWith('-') ? double.NegativeInfinity : double.PositiveInfinity;
            case "nan" when trimmed.Count(c => c is '+' or '-') <= 1: return double.NaN;
            default: break;
        }
        for (int i = 0; i < trimmed.Length; i++)
        {
            if (trimmed[i] == '_' && (i == 0 || i + 1 == trimmed.Length || !char.IsAsciiDigit(trimmed[i - 1]) || !char.IsAsciiDigit(trimmed[i + 1])))
                return null;
            if (trimmed[i] is not ('_' or '.' or '+' or '-' or 'e' or 'E') && !char.IsAsciiDigit(trimmed[i]))
                return null;
        }
        return double.TryParse(trimmed.Replace("_", "", StringComparison.Ordinal), NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number : null;
    }

    private static object? Float(RenderState state, object? value, Arguments arguments)
    {
        object? fallback = Arguments.Or(arguments.Bind(0, "default")[0], 0.0);
        return value switch
        {
            UndefinedValue undefined => throw undefined.Error(),
            string text => ParseFloat(text) is { } number ? number : fallback,
            _ => PythonType.IsNumber(value) ? PythonNumber.ToDouble(value!) : fallback,
        };
    }

    private static object? Abs(RenderState state, object? value, Arguments arguments)
    {
        arguments.Bind(0);
        if (value is UndefinedValue undefined)
            throw undefined.Error();
        if (!PythonType.IsNumber(value))
            throw new ChatTemplateException($"bad operand type for abs(): '{PythonType.Name(value)}'.");
        return value is double real ? Math.Abs(real) : PythonNumber.Normalize(BigInteger.Abs(PythonNumber.ToBig(value!)));
    }

    private static object? Round(RenderState state, object? value, Arguments arguments)
    {
        object?[] bound = arguments.Bind(0, "precision", "method");
        if (value is UndefinedValue undefined)
            throw undefined.Error();
        if (!PythonType.IsNumber(value))
            throw new ChatTemplateException($"type {PythonType.Name(value)} cannot be rounded.");
        int places = (int)Math.Clamp(PythonNumber.Index(Arguments.Or(bound[0], 0L), "the precision"), -400, 400);
        string method = Arguments.Text(Arguments.Or(bound[1], "common"), "the method");
        switch (method)
        {
            case "common" when value is double real: return PythonNumber.Round(real, places);
            case "common" when places >= 0: return PythonNumber.Normalize(PythonNumber.ToBig(value!));
            case "common":
                BigInteger whole = PythonNumber.ToBig(value!), unit = BigInteger.Pow(10, -places);
                return PythonNumber.Normalize(PythonNumber.RoundEven(BigInteger.Abs(whole), unit) * unit * whole.Sign);
            case "ceil" or "floor":
                double scale = Math.Pow(10, places);
                double scaled = PythonNumber.ToDouble(value!) * scale;
                if (!double.IsFinite(scaled))
                    throw FormatSpecError(scaled);
                return (method == "ceil" ? Math.Ceiling(scaled) : Math.Floor(scaled)) / scale;
            default: throw new ChatTemplateException("method must be common, ceil or floor.");
        }
    }

    private static object? Sum(RenderState state, object? value, Arguments arguments)
    {
        object?[] bound = arguments.Bind(0, "attribute", "start");
        object? attribute = Arguments.Or(bound[0], null);
        object? sum = Arguments.Or(bound[1], 0L);
        if (sum is string)
            throw new ChatTemplateException("sum() can't sum strings; write join instead.");
        foreach (object? item in PythonType.Iterate(value, state))
            sum = Operators.Apply("+", sum, AttributePath.Get(item, attribute), state);
        return sum;
    }
}
