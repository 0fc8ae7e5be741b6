using System.Buffers;
using System.Globalization;

namespace Athanor.Runs.Settings;

/// <summary>
/// Numbers as people write them: <c>3.3M</c>, <c>64k</c> (thousands), <c>64Ki</c> (1024s), <c>1e-3</c>, <c>1_000_000</c>, and <c>3%</c> for fractions.
/// </summary>
public static class NumberText
{
    public const string Pattern = @"^[+-]?(\d[\d_]*)?(\.[\d_]*)?([eE][+-]?\d+)?(k|K|M|G|B|T|Ki|Mi|Gi|Ti|%)?$";

    private static readonly SearchValues<char> InNumbers = SearchValues.Create("+-.0123456789_eE");

    /// <summary>Exact where a decimal can hold the value.</summary>
    public static bool TryInteger(string text, out decimal value)
    {
        value = 0;
        if (!Split(text, out string digits, out decimal scale) || scale < 1)
            return false;
        if (!decimal.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out value))
            return false;
        try
        {
            value *= scale;
        }
        catch (OverflowException)
        {
            return false;
        }
        return decimal.Truncate(value) == value;
    }

    /// <summary>Finite numbers only.</summary>
    public static bool TryNumber(string text, out double value)
    {
        value = 0;
        if (!Split(text, out string digits, out decimal scale) || !double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out value))
            return false;
        // In decimal 3.3M is 3300000 and 3% is 0.03; in binary both would be near misses.
        if (scale != 1)
            value = decimal.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal exact) && Math.Abs(exact) < 1e15m && (Math.Abs(exact) > 1e-12m || exact == 0)
                ? (double)(exact * scale) : value * (double)scale;
        return double.IsFinite(value);
    }

    private static bool Split(string text, out string digits, out decimal scale)
    {
        scale = 1;
        digits = "";
        if (text.Length is 0 or > 64)
            return false;
        int end = text.Length;
        while (end > 0 && !char.IsAsciiDigit(text[end - 1]) && text[end - 1] != '.')
            end--;
        scale = text[end..] switch
        {
            "" => 1,
            "k" or "K" => 1e3m,
            "M" => 1e6m,
            "G" or "B" => 1e9m,
            "T" => 1e12m,
            "Ki" => 1024,
            "Mi" => 1024 * 1024,
            "Gi" => 1024 * 1024 * 1024,
            "Ti" => 1024m * 1024 * 1024 * 1024,
            "%" => 0.01m,
            _ => 0,
        };
        if (scale == 0 || end == 0 || !text.AsSpan(0, end).ContainsAnyInRange('0', '9') || text.AsSpan(0, end).ContainsAnyExcept(InNumbers))
            return false;
        if (text[0] == '_' || text[end - 1] == '_')
            return false;
        digits = text[..end].Replace("_", "", StringComparison.Ordinal);
        return true;
    }

    /// <summary>The shortest text that reads back to the same number.</summary>
    public static string Write(object number) => number switch
    {
        IFormattable other => other.ToString(null, CultureInfo.InvariantCulture),
        _ => throw new ArgumentException($"{number.GetType()} is no number."),
    };
}
