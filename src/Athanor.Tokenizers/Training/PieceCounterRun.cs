using System.Threading.Channels;
using Athanor.Tokenizers.PreTokenizers;

namespace Athanor.Tokenizers.Training;

/// <summary>One count: blocks of text go through a queue to workers with tables of their own, and the tables and spilled runs are merged at the end.</summary>
internal sealed class PieceCounterRun : IDisposable
{
    private readonly PieceCounterOptions _options;
    private readonly IProgress<TrainingProgress>? _progress;
    private readonly CancellationTokenSource _stop;
    private readonly DocumentBatcher _batcher;
    private readonly SpillFolder _spill;
    private readonly Worker[] _workers;
    private readonly Channel<DocumentBatch>? _queue;
    private readonly Task _working;
    private long _bytes, _documents, _peak;

    public PieceCounterRun(PieceCounterOptions options, IProgress<TrainingProgress>? progress, CancellationToken cancellation)
    {
        _options = options;
        _progress = progress;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        _batcher = new DocumentBatcher(SafeCut.PlacesOf(options.Scanner));
        _spill = new SpillFolder(options.SpillFolder);
        if (options.CreateSpillFile is { } create)
            _spill.Create = create;
        _workers = new Worker[options.Threads];
        for (int i = 0; i < _workers.Length; i++)
            _workers[i] = new Worker(this, options.MemoryLimit / options.Threads);
        if (options.Threads == 1)
        {
            _working = Task.CompletedTask;
            return;
        }
        _queue = Channel.CreateBounded<DocumentBatch>(new BoundedChannelOptions(2 * options.Threads) { SingleWriter = true });
        _working = Task.WhenAll(_workers.Select(worker => Task.Run(() => worker.RunAsync(_queue.Reader))));
    }

    /// <summary>Takes text until a block is full, which is to be posted; null when all of <paramref name="rest"/> is taken.</summary>
    public DocumentBatch? Add(ref ReadOnlyMemory<byte> rest)
    {
        while (!rest.IsEmpty)
        {
            if (_batcher.Add(ref rest) is { } batch)
                return batch;
        }
        return null;
    }

    public void EndDocument() => _batcher.EndDocument();

    public ValueTask PostAsync(DocumentBatch batch)
    {
        _stop.Token.ThrowIfCancellationRequested();
        _bytes += batch.Length;
        _documents += batch.Documents;
        _progress?.Report(new TrainingProgress("count", _bytes, 0));
        if (_queue is not null)
            return _queue.Writer.WriteAsync(batch, _stop.Token);
        _workers[0].Take(batch, _stop.Token);
        return ValueTask.CompletedTask;
    }

    /// <summary>Ends all workers after <paramref name="error"/>; throws the error of a worker where that was the cause.</summary>
    public async Task StopAsync(Exception error)
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        try
        {
            await _working.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
        }
        catch when (error is not OperationCanceledException)
        {
        }
    }

    public async Task<PieceCounts> FinishAsync()
    {
        if (_batcher.Finish() is { } last)
        {
            try
            {
                await PostAsync(last).ConfigureAwait(false);
            }
            catch (Exception error)
            {
                await StopAsync(error).ConfigureAwait(false);
                throw;
            }
        }
        _queue?.Writer.Complete();
        await _working.ConfigureAwait(false);
        return Merge();
    }

    public void Dispose()
    {
        _stop.Dispose();
        _spill.Dispose();
    }

    private PieceCounts Merge()
    {
        var builder = new PieceCountsBuilder(_options.ResultLimit);
        long rare = 0;
        List<PieceRun> runs = _spill.Open();
        try
        {
            var sorted = new PieceRun[_workers.Length];
            Parallel.For(0, sorted.Length, new ParallelOptions { MaxDegreeOfParallelism = sorted.Length }, i => sorted[i] = _workers[i].Table.ReadSorted());
            runs.AddRange(sorted);
            PieceRun.Merge(runs, (run, count) =>
            {
                if (count >= _options.MinimumCount)
                    builder.Add(run.Piece, count);
                else
                    rare++;
            }, _stop.Token);
        }
        finally
        {
            runs.ForEach(run => run.Dispose());
        }
        return builder.Build(new PieceCountingStatistics
        {
            Documents = _documents,
            Bytes = _bytes,
            Pieces = _workers.Sum(worker => worker.Pieces),
            CutPieces = _workers.Sum(worker => worker.CutPieces),
            RarePieces = rare,
            SpilledRuns = _spill.Runs,
            SpilledBytes = _spill.BytesWritten,
            PeakTableBytes = _peak,
        });
    }

    private void NotePeak()
    {
        long sum = 0;
        foreach (Worker worker in _workers)
            sum += worker.Memory;
        long peak = Interlocked.Read(ref _peak);
        while (sum > peak && Interlocked.CompareExchange(ref _peak, sum, peak) is var seen && seen != peak)
            peak = seen;
    }

    private sealed class Worker(PieceCounterRun run, long budget)
    {
        private readonly PieceScanner _scanner = run._options.Scanner;
        private readonly int _cap = run._options.MaxPieceBytes;
        private long _memory;

        public PieceTable Table { get; } = new(budget);

        public long Pieces { get; private set; }

        public long CutPieces { get; private set; }

        public long Memory => Volatile.Read(ref _memory);

        public async Task RunAsync(ChannelReader<DocumentBatch> batches)
        {
            try
            {
                while (await batches.WaitToReadAsync(run._stop.Token).ConfigureAwait(false))
                {
                    while (batches.TryRead(out DocumentBatch? batch))
                        Take(batch, run._stop.Token);
                }
            }
            catch
            {
                // The producer may be waiting for room in the queue.
                await run._stop.CancelAsync().ConfigureAwait(false);
                throw;
            }
        }

        public void Take(DocumentBatch batch, CancellationToken cancellation)
        {
            cancellation.ThrowIfCancellationRequested();
            int start = 0;
            foreach (int end in batch.Ends)
            {
                ReadOnlySpan<byte> text = batch.Bytes.AsSpan(start, end - start);
                for (int at = 0; at < text.Length;)
                {
                    int next = _scanner.NextEnd(text, at);
                    if (next - at <= _cap)
                    {
                        if (!Table.TryAdd(text, at, next - at, 1))
                            Spill(text, at, next - at, cancellation);
                        Pieces++;
                    }
                    else
                    {
                        AddCut(text[at..next], cancellation);
                    }
                    at = next;
                }
                start = end;
            }
            Volatile.Write(ref _memory, Table.Memory);
            run.NotePeak();
            run._batcher.Return(batch);
        }

        private void AddCut(ReadOnlySpan<byte> piece, CancellationToken cancellation)
        {
            CutPieces++;
            for (ReadOnlySpan<byte> rest = piece; !rest.IsEmpty;)
            {
                int length = rest.Length <= _cap ? rest.Length : SafeCut.FindCharacter(rest[.._cap], 0);
                if (!Table.TryAdd(rest, 0, length, 1))
                    Spill(rest, 0, length, cancellation);
                Pieces++;
                rest = rest[length..];
            }
        }

        private void Spill(ReadOnlySpan<byte> text, int start, int length, CancellationToken cancellation)
        {
            run._spill.Write(Table.ReadSorted(), cancellation);
            Table.Clear();
            if (!Table.TryAdd(text, start, length, 1))
                throw new InvalidOperationException($"A piece of {length} bytes does not fit into an empty table of {Table.Memory} bytes; raise MemoryLimit.");
        }
    }
}
