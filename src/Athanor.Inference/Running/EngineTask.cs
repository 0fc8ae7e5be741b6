using Athanor.Inference.Scheduling;

namespace Athanor.Inference.Running;

/// <summary>What a request does with the steps of its texts. Only the engine's thread calls it.</summary>
internal abstract class EngineTask
{
    private int _ended;

    /// <summary>When it was begun, in ticks of the stopwatch; 0 while it waits.</summary>
    public long Begun { get; set; }

    /// <summary>Its texts that are not done.</summary>
    public List<Sequence> Sequences { get; } = [];

    /// <summary>Whether nothing more is wanted.</summary>
    public bool Ended => Volatile.Read(ref _ended) != 0;

    /// <summary>Prompt tokens.</summary>
    public abstract int PromptTokens { get; }

    /// <summary>Begins the task when its turn comes to be queued.</summary>
    public abstract void Start(long order);

    /// <summary>Names the rows of a span of which something is wanted.</summary>
    /// <param name="row">The place of the span's first token in the pass.</param>
    public abstract void Want(in ScheduledSpan span, int row, List<WantedRow> logits, List<WantedRow> hidden);

    /// <summary>Gets a row of logits, in order of positions.</summary>
    public virtual void TakeLogits(in WantedRow row, Span<float> logits, double logSumExp)
    {
    }

    /// <summary>Gets a last hidden state, in order of positions.</summary>
    public virtual void TakeHidden(in WantedRow row, ReadOnlySpan<float> hidden)
    {
    }

    /// <summary>After the step: goes on with the text, parts it, or ends it.</summary>
    public abstract void Settle(Sequence sequence, Scheduler scheduler);

    /// <summary>Of the tokens of a span, those that stay.</summary>
    public virtual int Kept(in ScheduledSpan span) => span.Count;

    /// <summary>Gives back what it holds beside the cache.</summary>
    public virtual void Release()
    {
    }

    /// <summary>Ends it; true for who was first.</summary>
    public bool TryEnd() => Interlocked.Exchange(ref _ended, 1) == 0;

    /// <summary>Tells the one who waits that it failed.</summary>
    public abstract void Fail(Exception reason);
}
