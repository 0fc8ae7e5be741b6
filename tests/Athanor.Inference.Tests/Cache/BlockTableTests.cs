using Athanor.Inference.Cache;

namespace Athanor.Inference.Tests.Cache;

public sealed class BlockTableTests
{
    private const int Size = 4;

    private static int[] Tokens(int count, int first = 0) => [.. Enumerable.Range(first, count)];

    private static BlockTable Filled(BlockPool pool, int[] tokens, string root = "")
    {
        var table = new BlockTable(pool, root);
        Assert.True(table.TryReserve(0, tokens.Length, (_, _) => Assert.Fail("Nothing is shared.")));
        table.Publish(tokens, tokens.Length);
        return table;
    }

    [Fact]
    public void Full_blocks_are_found_again_and_partial_ones_are_not()
    {
        var pool = new BlockPool(8, Size);
        int[] tokens = Tokens(10);
        BlockTable first = Filled(pool, tokens), second = new(pool, "");
        Assert.Equal(8, second.TakeKnown(tokens, 10));
        Assert.Equal(first.Blocks.Take(2), second.Blocks);
        Assert.Equal(2, pool.References(first.Blocks[0]));
        Assert.Equal(5, pool.Free);
        first.Clear();
        second.Clear();
        Assert.Equal(8, pool.Free);
        // Free blocks still hold what they held.
        var third = new BlockTable(pool, "");
        Assert.Equal(4, third.TakeKnown(tokens, 7));
        Assert.Equal(0, new BlockTable(pool, "other").TakeKnown(tokens, 10));
        Assert.Equal(0, new BlockTable(pool, "").TakeKnown([9, .. tokens[1..]], 10));
    }

    [Fact]
    public void The_same_block_behind_another_beginning_is_another()
    {
        var pool = new BlockPool(8, Size);
        Filled(pool, [1, 2, 3, 4, 5, 6, 7, 8]);
        Filled(pool, [9, 9, 9, 9, 5, 6, 7, 8]);
        BlockTable found = new(pool, "");
        Assert.Equal(8, found.TakeKnown([9, 9, 9, 9, 5, 6, 7, 8], 8));
        Assert.Equal([2, 3], found.Blocks);
    }

    [Fact]
    public void The_end_of_the_longest_unused_text_is_taken_first_and_then_not_found()
    {
        var pool = new BlockPool(4, Size);
        int[] old = Tokens(8), late = Tokens(8, 100);
        BlockTable first = Filled(pool, old), second = Filled(pool, late);
        int[] blocks = [.. first.Blocks];
        first.Clear();
        second.Clear();
        Assert.True(pool.TryTake(out int taken));
        Assert.Equal(blocks[1], taken);
        Assert.Equal(4, new BlockTable(pool, "").TakeKnown(old, 8));
        Assert.Equal(8, new BlockTable(pool, "").TakeKnown(late, 8));
        Assert.False(pool.TryTake(out _));
    }

    [Fact]
    public void Who_writes_into_a_shared_block_gets_a_copy()
    {
        var pool = new BlockPool(8, Size);
        BlockTable first = Filled(pool, Tokens(6)), second = first.Fork(6);
        var copies = new List<(int From, int To)>();
        Assert.Equal(1, second.Missing(6, 7));
        Assert.True(second.TryReserve(6, 7, (from, to) => copies.Add((from, to))));
        Assert.Equal([(first.Blocks[1], second.Blocks[1])], copies);
        Assert.Equal(first.Blocks[0], second.Blocks[0]);
        // Now the first has its block for itself.
        Assert.True(first.TryReserve(6, 9, (_, _) => Assert.Fail("Nothing is shared.")));
        Assert.Equal(4, pool.Free);
        first.Clear();
        second.Clear();
        Assert.Equal(8, pool.Free);
    }

    [Fact]
    public void Nothing_is_taken_where_not_all_can_be()
    {
        var pool = new BlockPool(3, Size);
        BlockTable table = Filled(pool, Tokens(6));
        Assert.False(table.TryReserve(6, 17, (_, _) => { }));
        Assert.Equal((2, 1), (table.Blocks.Count, pool.Free));
        Assert.True(table.TryReserve(6, 12, (_, _) => { }));
    }

    [Fact]
    public void What_the_window_has_passed_is_free()
    {
        var pool = new BlockPool(8, Size);
        BlockTable table = Filled(pool, Tokens(14));
        table.PassBefore(9);
        Assert.Equal([BlockTable.Gone, BlockTable.Gone, 2, 3], table.Blocks);
        Assert.Equal(6, pool.Free);
        BlockTable fork = table.Fork(14);
        table.Clear();
        fork.Clear();
        Assert.Equal(8, pool.Free);
        Assert.Throws<InvalidOperationException>(() => pool.Release(0));
    }

    [Fact]
    public void Whatever_happens_blocks_are_neither_lost_nor_given_twice()
    {
        var pool = new BlockPool(24, Size);
        var random = new Random(1);
        var open = new List<(BlockTable Table, List<int> Tokens)>();
        for (int turn = 0; turn < 20_000; turn++)
        {
            int at = open.Count == 0 ? 0 : random.Next(open.Count);
            switch (random.Next(6))
            {
                case 0 when open.Count < 6:
                    var table = new BlockTable(pool, random.Next(2) == 0 ? "" : "x");
                    List<int> tokens = [.. Enumerable.Range(0, random.Next(1, 20)).Select(_ => random.Next(2))];
                    int known = table.TakeKnown([.. tokens], tokens.Count - 1);
                    tokens.RemoveRange(known, tokens.Count - known);
                    open.Add((table, tokens));
                    break;
                case 1 when open.Count > 0:
                    open[at].Table.Clear(forget: random.Next(8) == 0);
                    open.RemoveAt(at);
                    break;
                case 2 when open.Count is > 0 and < 6:
                    open.Add((open[at].Table.Fork(open[at].Tokens.Count), [.. open[at].Tokens]));
                    break;
                case 3 when open.Count > 0:
                    open[at].Table.PassBefore(open[at].Tokens.Count - 5);
                    break;
                case > 3 when open.Count > 0:
                    (BlockTable grown, List<int> text) = open[at];
                    int more = random.Next(1, 6), from = text.Count;
                    if (!grown.TryReserve(from, from + more, (_, _) => { }))
                        break;
                    text.AddRange(Enumerable.Range(0, more).Select(_ => random.Next(2)));
                    // What is written into is nobody else's.
                    for (int i = from; i < text.Count; i++)
                        Assert.Equal(1, pool.References(grown.Blocks[i / Size]));
                    grown.Publish([.. text], text.Count);
                    break;
            }
            var users = new int[24];
            foreach (int block in open.SelectMany(one => one.Table.Blocks).Where(block => block != BlockTable.Gone))
                users[block]++;
            for (int block = 0; block < 24; block++)
                Assert.Equal(users[block], pool.References(block));
            Assert.Equal(users.Count(count => count == 0), pool.Free);
        }
    }
}
