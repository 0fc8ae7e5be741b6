using Athanor.Tensors.Kernels;
using FsCheck;
using FsCheck.Fluent;

namespace Athanor.Tensors.Tests.Attention;

public sealed unsafe class AttentionMaskTests
{
    private static AttentionArgs Square(int n) => new() { Batch = 1, QueryLength = n, KeyLength = n, QueryHeads = 1, KeyHeads = 1, HeadDim = 1 };

    [Fact]
    public void Causal_blocks_above_the_diagonal_are_skipped_and_below_it_full()
    {
        AttentionArgs a = Square(128);
        a.Causal = true;
        float* bounds = stackalloc float[4 * 32];
        var m = QueryBlockMask.Create(a, 0, 64, 32, 32, bounds);
        Assert.Equal((0, 96), (m.FirstKey, m.EndKey));
        Assert.Equal(BlockKind.Full, m.Kind(0, 64));
        Assert.Equal(BlockKind.Full, m.Kind(32, 65));
        Assert.Equal(BlockKind.Partial, m.Kind(32, 66));
        Assert.Equal(BlockKind.Partial, m.Kind(64, 96));
        Assert.Equal(BlockKind.Skipped, m.Kind(96, 128));
    }

    [Fact]
    public void A_window_skips_what_lies_behind_it_and_keeps_the_prefix()
    {
        AttentionArgs a = Square(1024);
        int prefix = 16;
        a.Causal = true;
        a.Window = 64;
        a.Prefix = &prefix;
        float* bounds = stackalloc float[4 * 32];
        var m = QueryBlockMask.Create(a, 0, 512, 32, 32, bounds);
        Assert.Equal((0, 544), (m.FirstKey, m.EndKey));
        Assert.Equal(BlockKind.Full, m.Kind(0, 16));
        Assert.Equal(BlockKind.Partial, m.Kind(0, 32));
        Assert.Equal(BlockKind.Skipped, m.Kind(32, 448));
        Assert.Equal(BlockKind.Partial, m.Kind(448, 480));
        Assert.Equal(BlockKind.Full, m.Kind(480, 512));
    }

    [Fact]
    public void Segments_of_packed_rows_skip_each_other()
    {
        AttentionArgs a = Square(12);
        int[] ids = [3, 3, 3, 3, 5, 5, 5, 5, -1, -1, 3, 3];
        int[] ranges = new int[24];
        float* bounds = stackalloc float[4 * 4];
        fixed (int* i = ids, r = ranges)
        {
            a.QuerySegments = a.KeySegments = i;
            AttentionMask.FillSegments(a, r);
            a.SegmentRanges = r;
            Assert.Equal([0, 4, 0, 4, 0, 4, 0, 4, 4, 8, 4, 8, 4, 8, 4, 8, 0, 0, 0, 0, 10, 12, 10, 12], ranges);
            var m = QueryBlockMask.Create(a, 0, 4, 4, 4, bounds);
            Assert.Equal((4, 8), (m.FirstKey, m.EndKey));
            Assert.Equal(BlockKind.Skipped, m.Kind(0, 4));
            Assert.Equal(BlockKind.Full, m.Kind(4, 8));
            Assert.Equal(BlockKind.Skipped, m.Kind(8, 12));
        }
    }

    [Fact]
    public void Block_kinds_agree_with_the_pairs_they_stand_for()
    {
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), CheckBlocks).Check(Config.QuickThrowOnFailure.WithMaxTest(200).WithReplay(2026, 77));
    }

    private static void CheckBlocks(int seed)
    {
        var random = new Random(seed);
        int n = 1 + random.Next(60), keys = 1 + random.Next(60);
        AttentionArgs a = Square(n);
        a.KeyLength = keys;
        a.Causal = random.Next(2) == 0;
        a.Window = random.Next(2) == 0 ? 1 + random.Next(20) : 0;
        a.Offset = random.Next(20);
        int prefix = random.Next(keys + 5);
        if (random.Next(2) == 0)
            a.Prefix = &prefix;
        int first = random.Next(n), count = 1 + random.Next(Math.Min(32, n - first));
        float* bounds = stackalloc float[4 * 32];
        var m = QueryBlockMask.Create(a, 0, first, count, 32, bounds);
        for (int from = 0; from < keys; from += 7)
        {
            int to = Math.Min(keys, from + 7), seen = 0;
            for (int i = first; i < first + count; i++)
            {
                VisibleKeys row = AttentionMask.Row(a, 0, i);
                for (int j = from; j < to; j++)
                {
                    Assert.Equal(row.Contains(j), (j >= bounds[i - first] && j < bounds[32 + i - first]) || (j >= bounds[64 + i - first] && j < bounds[96 + i - first]));
                    seen += row.Contains(j) ? 1 : 0;
                }
            }
            BlockKind kind = m.Kind(from, to);
            if (kind == BlockKind.Full)
                Assert.Equal(count * (to - from), seen);
            else if (kind == BlockKind.Skipped)
                Assert.Equal(0, seen);
            if (from < m.FirstKey && to <= m.FirstKey)
                Assert.Equal(0, seen);
            if (from >= m.EndKey)
                Assert.Equal(0, seen);
        }
    }
}
