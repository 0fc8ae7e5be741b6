using System.Text;
using Athanor.Data.Execution;
using Athanor.Data.Readers;
using Athanor.Data.Steps;
using Athanor.Data.Tests.Testing;
using Athanor.Runs.Stages;

namespace Athanor.Data.Tests.Execution;

public sealed class DocumentRangeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(40)]
    public void The_chunks_of_all_parts_are_the_chunks_of_the_whole(int count)
    {
        string[] files = [Corpus.Write(_folder, "a.jsonl", Corpus.Make(900)), _folder.Write("empty.jsonl", ""), Wide("wide.jsonl"), Corpus.Write(_folder, "c.jsonl", Corpus.Make(400, 3))];
        (int, long, int)[] whole = [.. DocumentChunks.Read(files).Select(Place)];
        (int, long, int)[] parts = [.. Enumerable.Range(0, count).SelectMany(index => DocumentChunks.Read(files, DocumentRange.Of(files, new StagePart(index, count)))).Select(Place)];
        Assert.True(whole.Length > 6);
        Assert.Equal(whole, parts);

        static (int, long, int) Place(DocumentChunk chunk) => (chunk.File, chunk.Offset, chunk.Bytes.Length);
    }

    [Fact]
    public void Parts_that_stop_anywhere_are_joined_to_the_bytes_of_one_run()
    {
        string[] files = [Corpus.Write(_folder, "a.jsonl", Corpus.Make(1200)), Corpus.Write(_folder, "b.jsonl", Corpus.Make(700, 2))];
        IReadOnlyList<PreparedStep> steps = PreparedStep.Of([("length", new LengthSettings { Min = 500, Max = 1500 })], 0);
        var options = new StepOptions(2, RemovedText.Sample, 5, long.MaxValue, TimeSpan.Zero);
        var whole = new StepRun(files, steps, options, _folder["whole"]);
        whole.Run(_ => { }, CancellationToken.None);
        // One part is done, one is stopped in its midst, one is never begun: the join does what is left.
        new StepRun(files, steps, options, _folder["parts"], new StagePart(0, 3)).Run(_ => { }, CancellationToken.None);
        using var stop = new CancellationTokenSource();
        Assert.ThrowsAny<OperationCanceledException>(() => new StepRun(files, steps, options with { Workers = 1 }, _folder["parts"], new StagePart(2, 3)).Run(bytes =>
        {
            if (bytes > 0)
                stop.Cancel();
        }, stop.Token));
        var joined = new StepRun(files, steps, options, _folder["parts"]);
        long seen = 0;
        joined.Run(bytes => seen = bytes, CancellationToken.None);
        foreach (string file in (string[])[StepRun.Kept, StepRun.Removed, StepRun.Signals])
            Assert.Equal(File.ReadAllBytes(_folder[$"whole/{file}"]), File.ReadAllBytes(_folder[$"parts/{file}"]));
        Assert.Equal((whole.Tally.Documents, whole.Tally.Kept, whole.Tally.Characters), (joined.Tally.Documents, joined.Tally.Kept, joined.Tally.Characters));
        Assert.Equal(whole.Tally.Removed, joined.Tally.Removed);
        Assert.Equal(whole.Samples.Groups.SelectMany(group => group.Value), joined.Samples.Groups.SelectMany(group => group.Value));
        // Joined once more, as after a kill before the artifact was there.
        new StepRun(files, steps, options, _folder["parts"]).Run(_ => { }, CancellationToken.None);
        Assert.Equal(File.ReadAllBytes(_folder["whole/kept.jsonl"]), File.ReadAllBytes(_folder["parts/kept.jsonl"]));
    }

    [Fact]
    public void Tasks_of_a_reader_read_by_others_are_only_joined()
    {
        for (int file = 0; file < 5; file++)
            File.AppendAllText(Corpus.Write(_folder, $"in/{file}.jsonl", Corpus.Make(120, file, 100)), "no json\n");
        var reader = new FormatReader(_folder["in"], new JsonLinesFormat(new JsonKeys(), new ReadLimits()));
        IReadOnlyList<ReadTask> tasks = reader.Tasks(20_000);
        ReadRun Run(IDocumentReader from, string folder) => new(from, tasks, 1, TimeSpan.Zero, _folder[folder]);
        ReadRun whole = Run(reader, "whole");
        whole.Run(_ => { }, CancellationToken.None);
        for (int index = 2; index >= 0; index--)
            Run(reader, "parts").RunPart(new StagePart(index, 3), _ => { }, CancellationToken.None);
        ReadRun joined = Run(new Closed(), "parts");
        joined.Run(_ => { }, CancellationToken.None);
        Assert.Equal(File.ReadAllBytes(_folder["whole/documents.jsonl"]), File.ReadAllBytes(_folder["parts/documents.jsonl"]));
        Assert.Equal(whole.Progress.Documents, joined.Progress.Documents);
        Assert.Equal(whole.Progress.Problems.Restore().First, joined.Progress.Problems.Restore().First);
    }

    /// <summary>Lines over several pieces, and one that ends exactly at a piece's edge.</summary>
    private string Wide(string name)
    {
        var text = new StringBuilder();
        foreach (int length in (int[])[DocumentChunks.PieceBytes, 10, 3 * DocumentChunks.PieceBytes + 7, DocumentChunks.PieceBytes / 2, 50])
        {
            const string Frame = "{\"id\":\"x\",\"text\":\"\"}\n";
            text.Append("{\"id\":\"x\",\"text\":\"").Append('a', Math.Max(0, length - Frame.Length)).Append("\"}\n");
        }
        return _folder.Write(name, text.ToString());
    }

    /// <summary>A reader that has nothing left to read.</summary>
    private sealed class Closed : IDocumentReader
    {
        public IReadOnlyList<ReadTask> Tasks(long taskBytes) => [];

        public IEnumerable<ReadDocument> Read(ReadTask task, ReadMark from, ReadProblems problems, CancellationToken cancellation = default) =>
            throw new InvalidOperationException($"Task {task.Index} was read already.");
    }
}
