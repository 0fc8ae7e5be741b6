using System.Text.Json;
using Athanor.Data.Signals;

namespace Athanor.Data.Statistics;

/// <summary>How the values of each signal are distributed, over all documents and over those that were kept.</summary>
public sealed class SignalStatistics
{
    /// <summary>The file's name beside <c>signals.bin</c>.</summary>
    public const string FileName = "statistics.json";
    internal static readonly double[] Shares = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99];
    private const int Bars = 20;
    private readonly Distribution[] _all, _kept;

    private SignalStatistics(IReadOnlyList<string> names)
    {
        Names = names;
        _all = [.. names.Select(_ => new Distribution())];
        _kept = [.. names.Select(_ => new Distribution())];
    }

    /// <summary>Names of the signals.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Over all documents that have the signal.</summary>
    public Distribution All(int signal) => _all[signal];

    /// <summary>Over documents that were kept.</summary>
    public Distribution Kept(int signal) => _kept[signal];

    /// <summary>Reads a signals file once, block by block in the order of the documents, so the result depends on the file alone.</summary>
    public static SignalStatistics Of(string path)
    {
        using var reader = new SignalReader(path);
        var statistics = new SignalStatistics(reader.Names);
        foreach (SignalBlock block in reader.Blocks())
        {
            for (int signal = 0; signal < reader.Names.Count; signal++)
            {
                ReadOnlySpan<float> column = block.Column(signal);
                for (int row = 0; row < column.Length; row++)
                {
                    statistics._all[signal].Add(column[row]);
                    if (block.Outcome(row) == 0)
                        statistics._kept[signal].Add(column[row]);
                }
            }
        }
        return statistics;
    }

    /// <summary>Writes count, mean, deviation, quantiles and histogram of each signal as JSON.</summary>
    public void Write(Stream stream)
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        for (int signal = 0; signal < Names.Count; signal++)
        {
            json.WriteStartObject(Names[signal]);
            Write(json, "all", _all[signal]);
            Write(json, "kept", _kept[signal]);
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string name, Distribution values)
    {
        json.WriteStartObject(name);
        json.WriteNumber("count", values.Count);
        json.WriteNumber("missing", values.Missing);
        if (values.Count > 0)
        {
            Number(json, "mean", values.Mean);
            Number(json, "deviation", values.Deviation);
            Number(json, "min", values.Min);
            Number(json, "max", values.Max);
            json.WriteStartObject("quantiles");
            foreach (double share in Shares)
                Number(json, share.ToString("0.##", System.Globalization.CultureInfo.InvariantCulture), values.Quantile(share));
            json.WriteEndObject();
            json.WriteStartArray("histogram");
            foreach (HistogramBar bar in values.Histogram(Bars))
            {
                json.WriteStartObject();
                Number(json, "from", bar.From);
                Number(json, "to", bar.To);
                json.WriteNumber("count", bar.Count);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }

    private static void Number(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value))
            json.WriteNumber(name, value);
        else
            json.WriteNull(name);
    }
}
