using System.Collections.Concurrent;
using System.Diagnostics;
using Athanor.Inference.Generation;
using Athanor.Inference.Scheduling;

namespace Athanor.Inference.Running;

/// <remarks>Everything that computes or changes the cache happens on the engine's thread; others leave notes for it.</remarks>
public sealed partial class InferenceEngine
{
    private const double FirstGuess = 1;

    private readonly Thread _thread;
    private readonly ModelRunner _runner;
    private readonly Scheduler _scheduler;
    private readonly ConcurrentQueue<(EngineTask Task, int Priority)> _submitted = new();
    private readonly ConcurrentQueue<EngineTask> _cancelled = new();
    private readonly ManualResetEventSlim _wake = new();
    private readonly HashSet<EngineTask> _open = [];
    private readonly List<WantedRow> _logitRows = [], _hiddenRows = [];
    private readonly List<ScheduledSpan> _group = [];
    private readonly Dictionary<EngineTask, Exception> _failed = [];
    private readonly QueuePace _pace = new();
    private int _stopped, _queued;
    private long _ticket, _promptTokens, _cachedTokens, _generatedTokens;
    private double _seconds = FirstGuess;

    private void Submit(EngineTask task, int priority)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _stopped) != 0, this);
        int queued = Interlocked.Increment(ref _queued);
        if (queued > _options.MaxQueue)
        {
            int waiting = Interlocked.Decrement(ref _queued);
            double seconds = Math.Clamp(Volatile.Read(ref _seconds) * waiting / _options.MaxSequences, 1, 60);
            throw new EngineOverloadedException($"{waiting} requests wait; the queue takes no more than {_options.MaxQueue}. Ask again in {seconds:0} s.", TimeSpan.FromSeconds(seconds));
        }
        _pace.Waits(queued);
        _submitted.Enqueue((task, priority));
        _wake.Set();
    }

    private void Cancel(EngineTask task)
    {
        if (!task.TryEnd())
            return;
        task.Fail(new OperationCanceledException("The request was cancelled."));
        _cancelled.Enqueue(task);
        // The engine may be gone already.
        if (Volatile.Read(ref _stopped) == 0)
            _wake.Set();
    }

    private void Loop()
    {
        while (Volatile.Read(ref _stopped) == 0)
        {
            _wake.Reset();
            try
            {
                Receive();
                IReadOnlyList<ScheduledSpan> step = _scheduler.Plan();
                Report();
                if (step.Count > 0)
                    Step(step);
                else if (_submitted.IsEmpty && _cancelled.IsEmpty)
                    _wake.Wait();
            }
            catch (Exception e)
            {
                // Nothing is known of the texts any more; those that come later begin with an empty engine.
                foreach (EngineTask task in _open.ToList())
                    Fail(task, new InferenceException($"The engine failed: {e.Message}", e));
            }
        }
        foreach (EngineTask task in _open.Concat(_submitted.Select(entry => entry.Task)).ToList())
        {
            if (task.TryEnd())
                task.Fail(new ObjectDisposedException(nameof(InferenceEngine), "The engine was disposed before the request was answered."));
            task.Release();
        }
    }

    private void Receive()
    {
        while (_submitted.TryDequeue(out (EngineTask Task, int Priority) next))
        {
            EngineTask task = next.Task;
            if (task.Ended)
            {
                Interlocked.Decrement(ref _queued);
                continue;
            }
            _open.Add(task);
            try
            {
                task.Start(_ticket++ + (long)next.Priority * _options.PriorityWeight);
                foreach (Sequence sequence in task.Sequences)
                    _scheduler.Enqueue(sequence);
            }
            catch (Exception e)
            {
                Fail(task, e);
            }
        }
        while (_cancelled.TryDequeue(out EngineTask? task))
            Close(task, forget: false);
    }

    private void Step(IReadOnlyList<ScheduledSpan> step)
    {
        ScheduledSpan[] spans = [.. step];
        long start = Stopwatch.GetTimestamp();
        _runner.BeginStep();
        try
        {
            // Texts that the same pass can compute; nearly always all.
            foreach (IGrouping<PassKind, ScheduledSpan> group in spans.GroupBy(span => span.Sequence.Kind))
                Compute([.. group], group.Key);
        }
        catch (Exception e)
        {
            var reason = new InferenceException($"A step of the engine failed: {e.Message}", e);
            foreach (EngineTask task in spans.Select(span => (EngineTask)span.Sequence.Owner!).Distinct())
                Fail(task, reason);
            return;
        }
        int begun = 0;
        foreach (ScheduledSpan span in spans)
        {
            var task = (EngineTask)span.Sequence.Owner!;
            begun += Begin(task) ? 1 : 0;
            _scheduler.Complete(span.Sequence, task.Kept(span));
        }
        _pace.Began(begun);
        _model.Speculation?.BeginGuesses(_scheduler.Running.Count);
        foreach (ScheduledSpan span in spans)
        {
            var task = (EngineTask)span.Sequence.Owner!;
            // The settling of one text may have ended others of its request.
            if (_failed.ContainsKey(task) || task.Ended || !task.Sequences.Contains(span.Sequence))
                continue;
            try
            {
                task.Settle(span.Sequence, _scheduler);
            }
            catch (Exception e)
            {
                _failed[task] = e;
            }
            if (task.Ended)
                Close(task, forget: false);
        }
        foreach ((EngineTask task, Exception reason) in _failed)
            Fail(task, reason);
        _failed.Clear();
        _model.Speculation?.EndStep(Stopwatch.GetTimestamp() - start);
    }

    private void Compute(IReadOnlyList<ScheduledSpan> spans, PassKind kind)
    {
        _logitRows.Clear();
        _hiddenRows.Clear();
        int row = 0;
        foreach (ScheduledSpan span in spans)
        {
            ((EngineTask)span.Sequence.Owner!).Want(span, row, _logitRows, _hiddenRows);
            row += span.Count;
        }
        _runner.Run(spans, kind, _logitRows, TakeLogits, _hiddenRows, TakeHidden);
    }

    // What one request's logits or constraint make impossible is that request's affair alone.
    private void TakeLogits(in WantedRow row, Span<float> logits, double logSumExp)
    {
        var task = (EngineTask)row.Sequence.Owner!;
        if (task.Ended || _failed.ContainsKey(task))
            return;
        try
        {
            task.TakeLogits(row, logits, logSumExp);
        }
        catch (Exception e)
        {
            _failed[task] = e;
        }
    }

    private void TakeHidden(in WantedRow row, ReadOnlySpan<float> hidden)
    {
        var task = (EngineTask)row.Sequence.Owner!;
        if (!task.Ended)
            task.TakeHidden(row, hidden);
    }

    private bool Begin(EngineTask task)
    {
        if (task.Begun != 0)
            return false;
        task.Begun = Stopwatch.GetTimestamp();
        Interlocked.Decrement(ref _queued);
        return true;
    }

    private void Fail(EngineTask task, Exception reason)
    {
        if (task.TryEnd())
            task.Fail(reason);
        Close(task, forget: true);
    }

    /// <summary>Forgets a task that has ended.</summary>
    private void Close(EngineTask task, bool forget)
    {
        if (!_open.Remove(task))
            return;
        foreach (Sequence sequence in task.Sequences)
            _scheduler.Remove(sequence, forget);
        task.Release();
        if (task.Begun == 0)
            Interlocked.Decrement(ref _queued);
        else
            Volatile.Write(ref _seconds, 0.9 * _seconds + 0.1 * Stopwatch.GetElapsedTime(task.Begun).TotalSeconds);
        _promptTokens += task.Begun == 0 ? 0 : task.PromptTokens;
        if (task is not TextTask answers)
            return;
        _cachedTokens += answers.Known;
        _generatedTokens += answers.Drawn;
    }

    private void Report() => Status = new EngineStatus
    {
        Running = _scheduler.Running.Count,
        UsedBlocks = _model.Pool.Blocks - _model.Pool.Free - _treeBlocks,
        TotalBlocks = _model.Pool.Blocks,
        PromptTokens = _promptTokens,
        CachedTokens = _cachedTokens,
        GeneratedTokens = _generatedTokens,
        DraftedTokens = _model.Speculation?.Drafted ?? 0,
        AcceptedTokens = _model.Speculation?.Accepted ?? 0,
        Preemptions = _scheduler.Preemptions,
    };
}
