using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Athanor.Runs.Progress;

/// <summary>Progress as one JSON object a line, for machines; advances at intervals.</summary>
/// <param name="writer">Where lines go.</param>
/// <param name="every">At least this much time lies between two lines of one stage's advance; 1 s by default.</param>
/// <param name="time">For tests.</param>
public sealed class JsonProgress(TextWriter writer, TimeSpan? every = null, TimeProvider? time = null) : IProgressFace
{
    private readonly TimeSpan _every = every ?? TimeSpan.FromSeconds(1);
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly ArrayBufferWriter<byte> _buffer = new();
    private string? _stage;
    private TimeSpan _last;

    /// <inheritdoc/>
    public void Show(in ProgressReport report)
    {
        if (report.Kind == ProgressKind.Advanced && report.Stage == _stage && report.Elapsed - _last < _every)
            return;
        (_stage, _last) = (report.Stage, report.Elapsed);
        _buffer.ResetWrittenCount();
        using (var json = new Utf8JsonWriter(_buffer))
        {
            json.WriteStartObject();
            json.WriteString("event", Settings.SnakeCase.Of(report.Kind.ToString()));
            json.WriteString("time", _time.GetUtcNow().UtcDateTime);
            if (report.Stage.Length > 0)
            {
                json.WriteString("stage", report.Stage);
                json.WriteNumber("index", report.Index);
                json.WriteNumber("count", report.Count);
                json.WriteNumber("elapsed", Math.Round(report.Elapsed.TotalSeconds, 3));
            }
            if (report.Unit.Length > 0)
            {
                json.WriteNumber("done", report.Done);
                if (report.Total is { } total)
                    json.WriteNumber("total", total);
                json.WriteString("unit", report.Unit);
            }
            if (report.Rate is { } rate && double.IsFinite(rate))
                json.WriteNumber("rate", Math.Round(rate, 3));
            if (report.Remaining is { } remaining)
                json.WriteNumber("remaining", Math.Round(remaining.TotalSeconds, 1));
            if (report.Text is { } text)
                json.WriteString("text", text);
            json.WriteEndObject();
        }
        writer.WriteLine(Encoding.UTF8.GetString(_buffer.WrittenSpan));
        writer.Flush();
    }
}
