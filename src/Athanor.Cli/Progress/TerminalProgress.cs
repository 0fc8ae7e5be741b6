using System.Collections.Concurrent;
using Athanor.Runs.Progress;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Athanor.Cli.Progress;

/// <summary>Progress as bars on a terminal: one a stage, with share, rate and time left; messages scroll above them.</summary>
internal sealed class TerminalProgress : IProgressFace, IDisposable
{
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentDictionary<int, string> _figures = new();
    private readonly Dictionary<string, ProgressTask> _bars = [];
    private readonly IAnsiConsole _console;
    private readonly ProgressContext _context;
    private readonly Task _drawing;

    public TerminalProgress(IAnsiConsole console)
    {
        _console = console;
        var begun = new TaskCompletionSource<ProgressContext>();
        // Stages come one after another, so drawing ends when the run does, not when all bars known so far are full.
        _drawing = console.Progress().HideCompleted(false).AutoClear(false)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn { Width = 24 }, new FiguresColumn(_figures))
            .StartAsync(async context =>
            {
                begun.SetResult(context);
                await _end.Task.ConfigureAwait(false);
            });
        _context = begun.Task.GetAwaiter().GetResult();
    }

    public void Show(in ProgressReport report)
    {
        if (report.Stage.Length == 0)
        {
            Say(report.Text);
            return;
        }
        if (!_bars.TryGetValue(report.Stage, out ProgressTask? bar))
        {
            string place = report.Count > 1 ? $"{report.Index}/{report.Count} " : "";
            _bars.Add(report.Stage, bar = _context.AddTask(Markup.Escape(place + report.Stage)));
            bar.IsIndeterminate = true;
        }
        if (report.Total is > 0 and double total)
        {
            bar.IsIndeterminate = false;
            bar.MaxValue = total;
            bar.Value = report.Done;
        }
        string figures = ProgressText.Figures(report), text = report.Text ?? "", took = ProgressText.Time(report.Elapsed);
        switch (report.Kind)
        {
            case ProgressKind.Message:
                Say($"{report.Stage}: {text}");
                return;
            case ProgressKind.Finished:
                End(bar, full: true, Join($"done in {took}", figures, text));
                return;
            case ProgressKind.Reused:
                End(bar, full: true, Join("reused", text));
                return;
            case ProgressKind.Failed:
                End(bar, full: false, Join($"failed after {took}", text));
                return;
            case ProgressKind.Interrupted:
                End(bar, full: false, Join($"interrupted after {took}", text));
                return;
            default:
                _figures[bar.Id] = Join(figures, text);
                return;
        }
    }

    public void Dispose()
    {
        _end.TrySetResult();
        _drawing.GetAwaiter().GetResult();
    }

    private void Say(string? text)
    {
        if (!string.IsNullOrEmpty(text))
            _console.WriteLine(text);
    }

    private void End(ProgressTask bar, bool full, string figures)
    {
        _figures[bar.Id] = figures;
        bar.IsIndeterminate = false;
        if (full)
            bar.Value = bar.MaxValue;
        bar.StopTask();
    }

    private static string Join(params string[] parts) => string.Join(", ", parts.Where(part => part.Length > 0));

    private sealed class FiguresColumn(ConcurrentDictionary<int, string> figures) : ProgressColumn
    {
        protected override bool NoWrap => true;

        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) =>
            new Text(figures.GetValueOrDefault(task.Id, "")).Overflow(Overflow.Ellipsis);
    }
}
