using Athanor.Data.Execution;
using Athanor.Data.Readers;
using Athanor.Data.Tests.Testing;

namespace Athanor.Data.Tests.Execution;

public sealed class ReadRunTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public void Workers_and_stops_decide_about_no_byte(int workers)
    {
        for (int file = 0; file < 5; file++)
        {
            string path = Corpus.Write(_folder, $"in/{file}.jsonl", Corpus.Make(120, file, 100));
            File.AppendAllText(path, "{\"text\":3}\nno json\n");
            Corpus.Write(_folder, $"in/{file}b.jsonl", Corpus.Make(30, file + 100, 100));
        }
        var reader = new FormatReader(_folder["in"], new JsonLinesFormat(new JsonKeys(), new ReadLimits()));
        IReadOnlyList<ReadTask> tasks = reader.Tasks(20_000);
        Assert.True(tasks.Count > 5);
        ReadRun whole = Run(reader, tasks, 1, "whole");
        int stops = 0;
        ReadRun resumed;
        for (int budget = 50; ; budget += 37, stops++)
        {
            try
            {
                resumed = Run(new Stopping(reader, budget), tasks, workers, "resumed");
                break;
            }
            catch (IOException)
            {
                foreach (string part in Directory.EnumerateFiles(_folder["resumed"], "part-*").Where(path => !path.EndsWith(".json", StringComparison.Ordinal)))
                    File.AppendAllText(part, "{\"id\":\"half");
            }
        }
        Assert.True(stops > 3, $"{stops} stops");
        Assert.Equal(File.ReadAllBytes(_folder["whole/documents.jsonl"]), File.ReadAllBytes(_folder["resumed/documents.jsonl"]));
        Assert.Equal(750, resumed.Progress.Documents);
        Assert.Equal(10, resumed.Progress.Problems.Restore().Total);
        Assert.Equal(whole.Progress.Problems.First, resumed.Progress.Problems.First);
        Assert.Equal(whole.Progress.Characters, resumed.Progress.Characters);
        Assert.Empty(Directory.EnumerateFiles(_folder["resumed"], "part-*"));
    }

    private ReadRun Run(IDocumentReader reader, IReadOnlyList<ReadTask> tasks, int workers, string folder)
    {
        var run = new ReadRun(reader, tasks, workers, TimeSpan.Zero, _folder[folder]);
        run.Run(_ => { }, CancellationToken.None);
        return run;
    }

    /// <summary>A reader whose disk fails after so many documents.</summary>
    private sealed class Stopping(IDocumentReader reader, int budget) : IDocumentReader
    {
        private int _left = budget;

        public IReadOnlyList<ReadTask> Tasks(long taskBytes) => reader.Tasks(taskBytes);

        public IEnumerable<ReadDocument> Read(ReadTask task, ReadMark from, ReadProblems problems, CancellationToken cancellation = default)
        {
            foreach (ReadDocument document in reader.Read(task, from, problems, cancellation))
                yield return Interlocked.Decrement(ref _left) >= 0 ? document : throw new IOException("No space left on device");
        }
    }
}
