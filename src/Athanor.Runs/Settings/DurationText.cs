using System.Globalization;
using System.Text;

namespace Athanor.Runs.Settings;

/// <summary>Durations as people write them: <c>250ms</c>, <c>90s</c>, <c>5m</c>, <c>1h30m</c>, <c>2d</c>.</summary>
internal static class DurationText
{
    private static readonly (string Unit, long Ticks)[] Units =
        [("d", TimeSpan.TicksPerDay), ("h", TimeSpan.TicksPerHour), ("m", TimeSpan.TicksPerMinute), ("s", TimeSpan.TicksPerSecond), ("ms", TimeSpan.TicksPerMillisecond), ("us", TimeSpan.TicksPerMicrosecond)];

    public static bool TryParse(string text, out TimeSpan value)
    {
        value = default;
        if (text.Length is 0 or > 64)
            return false;
        if (text == "0")
            return true;
        decimal ticks = 0;
        int at = 0, last = -1;
        while (at < text.Length)
        {
            int start = at;
            while (at < text.Length && (char.IsAsciiDigit(text[at]) || text[at] == '.'))
                at++;
            int unitStart = at;
            while (at < text.Length && char.IsAsciiLetterLower(text[at]))
                at++;
            int unit = Array.FindIndex(Units, u => u.Unit.AsSpan().SequenceEqual(text.AsSpan(unitStart, at - unitStart)));
            // Each unit once, larger before smaller: 30m1h is a slip.
            if (unit <= last || unitStart - start > 15 || !decimal.TryParse(text.AsSpan(start, unitStart - start), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal amount))
                return false;
            ticks += amount * Units[unit].Ticks;
            last = unit;
        }
        if (ticks > TimeSpan.MaxValue.Ticks || decimal.Truncate(ticks) != ticks)
            return false;
        value = new TimeSpan((long)ticks);
        return true;
    }

    public static string Write(TimeSpan value)
    {
        if (value == TimeSpan.Zero)
            return "0s";
        var text = new StringBuilder();
        long ticks = value.Ticks;
        foreach ((string unit, long size) in Units)
        {
            // What is smaller than a microsecond stays in a fraction.
            decimal amount = unit == "us" ? (decimal)ticks / size : ticks / size;
            if (amount == 0)
                continue;
            text.Append(amount.ToString(CultureInfo.InvariantCulture)).Append(unit);
            ticks %= size;
        }
        return text.ToString();
    }
}
