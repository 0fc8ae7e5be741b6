using System.Diagnostics;
using Athanor.Data.Signals;
using Athanor.Data.Steps;

namespace Athanor.Data.Execution;

/// <summary>
/// Takes the documents of one set through steps. Chunks are worked on by any number of workers and written in order, so the files are the same whatever the number. From
/// time to time what was written is put on the disk and the place noted; after a kill the files are cut back to there and the work goes on.
/// </summary>
internal sealed class StepRun(IReadOnlyList<string> inputs, IReadOnlyList<PreparedStep> steps, StepOptions options, string folder)
{
    /// <summary>The files that are made in the folder.</summary>
    public const string Kept = "kept.jsonl", Removed = "removed.jsonl", Signals = "signals.bin";
    private static readonly string[] Files = [Kept, Removed, Signals];

    private readonly SampleBounds _bounds = new();

    public StepTally Tally { get; private set; } = new();

    public SampleSet Samples { get; } = new(options.Samples);

    /// <summary>Runs, or goes on.</summary>
    /// <param name="progress">Takes bytes of the input that are done.</param>
    /// <param name="cancellation">Saves a checkpoint and stops.</param>
    public void Run(Action<long> progress, CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder);
        StepCheckpoint? before = StepCheckpoint.Read(folder, Files);
        FileStream[] outputs = [.. Files.Select(file => new FileStream(Path.Combine(folder, file), FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read, 1 << 16))];
        try
        {
            for (int i = 0; i < outputs.Length; i++)
            {
                outputs[i].SetLength(before?.Lengths[i] ?? 0);
                outputs[i].Position = outputs[i].Length;
            }
            Restore(before);
            if (before is null)
            {
                var chain = new StepChain(steps);
                outputs[2].Write(SignalBlock.Header(new SignalNames(chain.Names, chain.Signals)));
            }
            Work(outputs, before?.File ?? 0, before?.Offset ?? 0, progress, cancellation);
        }
        finally
        {
            foreach (FileStream output in outputs)
                output.Dispose();
        }
    }

    private void Restore(StepCheckpoint? before)
    {
        if (before is null)
            return;
        Tally = before.Tally;
        foreach ((string group, List<Sample> samples) in before.Samples)
        {
            foreach (Sample sample in samples)
                Samples.Add(group, sample);
        }
    }

    private void Work(FileStream[] outputs, int file, long offset, Action<long> progress, CancellationToken cancellation)
    {
        long[] lengths = [.. inputs.Select(input => new FileInfo(input).Length)];
        long done = lengths.Take(file).Sum() + offset, saved = Stopwatch.GetTimestamp();
        progress(done);
        try
        {
            OrderedWork.Run(DocumentChunks.Read(inputs, file, offset), options.Workers, () => new StepWorker(steps, options, _bounds), static (worker, chunk) => worker.Work(chunk), Take, Pressed, cancellation);
        }
        catch (OperationCanceledException)
        {
            Save(outputs, file, offset);
            throw;
        }
        Save(outputs, inputs.Count, 0);

        void Take(DocumentChunk chunk, StepResult result)
        {
            result.Signals.KeptBase = outputs[0].Position;
            result.Signals.RemovedBase = outputs[1].Position;
            outputs[0].Write(result.Kept.Bytes);
            outputs[1].Write(result.Removed.Bytes);
            if (result.Signals.Rows > 0)
                result.Signals.Write(outputs[2]);
            Tally.Add(result.Tally);
            Samples.Add(result.Samples);
            Samples.Tell(_bounds);
            result.Kept.Dispose();
            result.Removed.Dispose();
            (file, offset) = (chunk.File, chunk.End);
            progress(done += chunk.Bytes.Length);
            chunk.Release();
            if (Stopwatch.GetElapsedTime(saved) < options.CheckpointEvery)
                return;
            Save(outputs, file, offset);
            saved = Stopwatch.GetTimestamp();
        }
    }

    private bool Pressed() => Environment.WorkingSet > options.Memory;

    private void Save(FileStream[] outputs, int file, long offset)
    {
        // The bytes must be on the disk before the note that says so.
        foreach (FileStream output in outputs)
            output.Flush(flushToDisk: true);
        new StepCheckpoint { File = file, Offset = offset, Lengths = [.. outputs.Select(output => output.Position)], Tally = Tally, Samples = Samples.Groups }.Write(folder);
    }
}
