using System.Globalization;

namespace Athanor.Runs.Progress;

/// <summary>Amounts and times as short texts.</summary>
public static class ProgressText
{
    private static readonly string[] Suffixes = ["", "k", "M", "G", "T", "P"];

    /// <summary><c>1.23M</c>: three figures and a suffix.</summary>
    public static string Amount(double value)
    {
        int suffix = 0;
        while (Math.Abs(value) >= 999.5 && suffix < Suffixes.Length - 1)
        {
            value /= 1000;
            suffix++;
        }
        string format = suffix == 0 && value == Math.Floor(value) ? "0" : Math.Abs(value) >= 99.95 ? "0" : Math.Abs(value) >= 9.995 ? "0.0" : "0.00";
        return value.ToString(format, CultureInfo.InvariantCulture) + Suffixes[suffix];
    }

    /// <summary><c>9s</c>, <c>2m 05s</c>, <c>3h 04m</c>, <c>2d 03h</c>.</summary>
    public static string Time(TimeSpan time) => time switch
    {
        { TotalSeconds: < 60 } => $"{time.TotalSeconds.ToString(time.TotalSeconds < 9.95 ? "0.0" : "0", CultureInfo.InvariantCulture)}s",
        { TotalHours: < 1 } => $"{time.Minutes}m {time.Seconds:00}s",
        { TotalDays: < 1 } => $"{time.Hours}h {time.Minutes:00}m",
        _ => $"{(int)time.TotalDays}d {time.Hours:00}h",
    };

    /// <summary>Done, total, share, rate and time left of a report, as far as they are known.</summary>
    public static string Figures(in ProgressReport report)
    {
        var parts = new List<string>();
        if (report.Total is > 0 and double total)
            parts.Add($"{Counted(report.Done, report.Unit, total)} ({(report.Done / total).ToString("0%", CultureInfo.InvariantCulture)})");
        else if (report.Done > 0)
            parts.Add(Counted(report.Done, report.Unit));
        if (report.Rate is > 0 and double rate)
            parts.Add($"{Counted(rate, report.Unit)}/s");
        if (report.Remaining is { } remaining)
            parts.Add($"{Time(remaining)} left");
        return string.Join(", ", parts);
    }

    /// <summary>Bytes have a letter of their own; other units are words.</summary>
    private static string Counted(double value, string unit, double? total = null)
    {
        string of = total is { } whole ? $"/{Amount(whole)}" : "";
        return (unit == "bytes" ? $"{Amount(value)}{of}B" : $"{Amount(value)}{of} {unit}").TrimEnd();
    }
}
