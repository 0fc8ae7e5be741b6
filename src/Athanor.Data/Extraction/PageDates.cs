using System.Globalization;

namespace Athanor.Data.Extraction;

/// <summary>Dates as pages write them for machines.</summary>
internal static class PageDates
{
    /// <summary>The day, as year-month-day, or null where there is none that can be: "2019-11-05T08:00:00+01:00", "20191105", "Tue, 05 Nov 2019 …", "5.11.2019", "2019/11/05".</summary>
    public static string? Day(ReadOnlySpan<char> text)
    {
        text = text.Trim();
        if (text.Length is < 8 or > 64)
            return null;
        if (Numbers(text, out int first, out int second, out int third, out int firstDigits))
        {
            if (firstDigits == 4)
                return Valid(first, second, third);
            // Days come first where dots part them; otherwise it cannot be known unless one is above 12.
            return text.Contains('.') || first > 12 ? Valid(third, second, first) : second > 12 ? Valid(third, first, second) : null;
        }
        if (char.IsAsciiDigit(text[0]) && text.Length >= 8 && text[..8].IndexOfAnyExceptInRange('0', '9') < 0 && (text.Length == 8 || !char.IsAsciiDigit(text[8])))
            return Valid(int.Parse(text[..4], CultureInfo.InvariantCulture), int.Parse(text.Slice(4, 2), CultureInfo.InvariantCulture), int.Parse(text.Slice(6, 2), CultureInfo.InvariantCulture));
        return HasYear(text) && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset date) ? Valid(date.Year, date.Month, date.Day) : null;
    }

    private static bool HasYear(ReadOnlySpan<char> text)
    {
        // Without a year the parser would fill in today's, and the result would depend on the day.
        int run = 0;
        foreach (char c in text)
        {
            run = char.IsAsciiDigit(c) ? run + 1 : 0;
            if (run == 4)
                return true;
        }
        return false;
    }

    private static bool Numbers(ReadOnlySpan<char> text, out int first, out int second, out int third, out int firstDigits)
    {
        Span<int> numbers = stackalloc int[3];
        numbers.Clear();
        firstDigits = 0;
        int at = 0;
        for (int i = 0; i < 3; i++)
        {
            int begin = at;
            while (at < text.Length && char.IsAsciiDigit(text[at]) && at - begin < 4)
                numbers[i] = numbers[i] * 10 + text[at++] - '0';
            if (i == 0)
                firstDigits = at - begin;
            bool parted = i == 2 || (at < text.Length && text[at] is '-' or '/' or '.');
            if (at == begin || !parted)
            {
                (first, second, third) = (0, 0, 0);
                return false;
            }
            if (i < 2)
                at++;
            if (i < 2 && at < text.Length && text[at] == ' ')
                at++;
        }
        (first, second, third) = (numbers[0], numbers[1], numbers[2]);
        return true;
    }

    private static string? Valid(int year, int month, int day) =>
        year is >= 1970 and <= 2100 && month is >= 1 and <= 12 && day >= 1 && day <= DateTime.DaysInMonth(year, month) ? FormattableString.Invariant($"{year:D4}-{month:D2}-{day:D2}") : null;
}
