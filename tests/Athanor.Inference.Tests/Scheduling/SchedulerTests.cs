using Athanor.Inference.Cache;
using Athanor.Inference.Scheduling;

namespace Athanor.Inference.Tests.Scheduling;

public sealed class SchedulerTests
{
    private readonly BlockPool _pool = new(16, 16);
    private long _order;

    private Scheduler Scheduler(int budget, int sequences = 8, int window = 0) => new(_pool, new SchedulerOptions(budget, sequences, window), (_, _) => { });

    private Sequence Text(int tokens, long? order = null, int slots = 1) => new(Enumerable.Repeat((int)_order, tokens), new BlockTable(_pool, ""), order ?? _order++, slots);

    private static (Sequence Sequence, int Count)[] Step(Scheduler scheduler)
    {
        (Sequence Sequence, int Count)[] step = [.. scheduler.Plan().Select(span => (span.Sequence, span.Count))];
        foreach ((Sequence sequence, int count) in step)
        {
            scheduler.Complete(sequence, count);
            if (sequence.Pending == 0)
                sequence.Tokens.Add(0);
        }
        return step;
    }

    [Fact]
    public void A_long_prompt_comes_in_parts_and_single_tokens_do_not_wait_for_it()
    {
        Scheduler scheduler = Scheduler(20);
        Sequence writing = Text(5), prompt = Text(50);
        scheduler.Enqueue(writing);
        Assert.Equal([(writing, 5)], Step(scheduler));
        scheduler.Enqueue(prompt);
        Assert.Equal([(writing, 1), (prompt, 19)], Step(scheduler));
        Assert.Equal([(writing, 1), (prompt, 19)], Step(scheduler));
        Assert.Equal([(writing, 1), (prompt, 12)], Step(scheduler));
        Assert.Equal([(writing, 1), (prompt, 1)], Step(scheduler));
    }

    [Fact]
    public void A_short_prompt_passes_beside_a_long_one()
    {
        Scheduler scheduler = Scheduler(20);
        Sequence large = Text(100), small = Text(8);
        scheduler.Enqueue(large);
        scheduler.Enqueue(small);
        Assert.Equal([(large, 10), (small, 8)], Step(scheduler));
    }

    [Fact]
    public void Lower_orders_go_first_and_places_are_kept_for_candidates()
    {
        Scheduler scheduler = Scheduler(100, sequences: 4);
        Sequence late = Text(4, order: 50), urgent = Text(4, order: -10), many = Text(4, order: 60, slots: 3);
        scheduler.Enqueue(late);
        scheduler.Enqueue(many);
        scheduler.Enqueue(urgent);
        Assert.Equal([urgent, late], Step(scheduler).Select(span => span.Sequence));
        scheduler.Remove(urgent);
        Assert.Equal([late, many], Step(scheduler).Select(span => span.Sequence));
    }

    [Fact]
    public void Where_blocks_run_out_the_last_gives_way_and_is_computed_again()
    {
        Scheduler scheduler = Scheduler(400);
        Sequence first = Text(100), last = Text(100);
        scheduler.Enqueue(first);
        scheduler.Enqueue(last);
        Step(scheduler);
        Step(scheduler);
        Assert.Equal(2, scheduler.Running.Count);
        int written = last.Tokens.Count;
        while (scheduler.Running.Count == 2)
            Step(scheduler);
        Assert.Equal(1, scheduler.Preemptions);
        Assert.Equal((first, last), (scheduler.Running[0], scheduler.Waiting[0]));
        Assert.Equal(0, last.Computed);
        Assert.True(last.Tokens.Count > written);
        scheduler.Remove(first);
        // Its full blocks are found again: only what stands behind them is computed.
        Assert.Equal([last], Step(scheduler).Select(span => span.Sequence));
        Assert.Equal(last.Tokens.Count - 1, last.Computed);
    }

    [Fact]
    public void Everything_ends_under_any_load()
    {
        var random = new Random(2);
        for (int turn = 0; turn < 30; turn++)
        {
            Scheduler scheduler = Scheduler(random.Next(8, 60), 8, turn % 3 == 0 ? 40 : 0);
            var left = new Dictionary<Sequence, int>();
            for (int i = 0; i < 20; i++)
            {
                Sequence text = Text(random.Next(1, 120), order: random.Next(100));
                left[text] = text.Tokens.Count + random.Next(1, 100);
                scheduler.Enqueue(text);
            }
            for (int steps = 0; left.Count > 0; steps++)
            {
                Assert.True(steps < 20_000, "The texts do not end.");
                (Sequence Sequence, int Count)[] step = Step(scheduler);
                Assert.NotEmpty(step);
                foreach ((Sequence text, _) in step)
                {
                    if (text.Tokens.Count > left[text] && left.Remove(text))
                        scheduler.Remove(text);
                }
            }
            Assert.Equal(16, _pool.Free);
        }
    }
}
