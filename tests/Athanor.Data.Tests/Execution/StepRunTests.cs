using Athanor.Data.Documents;
using Athanor.Data.Execution;
using Athanor.Data.Steps;
using Athanor.Data.Tests.Testing;

namespace Athanor.Data.Tests.Execution;

public sealed class StepRunTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void What_stops_anywhere_goes_on_to_the_same_bytes(int workers)
    {
        string[] files = [Corpus.Write(_folder, "a.jsonl", Corpus.Make(1000)), Corpus.Write(_folder, "b.jsonl", Corpus.Make(10, 2)), Corpus.Write(_folder, "c.jsonl", Corpus.Make(600, 3))];
        StepRun whole = Run(files, "whole", workers, long.MaxValue);
        int stops = 0;
        for (long budget = 400; ; budget += 300)
        {
            try
            {
                StepRun resumed = Run(files, "resumed", workers, budget);
                Assert.Equal(whole.Tally.Kept, resumed.Tally.Kept);
                Assert.Equal(whole.Tally.Removed, resumed.Tally.Removed);
                Assert.Equal(whole.Samples.Groups.SelectMany(group => group.Value), resumed.Samples.Groups.SelectMany(group => group.Value));
                break;
            }
            catch (IOException)
            {
                stops++;
                // What a kill leaves behind: bytes after the last checkpoint.
                File.AppendAllText(_folder["resumed/kept.jsonl"], "{\"id\":\"half");
            }
        }
        Assert.True(stops >= 2, $"{stops} stops");
        foreach (string file in (string[])[StepRun.Kept, StepRun.Removed, StepRun.Signals])
            Assert.Equal(File.ReadAllBytes(_folder[$"whole/{file}"]), File.ReadAllBytes(_folder[$"resumed/{file}"]));
    }

    [Fact]
    public void Cancelling_saves_what_is_done()
    {
        string[] files = [Corpus.Write(_folder, "a.jsonl", Corpus.Make(1500))];
        using var stop = new CancellationTokenSource();
        var run = new StepRun(files, Steps(long.MaxValue), Options(2) with { CheckpointEvery = TimeSpan.FromHours(1) }, _folder["cancelled"]);
        Assert.ThrowsAny<OperationCanceledException>(() => run.Run(bytes =>
        {
            if (bytes > 1 << 20)
                stop.Cancel();
        }, stop.Token));
        Assert.True(StepCheckpoint.Read(_folder["cancelled"], [StepRun.Kept, StepRun.Removed, StepRun.Signals])!.Offset > 1 << 20);
    }

    [Fact]
    public void A_line_that_is_no_document_is_named_wherever_it_lies()
    {
        string path = Corpus.Write(_folder, "a.jsonl", Corpus.Make(1000));
        File.AppendAllText(path, "{\"id\":7}\n");
        var error = Assert.Throws<DocumentException>(() => Run([path], "bad", 2, long.MaxValue));
        Assert.Equal(1001, error.Line);
        Assert.Contains("no string \"text\"", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_step_that_fails_names_itself_and_the_document()
    {
        string path = Corpus.Write(_folder, "a.jsonl", Corpus.Make(10));
        var error = Assert.Throws<InvalidOperationException>(() =>
            new StepRun([path], [new PreparedStep("odd", () => new Faulty())], Options(1), _folder["f"]).Run(_ => { }, CancellationToken.None));
        Assert.Contains("'odd' failed on the document 'doc-4'", error.Message, StringComparison.Ordinal);
    }

    private StepRun Run(string[] files, string folder, int workers, long budget)
    {
        var run = new StepRun(files, Steps(budget), Options(workers), _folder[folder]);
        run.Run(_ => { }, CancellationToken.None);
        return run;
    }

    private static StepOptions Options(int workers) => new(workers, RemovedText.Sample, 5, long.MaxValue, TimeSpan.Zero);

    /// <summary>Steps that end with an error after so many documents, as a full disk would.</summary>
    private static IReadOnlyList<PreparedStep> Steps(long budget)
    {
        long[] left = [budget];
        return [new PreparedStep("stop", () => new Stopping(left)), .. PreparedStep.Of([("length", new LengthSettings { Min = 500, Max = 1500 })], 0)];
    }

    private sealed class Stopping(long[] left) : DocumentStep
    {
        public override Removal? Apply(ref Document document, Span<float> signals) =>
            Interlocked.Decrement(ref left[0]) >= 0 ? null : throw new IOException("No space left on device");
    }

    private sealed class Faulty : DocumentStep
    {
        public override Removal? Apply(ref Document document, Span<float> signals) =>
            document.Id == "doc-4" ? throw new ArithmeticException("odd") : null;
    }
}
