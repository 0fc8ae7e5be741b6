namespace Athanor.Training.Batches;

/// <summary>Rows and row length of a step's batch.</summary>
/// <param name="Rows">Rows.</param>
/// <param name="Length">Positions of a row.</param>
/// <param name="Phase">Which weights of the mixture hold.</param>
public readonly record struct BatchShape(int Rows, int Length, int Phase = 0);

/// <summary>
/// Prepares the batch of the next step on a thread of its own while this one is trained, in two batches that take turns. What it gives does not depend on timing.
/// </summary>
public sealed class BatchLoader : IDisposable
{
    private readonly RowPacker _packer;
    private readonly Func<long, BatchShape> _shape;
    private readonly SemaphoreSlim _wanted = new(0), _ready = new(0);
    private readonly Thread _thread;
    private Batch _current, _next;
    private long _step;
    private bool _pending;
    private volatile bool _stop;
    private Exception? _error;

    /// <summary>A loader that begins with a step.</summary>
    /// <param name="shape">The shape of a step's batch.</param>
    public BatchLoader(RowPacker packer, Func<long, BatchShape> shape, long step = 0)
    {
        ArgumentNullException.ThrowIfNull(packer);
        (_packer, _shape, _step) = (packer, shape, step);
        (_current, _next) = (packer.NewBatch(), packer.NewBatch());
        _thread = new Thread(Work) { IsBackground = true, Name = "batches" };
        _thread.Start();
    }

    /// <summary>The mixture.</summary>
    public Mixture Mixture => _packer.Mixture;

    /// <summary>The batch of the next step; good until the next call.</summary>
    public Batch Next()
    {
        if (!_pending)
            Ask();
        Await();
        (_current, _next) = (_next, _current);
        _step++;
        Ask();
        return _current;
    }

    /// <summary>Goes to where a cursor points; the next batch is that of <paramref name="step"/>.</summary>
    public void Restore(BatchCursor cursor, long step)
    {
        if (_pending)
            Await();
        _packer.Restore(cursor);
        _step = step;
    }

    private void Ask()
    {
        _pending = true;
        _wanted.Release();
    }

    private void Await()
    {
        _ready.Wait();
        _pending = false;
        if (_error is { } error)
            throw new InvalidOperationException($"The batch of step {_step} could not be prepared: {error.Message}", error);
    }

    private void Work()
    {
        while (true)
        {
            _wanted.Wait();
            if (_stop)
                return;
            try
            {
                BatchShape shape = _shape(_step);
                _packer.Fill(_next, shape.Rows, shape.Length, shape.Phase);
            }
            catch (Exception e)
            {
                // Told to the thread that asks for the batch.
                _error = e;
            }
            _ready.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_stop)
            return;
        _stop = true;
        _wanted.Release();
        _thread.Join();
        _wanted.Dispose();
        _ready.Dispose();
    }
}
