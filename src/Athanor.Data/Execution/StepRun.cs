using System.Diagnostics;
using Athanor.Data.Signals;
using Athanor.Data.Steps;
using Athanor.Runs.Stages;

namespace Athanor.Data.Execution;

/// <summary>
/// Takes the documents of one set through steps. Chunks are worked on by any number of workers and written in order, so the files are the same whatever the number. From
/// time to time what was written is put on the disk and the place noted; after a kill the files are cut back to there and the work goes on. Several processes may share the work: each makes a part in a
/// folder of its own, and a run without a part joins what it finds.
/// </summary>
internal sealed class StepRun(IReadOnlyList<string> inputs, IReadOnlyList<PreparedStep> steps, StepOptions options, string setFolder, StagePart? part = null)
{
    private readonly string _folder = part is null ? setFolder : StepParts.FolderOf(setFolder, part);
    private readonly DocumentRange _range = part is null ? DocumentRange.All : DocumentRange.Of(inputs, part);

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
        Directory.CreateDirectory(_folder);
        if (part is null && StepParts.Find(_folder) is > 0 and int count)
        {
            Join(count, progress, cancellation);
            return;
        }
        StepCheckpoint? before = StepCheckpoint.Read(_folder, Files);
        FileStream[] outputs = Open(FileMode.OpenOrCreate);
        try
        {
            for (int i = 0; i < outputs.Length; i++)
            {
                outputs[i].SetLength(before?.Lengths[i] ?? 0);
                outputs[i].Position = outputs[i].Length;
            }
            Restore(before);
            if (before is null)
                outputs[2].Write(SignalHeader(out _));
            Work(outputs, before?.File ?? _range.File, before?.Offset ?? _range.Offset, progress, cancellation);
        }
        finally
        {
            foreach (FileStream output in outputs)
                output.Dispose();
        }
    }

    private FileStream[] Open(FileMode mode) => [.. Files.Select(file => new FileStream(Path.Combine(_folder, file), mode, FileAccess.Write, FileShare.Read, 1 << 16))];

    private byte[] SignalHeader(out int columns)
    {
        var chain = new StepChain(steps);
        columns = chain.Signals.Count;
        return SignalBlock.Header(new SignalNames(chain.Names, chain.Signals));
    }

    /// <summary>Puts the parts one behind another; what is missing of them is done first. Only copying begins again after a kill.</summary>
    private void Join(int count, Action<long> progress, CancellationToken cancellation)
    {
        File.Delete(Path.Combine(_folder, StepCheckpoint.FileName));
        FileStream[] outputs = Open(FileMode.Create);
        try
        {
            outputs[2].Write(SignalHeader(out int columns));
            long done = 0;
            for (int index = 0; index < count; index++)
            {
                var one = new StepRun(inputs, steps, options, setFolder, new StagePart(index, count));
                long bytes = 0;
                one.Run(read => progress(done + (bytes = read)), cancellation);
                done += bytes;
                one.Append(outputs, columns, cancellation);
                Tally.Add(one.Tally);
                Samples.Add(one.Samples);
            }
        }
        finally
        {
            foreach (FileStream output in outputs)
                output.Dispose();
        }
    }

    private void Append(FileStream[] outputs, int columns, CancellationToken cancellation)
    {
        long kept = outputs[0].Position, removed = outputs[1].Position;
        for (int i = 0; i < outputs.Length; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            using FileStream made = new(Path.Combine(_folder, Files[i]), FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
            if (i < 2)
            {
                made.CopyTo(outputs[i]);
                continue;
            }
            made.Position = SignalHeader(out _).Length;
            while (SignalBlock.Read(made, columns) is { } block)
            {
                block.KeptBase += kept;
                block.RemovedBase += removed;
                block.Write(outputs[i]);
            }
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
        long done = lengths.Take(file).Sum() + offset - lengths.Take(_range.File).Sum() - _range.Offset, saved = Stopwatch.GetTimestamp();
        if (file == inputs.Count)
            done = _range.Bytes(lengths);
        progress(done);
        try
        {
            OrderedWork.Run(DocumentChunks.Read(inputs, _range with { File = file, Offset = offset }), options.Workers, () => new StepWorker(steps, options, _bounds), static (worker, chunk) => worker.Work(chunk), Take, Pressed, cancellation);
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
        new StepCheckpoint { File = file, Offset = offset, Lengths = [.. outputs.Select(output => output.Position)], Tally = Tally, Samples = Samples.Groups }.Write(_folder);
    }
}
