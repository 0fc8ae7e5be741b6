using System.Globalization;
using System.Numerics;

namespace Athanor.Inference.Constraints;

/// <summary>A bound of a number, in decimal notation: its integer part, the digits behind the point without zeros at the end, and whether the bound itself is left out.</summary>
internal readonly record struct NumberBound(BigInteger Whole, string Fraction, bool Negative, bool Excluded)
{
    // Digits beyond these come from exponents and would only make large automata.
    private const int MaxDigits = 60;

    /// <summary>The bound written as a JSON number; null where it has too many digits.</summary>
    public static NumberBound? Parse(string number, bool excluded)
    {
        bool negative = number.StartsWith('-');
        string digits = number.TrimStart('-');
        int exponentAt = digits.IndexOfAny(['e', 'E']), exponent = 0;
        if (exponentAt >= 0 && !int.TryParse(digits.AsSpan(exponentAt + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent))
            return null;
        string mantissa = exponentAt >= 0 ? digits[..exponentAt] : digits;
        int point = mantissa.IndexOf('.', StringComparison.Ordinal);
        string all = mantissa.Replace(".", "", StringComparison.Ordinal);
        long whole = (point < 0 ? mantissa.Length : point) + (long)exponent;
        if (all.Length > MaxDigits || whole is > MaxDigits or < -MaxDigits)
            return null;
        if (whole > all.Length)
            all = all.PadRight((int)whole, '0');
        if (whole < 0)
            (all, whole) = (new string('0', (int)-whole) + all, 0);
        var integer = BigInteger.Parse("0" + all[..(int)whole], CultureInfo.InvariantCulture);
        string fraction = all[(int)whole..].TrimEnd('0');
        return new NumberBound(integer, fraction, negative && (!integer.IsZero || fraction.Length > 0), excluded);
    }

    public static int Compare(NumberBound one, NumberBound other)
    {
        if (one.Negative != other.Negative)
            return one.Negative ? -1 : 1;
        int magnitude = one.Whole != other.Whole ? one.Whole.CompareTo(other.Whole) : string.CompareOrdinal(one.Fraction, other.Fraction);
        return one.Negative ? -magnitude : magnitude;
    }
}

/// <summary>Decimal numbers between two bounds, as grammar: the digits are compared one after the other with those of the bounds.</summary>
internal static class NumberRange
{
    private static readonly NumberBound s_zero = new(0, "", false, false);

    public static GrammarNode Digit { get; } = GrammarNode.Class(('0', '9'));

    /// <summary>A whole number of so many digits at most, without leading zeros and sign.</summary>
    public static GrammarNode Digits(int max) => GrammarNode.Choice(
        GrammarNode.Text("0"), GrammarNode.Sequence(GrammarNode.Class(('1', '9')), GrammarNode.Repeat(Digit, 0, Math.Max(1, max) - 1)));

    /// <summary>Numbers between two bounds (null for none), integers only where <paramref name="fractionDigits"/> is 0; null where there is none.</summary>
    public static GrammarNode? Between(NumberBound? min, NumberBound? max, int digits, int fractionDigits)
    {
        List<GrammarNode> parts = [];
        // At and above zero; "-0" is never written.
        if (max is not { Negative: true })
        {
            NumberBound low = min is { Negative: false } given ? given : s_zero;
            if (Magnitude(low, max, digits, fractionDigits) is { } positive)
                parts.Add(positive);
        }
        if (min is null or { Negative: true })
        {
            NumberBound low = max is { Negative: true } given ? given : s_zero with { Excluded = true };
            if (Magnitude(low, min, digits, fractionDigits) is { } negative)
                parts.Add(GrammarNode.Sequence(GrammarNode.Text("-"), negative));
        }
        return parts.Count == 0 ? null : GrammarNode.Choice(parts);
    }

    private static GrammarNode? Magnitude(NumberBound low, NumberBound? high, int digits, int fractionDigits)
    {
        List<GrammarNode> parts = [];
        int behind = fractionDigits == 0 ? 0 : Math.Max(fractionDigits, Math.Max(low.Fraction.Length, high?.Fraction.Length ?? 0) + 1);
        GrammarNode anyFraction = Fraction("", null, 0, behind) ?? GrammarNode.Empty;
        bool sameWhole = high?.Whole == low.Whole;
        // The least whole part, then those between, then the greatest.
        if (sameWhole || high is null || low.Whole < high.Value.Whole)
        {
            if (FractionAround(low, sameWhole ? high : null, behind) is { } fraction)
                parts.Add(GrammarNode.Sequence(GrammarNode.Text(low.Whole.ToString(CultureInfo.InvariantCulture)), fraction));
        }
        BigInteger first = low.Whole + 1;
        if (high is null)
        {
            int length = Text(first).Length;
            parts.Add(GrammarNode.Sequence(WholeBetween(first, BigInteger.Pow(10, Math.Max(digits, length + 1)) - 1), anyFraction));
        }
        else if (!sameWhole)
        {
            if (first < high.Value.Whole)
                parts.Add(GrammarNode.Sequence(WholeBetween(first, high.Value.Whole - 1), anyFraction));
            if (low.Whole < high.Value.Whole && FractionAround(null, high, behind) is { } fraction)
                parts.Add(GrammarNode.Sequence(GrammarNode.Text(Text(high.Value.Whole)), fraction));
        }
        return parts.Count == 0 ? null : GrammarNode.Choice(parts);
    }

    private static GrammarNode WholeBetween(BigInteger low, BigInteger high)
    {
        string from = Text(low), to = Text(high);
        List<GrammarNode> parts = [];
        for (int length = from.Length; length <= to.Length; length++)
        {
            string least = length == from.Length ? from : "1" + new string('0', length - 1);
            string most = length == to.Length ? to : new string('9', length);
            // Lengths between the bounds' own are all of one form.
            if (length > from.Length && length < to.Length - 1)
            {
                int last = to.Length - 1;
                parts.Add(GrammarNode.Sequence(GrammarNode.Class(('1', '9')), GrammarNode.Repeat(Digit, length - 1, last - 1)));
                length = last;
                continue;
            }
            parts.Add(OfLength(least, most));
        }
        return GrammarNode.Choice(parts);
    }

    // Digit strings of one length between two of that length.
    private static GrammarNode OfLength(string least, string most)
    {
        if (least.Length == 0)
            return GrammarNode.Empty;
        int same = 0;
        while (same < least.Length && least[same] == most[same])
            same++;
        if (same == least.Length)
            return GrammarNode.Text(least);
        GrammarNode prefix = GrammarNode.Text(least[..same]);
        (char low, char high) = (least[same], most[same]);
        string lowRest = least[(same + 1)..], highRest = most[(same + 1)..];
        bool lowOpen = lowRest.All(c => c == '0'), highOpen = highRest.All(c => c == '9');
        List<GrammarNode> parts = [];
        if (!lowOpen)
            parts.Add(GrammarNode.Sequence(GrammarNode.Text(low.ToString()), OfLength(lowRest, new string('9', lowRest.Length))));
        if (!highOpen)
            parts.Add(GrammarNode.Sequence(GrammarNode.Text(high.ToString()), OfLength(new string('0', highRest.Length), highRest)));
        (char from, char to) = (lowOpen ? low : (char)(low + 1), highOpen ? high : (char)(high - 1));
        if (from <= to)
            parts.Add(GrammarNode.Sequence(GrammarNode.Class((from, to)), GrammarNode.Repeat(Digit, lowRest.Length, lowRest.Length)));
        return GrammarNode.Sequence(prefix, GrammarNode.Choice(parts));
    }

    private static GrammarNode? FractionAround(NumberBound? low, NumberBound? high, int digits)
    {
        bool without = low is not ({ Fraction.Length: > 0 } or { Excluded: true }) && high is not { Excluded: true, Fraction.Length: 0 };
        GrammarNode? some = digits == 0 || high is { Fraction.Length: 0, Excluded: true } ? null
            : Tail(low?.Fraction, low?.Excluded ?? false, high?.Fraction, high?.Excluded ?? false, 0, digits);
        if (some is null)
            return without ? GrammarNode.Empty : null;
        some = GrammarNode.Sequence(GrammarNode.Text("."), some);
        return without ? GrammarNode.Optional(some) : some;
    }

    private static GrammarNode? Fraction(string low, string? high, int at, int digits) =>
        digits == 0 ? null : GrammarNode.Optional(GrammarNode.Sequence(GrammarNode.Text("."), Tail(low, false, high, false, at, digits) ?? GrammarNode.Empty));

    /// <summary>At least one more digit behind those before <paramref name="at"/>, which are equal to those of each bound that is still given.</summary>
    private static GrammarNode? Tail(string? low, bool lowExcluded, string? high, bool highExcluded, int at, int digits)
    {
        int left = digits - at - 1;
        if (left < 0)
            return null;
        if (low is not null && at >= low.Length && !lowExcluded)
            low = null;
        if (low is null && high is null)
            return GrammarNode.Repeat(Digit, 1, left + 1);
        List<GrammarNode> parts = [];
        char from = low is null ? '0' : at < low.Length ? low[at] : '0', to = high is null ? '9' : at < high.Length ? high[at] : '0';
        for (char digit = from; digit <= to; digit++)
        {
            string? stillLow = low is not null && digit == from ? low : null, stillHigh = high is not null && digit == to ? high : null;
            if (stillLow is null && stillHigh is null)
            {
                char last = high is null ? '9' : (char)(to - 1);
                parts.Add(GrammarNode.Sequence(GrammarNode.Class((digit, last)), GrammarNode.Repeat(Digit, 0, left)));
                digit = last;
                continue;
            }
            // May the number end with this digit? Not below the lower bound, nor at one that is left out.
            bool ends = (stillLow is null || (at + 1 >= stillLow.Length && !lowExcluded)) && (stillHigh is null || at + 1 < stillHigh.Length || !highExcluded);
            GrammarNode? more = stillHigh is not null && highExcluded && at + 1 >= stillHigh.Length
                ? null : Tail(stillLow, lowExcluded, stillHigh, highExcluded, at + 1, digits);
            GrammarNode head = GrammarNode.Text(digit.ToString());
            if (more is not null)
                parts.Add(GrammarNode.Sequence(head, ends ? GrammarNode.Optional(more) : more));
            else if (ends)
                parts.Add(head);
        }
        return parts.Count == 0 ? null : GrammarNode.Choice(parts);
    }

    private static string Text(BigInteger value) => value.ToString(CultureInfo.InvariantCulture);
}
