using System.Runtime.InteropServices;
using Athanor.Inference.Cache;

namespace Athanor.Inference.Scheduling;

/// <summary>
/// Says which tokens a step computes. There is one idea: every text has tokens and so many of them computed, and must catch up; prompts in parts, single drawn tokens,
/// proposed tokens, prefixes found in the cache and texts begun again are all that (vLLM's scheduler, V1). Texts that run come first, then waiting ones in order while
/// budget, places and blocks last. Where blocks run out, the last text in order gives its own up and is computed again later.
/// </summary>
internal sealed class Scheduler(BlockPool pool, SchedulerOptions options, Action<int, int> copyBlock)
{
    private static readonly Comparer<Sequence> ByOrder = Comparer<Sequence>.Create((a, b) => a.Order.CompareTo(b.Order));

    private readonly List<Sequence> _running = [], _waiting = [];
    private readonly List<ScheduledSpan> _step = [];

    /// <summary>Texts that run, in order.</summary>
    public IReadOnlyList<Sequence> Running => _running;

    /// <summary>Texts that wait, in order.</summary>
    public IReadOnlyList<Sequence> Waiting => _waiting;

    /// <summary>Texts begun again because blocks ran out.</summary>
    public long Preemptions { get; private set; }

    /// <summary>Adds a text that waits.</summary>
    public void Enqueue(Sequence sequence) => Insert(_waiting, sequence);

    /// <summary>Adds a text that shares what another has computed and runs at once.</summary>
    public void Join(Sequence sequence) => Insert(_running, sequence);

    /// <summary>Takes a text out and gives its blocks back.</summary>
    /// <param name="forget">What it computed is not to be found again.</param>
    public void Remove(Sequence sequence, bool forget = false)
    {
        sequence.Blocks.Clear(forget);
        _running.Remove(sequence);
        _waiting.Remove(sequence);
    }

    /// <summary>The tokens of the coming step; empty where nothing is to be done. The list is used again.</summary>
    public IReadOnlyList<ScheduledSpan> Plan()
    {
        _step.Clear();
        int budget = options.TokenBudget;
        bool preempted = false;
        // Single tokens first: a text that is being written does not wait for the reading of another's prompt.
        for (int pass = 0; pass < 2; pass++)
        {
            for (int i = 0; i < _running.Count && budget > 0; i++)
            {
                Sequence sequence = _running[i];
                if (sequence.Pending == 0 || (sequence.Pending <= 1 + sequence.Drafted) != (pass == 0))
                    continue;
                int count = pass == 0 ? Math.Min(sequence.Pending, budget) : Math.Min(sequence.Pending, Share(budget, MorePrompts(i)));
                while (!sequence.Blocks.TryReserve(sequence.Computed, sequence.Computed + count, copyBlock))
                {
                    // Guesses are not worth another text's place.
                    if (sequence.Drafted > 0)
                    {
                        sequence.DropDrafts();
                        count = Math.Min(count, sequence.Pending);
                        continue;
                    }
                    preempted = true;
                    Sequence last = _running[^1];
                    Preempt(last, ref budget);
                    if (last == sequence)
                        break;
                }
                if (i < _running.Count && _running[i] == sequence)
                    Schedule(sequence, count, ref budget);
            }
        }
        if (!preempted)
            Admit(budget);
        // What is parked holds up nobody.
        if (_step.Count == 0 && _waiting.Exists(sequence => !sequence.Parked))
        {
            for (int i = _running.Count - 1; i >= 0; i--)
            {
                if (_running[i].Parked)
                    Preempt(_running[i], ref budget);
            }
            Admit(budget);
        }
        return _step;
    }

    /// <summary>Counts the tokens of a span as computed, and makes known and gives back the blocks that this allows.</summary>
    /// <param name="count">Those of the span's tokens that stay: proposed ones that were not drawn do not.</param>
    public void Complete(Sequence sequence, int count)
    {
        sequence.Computed += count;
        sequence.Blocks.Publish(CollectionsMarshal.AsSpan(sequence.Tokens), sequence.Computed);
        sequence.Blocks.Trim(sequence.Computed);
        if (options.Window > 0)
            sequence.Blocks.PassBefore(sequence.Computed - options.Window + 1);
    }

    private void Admit(int budget)
    {
        int places = options.MaxSequences;
        foreach (Sequence sequence in _running)
            places -= sequence.Slots;
        while (budget > 0 && _waiting.Find(sequence => !sequence.Parked) is { } sequence && places >= sequence.Slots)
        {
            // The last token is computed in any case: what follows it is wanted.
            int known = sequence.MayTakeKnown ? sequence.Blocks.TakeKnown(CollectionsMarshal.AsSpan(sequence.Tokens), sequence.Tokens.Count - 1) : 0;
            sequence.Computed = known;
            if (options.Window > 0)
                sequence.Blocks.PassBefore(known - options.Window + 1);
            int count = Math.Min(sequence.Pending, Share(budget, _waiting.Count > 1));
            // A block for each text that runs stays free, so that a newcomer is not the cause of the next lack.
            int spare = Math.Min(_running.Count, pool.Blocks / 4);
            if (sequence.Blocks.Missing(known, known + count) + spare > pool.Free || !sequence.Blocks.TryReserve(known, known + count, copyBlock))
            {
                sequence.Blocks.Clear();
                sequence.Computed = 0;
                return;
            }
            sequence.Known ??= known;
            places -= sequence.Slots;
            _waiting.Remove(sequence);
            Insert(_running, sequence);
            Schedule(sequence, count, ref budget);
        }
    }

    // A long prompt takes half of what is left while others wait, so that short ones pass beside it.
    private static int Share(int budget, bool others) => others ? Math.Max(1, budget / 2) : budget;

    private bool MorePrompts(int after)
    {
        for (int i = after + 1; i < _running.Count; i++)
        {
            if (_running[i].Pending > 1 + _running[i].Drafted)
                return true;
        }
        return _waiting.Count > 0;
    }

    private void Schedule(Sequence sequence, int count, ref int budget)
    {
        _step.Add(new ScheduledSpan(sequence, count));
        budget -= count;
    }

    private void Preempt(Sequence sequence, ref int budget)
    {
        Preemptions++;
        int at = _step.FindIndex(span => span.Sequence == sequence);
        if (at >= 0)
        {
            budget += _step[at].Count;
            _step.RemoveAt(at);
        }
        sequence.Blocks.Clear();
        sequence.Computed = 0;
        sequence.DropDrafts();
        _running.Remove(sequence);
        Insert(_waiting, sequence);
    }

    private static void Insert(List<Sequence> list, Sequence sequence)
    {
        int at = list.BinarySearch(sequence, ByOrder);
        // Behind its equals: the candidates of a request stand in their order.
        for (at = at < 0 ? ~at : at; at < list.Count && list[at].Order == sequence.Order;)
            at++;
        list.Insert(at, sequence);
    }
}
