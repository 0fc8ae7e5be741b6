namespace Athanor.Runs.Progress;

/// <summary>Progress as plain lines, for output that is redirected: beginnings, ends and messages at once, advances at intervals.</summary>
/// <param name="writer">Where lines go.</param>
/// <param name="every">At least this much time lies between two lines of one stage's advance; 10 s by default.</param>
public sealed class PlainProgress(TextWriter writer, TimeSpan? every = null) : IProgressFace
{
    private readonly TimeSpan _every = every ?? TimeSpan.FromSeconds(10);
    private readonly Dictionary<string, TimeSpan> _last = [];

    /// <inheritdoc/>
    public void Show(in ProgressReport report)
    {
        if (report.Kind == ProgressKind.Advanced)
        {
            if (report.Elapsed - _last.GetValueOrDefault(report.Stage) < _every)
                return;
            _last[report.Stage] = report.Elapsed;
        }
        else
            _last[report.Stage] = report.Elapsed;
        string head = report.Stage.Length == 0 ? "" : report.Count > 1 ? $"[{report.Index}/{report.Count}] {report.Stage}: " : $"{report.Stage}: ";
        string figures = ProgressText.Figures(report), text = report.Text ?? "";
        string body = report.Kind switch
        {
            ProgressKind.Started => "started",
            ProgressKind.Advanced => Join(figures, text),
            ProgressKind.Finished => Join($"finished in {ProgressText.Time(report.Elapsed)}", Join(figures, text)),
            ProgressKind.Reused => Join("reused", text),
            ProgressKind.Failed => Join($"failed after {ProgressText.Time(report.Elapsed)}", text),
            ProgressKind.Interrupted => Join($"interrupted after {ProgressText.Time(report.Elapsed)}", Join(figures, text)),
            _ => text,
        };
        writer.WriteLine(head + body);
        writer.Flush();
    }

    private static string Join(string first, string second) => first.Length == 0 ? second : second.Length == 0 ? first : $"{first}, {second}";
}
