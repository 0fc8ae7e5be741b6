using System.Globalization;
using System.Text.Json;
using Athanor.Runs.Files;
using Athanor.Runs.Recipes;
using Athanor.Runs.TensorBoard;

namespace Athanor.Runs.Ledger;

/// <summary>How a run is begun.</summary>
public sealed record RunLedgerOptions
{
    /// <summary>Begins a new run even where one of this recipe waits to be gone on with.</summary>
    public bool New { get; init; }

    /// <summary>Whether TensorBoard event files are written.</summary>
    public bool TensorBoard { get; init; } = true;

    /// <summary>How often the disk is asked to keep what was written.</summary>
    public TimeSpan SyncEvery { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The command that goes on with a run in a folder; noted when a run is interrupted.</summary>
    public Func<string, string> ResumeCommand { get; init; } = static folder => $"athanor rerun {folder}";

    /// <summary>For tests.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}

/// <summary>
/// The folder of a run: <c>metrics.jsonl</c>, <c>samples.jsonl</c>, <c>events.jsonl</c>, <c>recipe.resolved.yaml</c>, <c>environment.json</c> and
/// TensorBoard files. Appended only; one process writes.
/// </summary>
public sealed class RunLedger : IDisposable
{
    internal const string MetricsFile = "metrics.jsonl", SamplesFile = "samples.jsonl", EventsFile = "events.jsonl", RecipeFile = "recipe.resolved.yaml", EnvironmentFile = "environment.json";
    private readonly RunLock _lock;
    private readonly RunLedgerOptions _options;
    private readonly JsonLines _metrics, _samples, _events;
    private readonly EventFileWriter? _board;
    private bool _ended, _disposed;

    private RunLedger(string folder, RunLock held, RunLedgerOptions options, bool resumed)
    {
        (Folder, _lock, _options, Resumed) = (folder, held, options, resumed);
        try
        {
            _metrics = new JsonLines(Path.Combine(folder, MetricsFile), options.SyncEvery, options.Time);
            _samples = new JsonLines(Path.Combine(folder, SamplesFile), options.SyncEvery, options.Time);
            _events = new JsonLines(Path.Combine(folder, EventsFile), options.SyncEvery, options.Time);
            _board = options.TensorBoard ? new EventFileWriter(folder, options.Time) : null;
        }
        catch
        {
            _metrics?.Dispose();
            _samples?.Dispose();
            _events?.Dispose();
            throw;
        }
    }

    /// <summary>The run's folder; its last part is the run's name.</summary>
    public string Folder { get; }

    /// <summary>The run's name.</summary>
    public string Name => Path.GetFileName(Folder);

    /// <summary>Whether this goes on with an earlier run.</summary>
    public bool Resumed { get; }

    /// <summary>The command that goes on with this run.</summary>
    public string ResumeCommand => _options.ResumeCommand(Folder);

    /// <summary>
    /// Begins a run of a recipe, or goes on with its newest run if that did not finish and has the same resolved recipe. A new run is named like the
    /// recipe, later ones <c>name-2</c>, <c>name-3</c>.
    /// </summary>
    /// <param name="root">The folder of all runs: <c>runs</c>.</param>
    /// <param name="recipe">What is run.</param>
    /// <param name="options">How.</param>
    /// <exception cref="RunLockedException">The run to go on with is being written by another process.</exception>
    public static RunLedger Start(string root, Recipe recipe, RunLedgerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        options ??= new RunLedgerOptions();
        root = Path.GetFullPath(root);
        if (!options.New && Unfinished(root, recipe) is { } folder)
            return Resume(folder, options);
        for (int number = 1; ; number++)
        {
            folder = Path.Combine(root, number == 1 ? recipe.Name : string.Create(CultureInfo.InvariantCulture, $"{recipe.Name}-{number}"));
            if (Directory.Exists(folder))
                continue;
            Directory.CreateDirectory(folder);
            // Two processes may find the same number free: the lock decides, and a finished ledger inside says it was decided before.
            RunLock? held = RunLock.Try(folder, options.Time, out _);
            if (held is null || File.Exists(Path.Combine(folder, EventsFile)))
            {
                held?.Dispose();
                continue;
            }
            return Open(folder, held, options, resumed: false, ledger =>
            {
                AtomicFile.WriteText(Path.Combine(folder, RecipeFile), recipe.ToYaml());
                ledger.WriteEnvironment();
                ledger.Event("run_started", json =>
                {
                    json.WriteString("recipe", recipe.Name);
                    if (recipe.File is not null)
                        json.WriteString("file", recipe.File);
                    WriteTexts(json, "overrides", recipe.Overrides);
                    WriteTexts(json, "derived", recipe.Derived.Select(value => value.ToString()));
                });
            });
        }
    }

    /// <summary>Goes on with the run in a folder.</summary>
    /// <exception cref="RunLockedException">Another process is writing it.</exception>
    /// <exception cref="StorageException">There is no run.</exception>
    public static RunLedger Resume(string folder, RunLedgerOptions? options = null)
    {
        options ??= new RunLedgerOptions();
        folder = Path.GetFullPath(folder).TrimEnd(Path.DirectorySeparatorChar);
        if (!File.Exists(Path.Combine(folder, EventsFile)))
            throw new StorageException($"{folder} holds no run: {EventsFile} is missing.");
        RunLock held = RunLock.Take(folder, options.Time);
        return Open(folder, held, options, resumed: true, ledger =>
        {
            ledger.WriteEnvironment();
            ledger.Event("run_resumed", json =>
            {
                if (held.Stale is { } stale)
                    json.WriteString("left_by", stale.ToString());
                long cut = ledger._metrics.Repaired + ledger._samples.Repaired + ledger._events.Repaired;
                if (cut > 0)
                    json.WriteNumber("torn_bytes_cut", cut);
            });
        });
    }

    /// <summary>The writer of a stage's metrics.</summary>
    public MetricWriter Metrics(string stage) => new(_metrics, _board, stage, _options.Time);

    /// <summary>Appends an event: what happened, and whatever the delegate adds.</summary>
    public void Event(string kind, Action<Utf8JsonWriter>? properties = null) => _events.Append((kind, properties, _options.Time), static (json, state) =>
    {
        json.WriteString("event", state.kind);
        json.WriteString("time", state.Time.GetUtcNow().UtcDateTime);
        state.properties?.Invoke(json);
    });

    /// <summary>Appends a sample: a text that the model wrote, or anything else worth reading.</summary>
    /// <param name="stage">The stage.</param>
    /// <param name="step">Its step.</param>
    /// <param name="prompt">What was asked.</param>
    /// <param name="text">What was answered.</param>
    /// <param name="properties">More, if wanted.</param>
    public void Sample(string stage, long step, string prompt, string text, Action<Utf8JsonWriter>? properties = null)
    {
        _samples.Append((stage, step, prompt, text, properties, _options.Time), static (json, state) =>
        {
            json.WriteString("stage", state.stage);
            json.WriteNumber("step", state.step);
            json.WriteString("time", state.Time.GetUtcNow().UtcDateTime);
            json.WriteString("prompt", state.prompt);
            json.WriteString("text", state.text);
            state.properties?.Invoke(json);
        });
        _board?.Text(step, $"{stage}/sample", $"**{prompt}**{text}");
    }

    /// <summary>Asks the disk to keep everything written so far; called where a checkpoint is saved.</summary>
    public void Sync()
    {
        _metrics.Sync();
        _samples.Sync();
        _events.Sync();
    }

    /// <summary>Notes that the run is done.</summary>
    public void Finish() => End("run_finished", null);

    /// <summary>Notes that the run did what it was asked to, which was not all, and how to do the rest.</summary>
    public void Stop(string stage) => End("run_stopped", json =>
    {
        json.WriteString("stage", stage);
        json.WriteString("resume", ResumeCommand);
    });

    /// <summary>Notes that the run failed.</summary>
    public void Fail(Exception error) => End("run_failed", json =>
    {
        json.WriteString("error", error.Message);
        json.WriteString("type", error.GetType().Name);
        json.WriteString("details", error.ToString());
        json.WriteString("resume", ResumeCommand);
    });

    /// <summary>Notes that the run was interrupted and how to go on.</summary>
    public void Interrupt() => End("run_interrupted", json => json.WriteString("resume", ResumeCommand));

    /// <summary>Closes the files and lets others write the run. A ledger that was not ended reads as crashed.</summary>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _metrics.Dispose();
        _samples.Dispose();
        _events.Dispose();
        _board?.Dispose();
        _lock.Dispose();
    }

    /// <summary>A ledger that cannot be begun gives its run back.</summary>
    private static RunLedger Open(string folder, RunLock held, RunLedgerOptions options, bool resumed, Action<RunLedger> begin)
    {
        RunLedger? ledger = null;
        try
        {
            ledger = new RunLedger(folder, held, options, resumed);
            begin(ledger);
            return ledger;
        }
        catch
        {
            ledger?.Dispose();
            held.Dispose();
            throw;
        }
    }

    private void End(string kind, Action<Utf8JsonWriter>? properties)
    {
        if (_ended)
            return;
        _ended = true;
        Event(kind, properties);
        Sync();
    }

    private void WriteEnvironment() =>
        AtomicFile.Write(Path.Combine(Folder, EnvironmentFile), stream => JsonSerializer.Serialize(stream, RunEnvironment.Current(), LedgerJson.Options));

    private static void WriteTexts(Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (string text in texts)
            json.WriteStringValue(text);
        json.WriteEndArray();
    }

    /// <summary>The newest run of this recipe's name, if it waits to be gone on with and would do the same.</summary>
    private static string? Unfinished(string root, Recipe recipe)
    {
        RunSummary? newest = RunCatalog.List(root).Where(run => run.Recipe == recipe.Name).MaxBy(run => run.Started);
        if (newest is null || newest.State == RunState.Finished)
            return null;
        IReadOnlyDictionary<string, string> before = RunCatalog.Settings(newest.Folder);
        IReadOnlyList<ResolvedSetting> now = recipe.Settings;
        bool same = before.Count == now.Count && now.All(setting => before.TryGetValue(setting.Path, out string? value) && value == setting.Value);
        return same ? newest.Folder : null;
    }
}

internal static class LedgerJson
{
    public static readonly JsonSerializerOptions Options = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };
}
