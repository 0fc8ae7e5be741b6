using System.CommandLine;
using System.Globalization;
using Athanor.Data.Documents;
using Athanor.Data.Inspection;
using Athanor.Data.Statistics;
using Spectre.Console;

namespace Athanor.Cli.Data;

/// <summary>The verb <c>athanor data stats</c>.</summary>
internal static class DataStatsCommand
{
    private const int Bars = 12, Width = 40;
    private static readonly double[] Shares = [0.01, 0.25, 0.5, 0.75, 0.99];

    public static Command Create(TextWriter output)
    {
        var options = new OutputOptions();
        var signal = new Option<string?>("--signal") { Description = "Show the histogram of signals whose name holds this." };
        var words = new Option<int>("--words") { Description = "Words of the n-grams that are counted.", DefaultValueFactory = _ => 3 };
        var top = new Option<int>("--top") { Description = "Entries of each list.", DefaultValueFactory = _ => 8 };
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var command = new Command("stats", """
            Says what a stage's documents consist of: counts by rule, signals with quantiles, lengths, sources, hosts, languages, frequent n-grams, longest lines.

            Example: athanor data stats quickstart/filter --signal characters
            """) { signal, words, top, json };
        options.AddTo(command);
        command.SetAction((parsed, cancellation) =>
        {
            var stage = new StageOutput(options.Folder(parsed));
            string? set = parsed.GetValue(options.Set);
            if (parsed.GetValue(words) < 1 || parsed.GetValue(top) < 1)
                throw new ArgumentException("--words and --top must be 1 at least.");
            SignalStatistics? signals = stage.SignalsOf(set) is { } path ? SignalStatistics.Of(path) : null;
            CorpusStatistics corpus = CorpusStatistics.Of(DocumentFile.Read(stage.Documents(set)), parsed.GetValue(words), parsed.GetValue(top), cancellation);
            if (parsed.GetValue(json))
                output.WriteLine(Json(stage, signals, corpus));
            else
                Write(stage, signals, corpus, parsed.GetValue(signal), Terminal.Create(output));
            return Task.FromResult(Tool.Success);
        });
        return command;
    }

    private static void Write(StageOutput stage, SignalStatistics? signals, CorpusStatistics corpus, string? histogram, IAnsiConsole console)
    {
        Table notes = Terminal.Table("", "");
        foreach ((string name, string value) in stage.Notes)
            notes.AddRow(new Text(name), new Text(value));
        console.Write(notes);
        console.WriteLine();
        Table table = Terminal.Table(["", "count", "missing", "mean", "deviation", .. Shares.Select(share => share.ToString("0 %", CultureInfo.InvariantCulture)), "max"]);
        Row(table, "characters, kept", corpus.Lengths);
        Row(table, "words, kept", corpus.Words);
        for (int i = 0; i < (signals?.Names.Count ?? 0); i++)
        {
            Row(table, signals!.Names[i], signals.All(i));
            if (signals.Kept(i).Count < signals.All(i).Count)
                Row(table, "  of those kept", signals.Kept(i));
        }
        console.Write(table);
        for (int i = 0; histogram is not null && i < (signals?.Names.Count ?? 0); i++)
        {
            if (signals!.Names[i].Contains(histogram, StringComparison.Ordinal))
                Histogram(signals.Names[i], signals.All(i), console);
        }
        if (histogram is not null && signals?.Names.Any(name => name.Contains(histogram, StringComparison.Ordinal)) != true)
            Histogram("characters, kept", corpus.Lengths, console);
        List("sources", corpus.Sources, console);
        List("hosts", corpus.Domains, console);
        List("languages", corpus.Languages, console);
        List("frequent n-grams (at least)", corpus.Grams, console);
        console.WriteLine();
        console.MarkupLine("[bold]longest lines[/]");
        foreach (LongLine line in corpus.LongestLines)
            console.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"  {line.Length,9:N0}  {line.Id}  {line.Head}");
    }

    private static void Row(Table table, string name, Distribution values) => table.AddRow(new Text[]
    {
        new(name), new(values.Count.ToString("N0", CultureInfo.InvariantCulture)), new(values.Missing.ToString("N0", CultureInfo.InvariantCulture)), new(Real(values.Mean)), new(Real(values.Deviation)),
    }.Concat(Shares.Select(share => new Text(Real(values.Quantile(share))))).Append(new Text(Real(values.Max))));

    private static void Histogram(string name, Distribution values, IAnsiConsole console)
    {
        console.WriteLine();
        console.MarkupLine($"[bold]{Markup.Escape(name)}[/]");
        IReadOnlyList<HistogramBar> bars = values.Histogram(Bars);
        long most = bars.Count == 0 ? 1 : bars.Max(bar => bar.Count);
        foreach (HistogramBar bar in bars)
            console.WriteLine($"  {Real(bar.From),10} .. {Real(bar.To),10}  {new string('#', (int)Math.Ceiling((double)Width * bar.Count / most))} {bar.Count.ToString("N0", CultureInfo.InvariantCulture)}");
    }

    private static void List(string name, IReadOnlyList<Frequent> items, IAnsiConsole console)
    {
        if (items.Count == 0)
            return;
        console.WriteLine();
        console.MarkupLine($"[bold]{Markup.Escape(name)}[/]");
        foreach (Frequent item in items)
            console.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"  {item.Count,9:N0}  {item.Text}");
    }

    private static string Json(StageOutput stage, SignalStatistics? signals, CorpusStatistics corpus) => JsonText.Of(new
    {
        stage.Folder,
        stage.Notes,
        Characters = Figures(corpus.Lengths),
        Words = Figures(corpus.Words),
        Signals = signals?.Names.Select((name, i) => new { Name = name, All = Figures(signals.All(i)), Kept = Figures(signals.Kept(i)) }),
        corpus.Sources,
        corpus.Domains,
        corpus.Languages,
        corpus.Grams,
        corpus.LongestLines,
    });

    private static object Figures(Distribution values) => new
    {
        values.Count,
        values.Missing,
        Mean = Finite(values.Mean),
        Deviation = Finite(values.Deviation),
        Min = Finite(values.Min),
        Max = Finite(values.Max),
        Quantiles = Shares.ToDictionary(share => share.ToString(CultureInfo.InvariantCulture), share => Finite(values.Quantile(share))),
        Histogram = values.Histogram(Bars).Select(bar => new { From = Finite(bar.From), To = Finite(bar.To), bar.Count }),
    };

    private static double? Finite(double value) => double.IsFinite(value) ? value : null;

    private static string Real(double value) => double.IsNaN(value) ? "-" : Math.Abs(value) >= 1e6 || value == Math.Floor(value) ? value.ToString("N0", CultureInfo.InvariantCulture) : value.ToString("G4", CultureInfo.InvariantCulture);
}
