using System.Diagnostics;
using System.Text.Json;
using Athanor.Data.Documents;
using Athanor.Data.Execution;
using Athanor.Data.Stages;
using Athanor.Runs.Files;

namespace Athanor.Data.Splitting;

/// <summary>What was written of a set.</summary>
/// <param name="Length">Bytes of its file.</param>
/// <param name="Documents">Documents.</param>
/// <param name="Characters">UTF-16 code units of their texts.</param>
internal sealed record SplitSet(long Length, long Documents, long Characters);

/// <summary>How far a split is.</summary>
internal sealed record SplitProgress
{
    /// <summary>The number of the input file.</summary>
    public int File { get; init; }

    /// <summary>The next line's beginning in it.</summary>
    public long Offset { get; init; }

    /// <summary>Documents that have the metadata by which groups are held out.</summary>
    public long Grouped { get; init; }

    /// <summary>Sets by the names of their files.</summary>
    public required IReadOnlyDictionary<string, SplitSet> Sets { get; init; }
}

/// <summary>
/// Divides documents over files, one for training and one for each set that is held out. Workers take chunks and results are written in order; from time to time the place is noted, and a killed run cuts
/// its files back to there.
/// </summary>
internal sealed class SplitRun(IReadOnlyList<string> inputs, HeldOutSplit split, int workers, TimeSpan checkpointEvery, string folder)
{
    private const string Note = "split.json";
    private readonly SortedDictionary<string, Output> _outputs = new(StringComparer.Ordinal);
    private long _grouped;

    /// <summary>What was written, by the names of files.</summary>
    public IReadOnlyDictionary<string, SplitSet> Sets => _outputs.ToDictionary(pair => pair.Key, pair => pair.Value.Set);

    /// <summary>Documents that have the metadata by which groups are held out.</summary>
    public long Grouped => _grouped;

    /// <summary>Runs, or goes on.</summary>
    /// <param name="progress">Takes bytes of the input that are done.</param>
    /// <param name="cancellation">Saves the place and stops.</param>
    public void Run(Action<long> progress, CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder);
        SplitProgress before = Read();
        (int file, long offset, _grouped) = (before.File, before.Offset, before.Grouped);
        try
        {
            foreach ((string name, SplitSet set) in before.Sets)
                _outputs.Add(name, new Output(Path.Combine(folder, name), set));
            OutputOf(DocumentFile.Name);
            long done = inputs.Take(file).Sum(input => new FileInfo(input).Length) + offset, saved = Stopwatch.GetTimestamp();
            progress(done);
            try
            {
                OrderedWork.Run(DocumentChunks.Read(inputs, file, offset), workers, () => 0, (_, chunk) => Divide(chunk), (chunk, part) =>
                {
                    foreach ((string name, Part set) in part.Sets)
                        OutputOf(name).Add(set);
                    _grouped += part.Grouped;
                    (file, offset) = (chunk.File, chunk.End);
                    progress(done += chunk.Bytes.Length);
                    chunk.Release();
                    if (Stopwatch.GetElapsedTime(saved) < checkpointEvery)
                        return;
                    Save(file, offset);
                    saved = Stopwatch.GetTimestamp();
                }, () => false, cancellation);
            }
            catch (OperationCanceledException)
            {
                Save(file, offset);
                throw;
            }
            Save(inputs.Count, 0);
        }
        finally
        {
            foreach (Output output in _outputs.Values)
                output.Dispose();
        }
    }

    private (Dictionary<string, Part> Sets, long Grouped) Divide(DocumentChunk chunk)
    {
        var sets = new Dictionary<string, Part>(StringComparer.Ordinal);
        long grouped = 0;
        foreach ((long offset, ReadOnlyMemory<byte> line) in chunk.Lines())
        {
            Document document = chunk.Parse(offset, line);
            grouped += split.GroupBy is not null && document.Metadata.ContainsKey(split.GroupBy) ? 1 : 0;
            string name = split.SetOf(document) is { } set ? DocumentSets.FileOf(set) : DocumentFile.Name;
            if (!sets.TryGetValue(name, out Part? part))
                sets.Add(name, part = new Part());
            part.Lines.Write(document);
            part.Documents++;
            part.Characters += document.Text.Length;
        }
        return (sets, grouped);
    }

    private Output OutputOf(string name)
    {
        if (!_outputs.TryGetValue(name, out Output? output))
            _outputs.Add(name, output = new Output(Path.Combine(folder, name), new SplitSet(0, 0, 0)));
        return output;
    }

    private SplitProgress Read()
    {
        try
        {
            SplitProgress? read = JsonSerializer.Deserialize<SplitProgress>(File.ReadAllBytes(Path.Combine(folder, Note)));
            if (read is not null && read.Sets.All(set => new FileInfo(Path.Combine(folder, set.Key)) is { Exists: true } file && file.Length >= set.Value.Length))
                return read;
        }
        catch (Exception e) when (e is JsonException or FileNotFoundException)
        {
        }
        return new SplitProgress { Sets = new Dictionary<string, SplitSet>() };
    }

    private void Save(int file, long offset)
    {
        // The bytes must be on the disk before the note that says so.
        foreach (Output output in _outputs.Values)
            output.Flush();
        AtomicFile.Write(Path.Combine(folder, Note), stream => JsonSerializer.Serialize(stream, new SplitProgress { File = file, Offset = offset, Grouped = _grouped, Sets = Sets }));
    }

    private sealed class Part
    {
        public JsonLineBuffer Lines { get; } = new();

        public long Documents { get; set; }

        public long Characters { get; set; }
    }

    private sealed class Output : IDisposable
    {
        private readonly FileStream _stream;

        public Output(string path, SplitSet before)
        {
            _stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read, 1 << 16);
            _stream.SetLength(before.Length);
            _stream.Position = before.Length;
            Set = before;
        }

        public SplitSet Set { get; private set; }

        public void Add(Part part)
        {
            _stream.Write(part.Lines.Bytes);
            Set = new SplitSet(_stream.Position, Set.Documents + part.Documents, Set.Characters + part.Characters);
            part.Lines.Dispose();
        }

        public void Flush() => _stream.Flush(flushToDisk: true);

        public void Dispose() => _stream.Dispose();
    }
}
