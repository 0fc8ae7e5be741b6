using System.Globalization;
using System.Text;

namespace Athanor.Tokenizers.Chat;

/// <summary>The format of C's strftime, with English names.</summary>
internal static class TimeFormat
{
    public static string Format(DateTimeOffset time, string format)
    {
        var text = new StringBuilder();
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 == format.Length)
            {
                text.Append(format[i]);
                continue;
            }
            char code = format[++i];
            bool bare = code is '-' or '_' && i + 1 < format.Length;
            char pad = bare ? code : '\0';
            if (bare)
                code = format[++i];
            string field = Field(time, code);
            text.Append(pad switch
            {
                '-' when field.Length > 0 && (char.IsAsciiDigit(field[0]) || field[0] == ' ') => field.TrimStart('0', ' ') is { Length: > 0 } stripped ? stripped : "0",
                '_' when field.StartsWith('0') && field.Length > 1 => ' ' + field[1..],
                _ => field,
            });
        }
        return text.ToString();
    }

    private static string Field(DateTimeOffset time, char code)
    {
        int hour = time.Hour % 12 == 0 ? 12 : time.Hour % 12;
        return code switch
        {
            'Y' => Text(time, "yyyy"),
            'y' => Text(time, "yy"),
            'C' => Number(time.Year / 100),
            'm' => Number(time.Month),
            'd' => Number(time.Day),
            'e' => time.Day.ToString(CultureInfo.InvariantCulture).PadLeft(2),
            'H' => Number(time.Hour),
            'I' => Number(hour),
            'M' => Number(time.Minute),
            'S' => Number(time.Second),
            'f' => Text(time, "ffffff"),
            'p' => time.Hour < 12 ? "AM" : "PM",
            'B' => Text(time, "MMMM"),
            'b' or 'h' => Text(time, "MMM"),
            'A' => Text(time, "dddd"),
            'a' => Text(time, "ddd"),
            'j' => time.DayOfYear.ToString("000", CultureInfo.InvariantCulture),
            'w' => ((int)time.DayOfWeek).ToString(CultureInfo.InvariantCulture),
            'u' => (time.DayOfWeek == DayOfWeek.Sunday ? 7 : (int)time.DayOfWeek).ToString(CultureInfo.InvariantCulture),
            'U' => Number((time.DayOfYear + 6 - (int)time.DayOfWeek) / 7),
            'W' => Number((time.DayOfYear + 6 - ((int)time.DayOfWeek + 6) % 7) / 7),
            'V' => Number(ISOWeek.GetWeekOfYear(time.DateTime)),
            'G' => ISOWeek.GetYear(time.DateTime).ToString("0000", CultureInfo.InvariantCulture),
            'D' => Text(time, "MM'/'dd'/'yy"),
            'x' => Text(time, "MM'/'dd'/'yy"),
            'F' => Text(time, "yyyy-MM-dd"),
            'T' or 'X' => Text(time, "HH':'mm':'ss"),
            'R' => Text(time, "HH':'mm"),
            's' => time.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
            // Python's local time is naive: it has no zone to print.
            'z' or 'Z' => "",
            'n' => "\n",
            't' => "\t",
            '%' => "%",
            _ => throw new ChatTemplateException($"strftime_now does not know '%{code}'."),
        };
    }

    private static string Text(DateTimeOffset time, string format) => time.ToString(format, CultureInfo.InvariantCulture);

    private static string Number(int value) => value.ToString("00", CultureInfo.InvariantCulture);
}
