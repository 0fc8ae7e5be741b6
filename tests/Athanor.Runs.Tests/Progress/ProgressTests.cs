using System.Text.Json;
using Athanor.Runs.Progress;
using Athanor.Runs.Tests.Testing;

namespace Athanor.Runs.Tests.Progress;

public sealed class ProgressTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly StringWriter _text = new();

    public void Dispose() => _text.Dispose();

    [Fact]
    public void Rate_and_time_left_follow_the_recent_past()
    {
        var face = new LastReport();
        StageProgress stage = new RunProgress(_time, face).Begin("train", 1, 2);
        stage.Expect(10_000, "tokens");
        for (int second = 1; second <= 10; second++)
        {
            _time.Advance(1);
            stage.Report(second * 100);
        }
        Assert.Equal(100, face.Report.Rate!.Value, 6);
        Assert.Equal(90, face.Report.Remaining!.Value.TotalSeconds, 3);
        for (int second = 1; second <= 60; second++)
        {
            _time.Advance(1);
            stage.Report(1000 + second * 50);
        }
        // Six half-lives later the old rate hardly counts.
        Assert.InRange(face.Report.Rate!.Value, 50, 51.5);
    }

    [Fact]
    public void Resumed_work_does_not_count_as_speed()
    {
        var face = new LastReport();
        StageProgress stage = new RunProgress(_time, face).Begin("train");
        stage.Expect(1_000_000, "tokens", done: 900_000);
        _time.Advance(10);
        stage.Report(900_100);
        Assert.Equal(10, face.Report.Rate!.Value, 6);
    }

    [Fact]
    public void Faces_are_spared_a_flood()
    {
        var face = new LastReport();
        StageProgress stage = new RunProgress(_time, face).Begin("read");
        stage.Expect(null, "documents");
        for (int i = 0; i < 100_000; i++)
        {
            _time.Advance(0.0001);
            stage.Report(i);
        }
        Assert.InRange(face.Count, 50, 110);
    }

    [Fact]
    public void Plain_lines_come_at_intervals()
    {
        StageProgress stage = new RunProgress(_time, new PlainProgress(_text)).Begin("train", 2, 3);
        stage.Expect(1_000, "tokens");
        for (int second = 1; second <= 25; second++)
        {
            _time.Advance(1);
            stage.Report(second * 20, $"loss {second}");
        }
        stage.Say("checkpoint at 500");
        _time.Advance(100);
        stage.End(ProgressKind.Finished);
        Assert.Equal("""
            [2/3] train: started
            [2/3] train: 200/1.00k tokens (20%), 20.0 tokens/s, 40s left, loss 10
            [2/3] train: 400/1.00k tokens (40%), 20.0 tokens/s, 30s left, loss 20
            [2/3] train: checkpoint at 500
            [2/3] train: finished in 2m 05s, 500/1.00k tokens (50%), 4 tokens/s
            """, _text.ToString().TrimEnd().ReplaceLineEndings("\n"));
    }

    [Fact]
    public void Machines_get_json_lines()
    {
        var progress = new RunProgress(_time, new JsonProgress(_text, time: _time));
        progress.Say("hello");
        StageProgress stage = progress.Begin("train", 1, 1);
        stage.Expect(100, "tokens");
        for (int i = 1; i <= 10; i++)
        {
            _time.Advance(0.5);
            stage.Report(i);
        }
        stage.End(ProgressKind.Reused, "there");
        JsonElement[] lines = [.. _text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal(["message", "started", "advanced", "advanced", "advanced", "advanced", "advanced", "reused"], lines.Select(line => line.GetProperty("event").GetString()));
        Assert.Equal((10.0, 100.0, "tokens", 2.0, 45.0), (lines[6].GetProperty("done").GetDouble(), lines[6].GetProperty("total").GetDouble(), lines[6].GetProperty("unit").GetString(),
            lines[6].GetProperty("rate").GetDouble(), lines[6].GetProperty("remaining").GetDouble()));
    }

    [Theory]
    [InlineData(0, "0")]
    [InlineData(999, "999")]
    [InlineData(999.6, "1.00k")]
    [InlineData(1234567, "1.23M")]
    [InlineData(12.34, "12.3")]
    [InlineData(99.96, "100")]
    [InlineData(0.5, "0.50")]
    [InlineData(3e18, "3000P")]
    public void Amounts_have_three_figures(double value, string text) => Assert.Equal(text, ProgressText.Amount(value));

    [Theory]
    [InlineData(1.25, "1.3s")]
    [InlineData(59, "59s")]
    [InlineData(125, "2m 05s")]
    [InlineData(11_040, "3h 04m")]
    [InlineData(183_600, "2d 03h")]
    public void Times_have_two_parts(double seconds, string text) => Assert.Equal(text, ProgressText.Time(TimeSpan.FromSeconds(seconds)));

    private sealed class LastReport : IProgressFace
    {
        public ProgressReport Report { get; private set; }

        public int Count { get; private set; }

        public void Show(in ProgressReport report)
        {
            Report = report;
            Count++;
        }
    }
}
