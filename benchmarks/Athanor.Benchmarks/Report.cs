using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Athanor.Tensors.Cpu;

namespace Athanor.Benchmarks;

/// <summary>One line of results. Rates are medians; <see cref="Limit"/> and the peer were measured in the same run, in turns.</summary>
internal sealed record Result(string Topic, string Case, double Value, string Unit)
{
    public double? Limit { get; init; }
    public double? Share { get; init; }
    public string? Peer { get; init; }
    public double? PeerValue { get; init; }
    public double? Ratio { get; init; }
    public int Threads { get; init; }
    public string Machine { get; init; } = "";
    public string Date { get; init; } = "";

    /// <summary>Best of the repeats; shown in the table only.</summary>
    [JsonIgnore]
    public double? Best { get; init; }

    /// <summary>Ratio of the best times; shown in the table only.</summary>
    [JsonIgnore]
    public double? BestRatio { get; init; }
}

/// <summary>Writes results as they come, as a table or as one JSON object a line.</summary>
internal sealed class Report(Options options, string topic, int threads)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    private readonly string _machine = $"{MachineInfo.Processor}, {MachineInfo.Processors} processors";
    private readonly string _date = DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
    private string _group = "";

    /// <summary>Starts a group: a heading in the table, nothing in JSON.</summary>
    public void Group(string name, string remark = "")
    {
        _group = name;
        if (options.Json)
            return;
        Console.WriteLine();
        Console.WriteLine(remark.Length > 0 ? $"{name}: {remark}" : name);
        Console.WriteLine($"  {"case",-46} {"median",9} {"best",9} {"unit",-9} {"limit",9} {"share",6}  {"peer",9} {"ratio",6} {"best",6}");
    }

    /// <summary>Adds a line; the case's name gets the group in front.</summary>
    public void Add(Result result)
    {
        result = result with
        {
            Topic = topic,
            Case = $"{_group}/{result.Case}",
            Value = Round(result.Value)!.Value,
            Limit = Round(result.Limit),
            PeerValue = Round(result.PeerValue),
            Share = Round(result.Share ?? result.Value / result.Limit),
            Ratio = Round(result.Ratio ?? result.Value / result.PeerValue),
            Threads = result.Threads > 0 ? result.Threads : threads,
            Machine = _machine,
            Date = _date,
        };
        string line = JsonSerializer.Serialize(result, Json);
        if (options.Save is not null)
            File.AppendAllText(options.Save, line + "\n");
        if (options.Json)
        {
            Console.WriteLine(line);
            return;
        }
        string name = result.Case[(_group.Length + 1)..];
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  {name,-46} {Short(result.Value),9} {Short(result.Best),9} {result.Unit,-9} {Short(result.Limit),9} {Percent(result.Share),6}  {Short(result.PeerValue),9} {Times(result.Ratio),6} {Times(result.BestRatio),6}"));
    }

    /// <summary>The geometric mean of ratios or shares, 0 entries aside.</summary>
    public static double GeometricMean(IReadOnlyCollection<double> values) =>
        values.Count == 0 ? double.NaN : Math.Exp(values.Sum(Math.Log) / values.Count);

    private static double? Round(double? value) =>
        value is null or double.NaN ? null : double.Parse(value.Value.ToString("G4", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    private static string Short(double? value) => value is null ? "" : value.Value.ToString(value >= 100 ? "F0" : value >= 1 ? "F2" : "F3", CultureInfo.InvariantCulture);
    private static string Percent(double? value) => value is null ? "" : value.Value.ToString("P0", CultureInfo.InvariantCulture);
    private static string Times(double? value) => value is null ? "" : value.Value.ToString("F2", CultureInfo.InvariantCulture) + "x";
}
