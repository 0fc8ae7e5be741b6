using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Athanor.Tensors.Amx;
using Athanor.Tensors.Simd;
using Athanor.Tensors.Threading;

namespace Athanor.Tensors.Kernels;

/// <summary>
/// The forward pass on tiles, bf16. Per key head K and Vᵀ are packed once; per 32 queries and up to <see cref="ChunkCells"/>·32 keys:
/// Sᵀ = K·Qᵀ, weights, Oᵀ += Vᵀ·Pᵀ. With scores transposed, the maximum and the sum run down the lanes and Pᵀ becomes a right operand by
/// one shift and one bit select.
/// </summary>
internal static unsafe class FlashForwardAmx
{
    /// <summary>Cells of 32 keys whose scores are alive at once: 32 KB.</summary>
    internal const int ChunkCells = 8;

    private const int Cell = TileScores.Cell, BodySlot = 0;

    private struct Job
    {
        public AttentionArgs Args;

        /// <summary>Query heads of one item: the whole group, which shares the packed keys, or one.</summary>
        public int HeadsPerItem;

        /// <summary>Items that share the query blocks of a head, and the blocks of each.</summary>
        public int Parts, BlocksPerPart;

        /// <summary>Members of the team, and items in all.</summary>
        public int Threads;
        public long Items;
    }

    public static void Run(CpuDevice device, in AttentionArgs a)
    {
        int blocks = Packing.Cells(a.QueryLength), wanted = 4 * device.Threads;
        var job = new Job { Args = a, HeadsPerItem = a.Group, Parts = 1 };
        // Sharing changes who does a block of queries, never how it is done.
        // With few queries the packing is what costs, and heads of a group share it.
        if ((long)a.Batch * a.KeyHeads < (blocks <= 2 ? device.Threads : wanted))
            job.HeadsPerItem = 1;
        long heads = (long)a.Batch * a.QueryHeads / job.HeadsPerItem;
        if (heads < wanted && device.Threads > 1)
            job.Parts = (int)Math.Clamp((wanted + heads - 1) / heads, 1, Math.Max(1, blocks / 8));
        job.BlocksPerPart = (blocks + job.Parts - 1) / job.Parts;
        job.Threads = device.Threads;
        job.Items = heads * job.Parts;
        device.Team.For(heads * job.Parts, 1, &Items, &job);
    }

    private static void Items(void* state, int member, long begin, long end)
    {
        var job = (Job*)state;
        AmxTiles.Configure();
        try
        {
            for (long item = begin; item < end; item++)
            {
                (int b, int h, int part) = Locate(*job, item);
                int firstBlock = part * job->BlocksPerPart, endBlock = Math.Min(firstBlock + job->BlocksPerPart, Packing.Cells(job->Args.QueryLength));
                if (firstBlock < endBlock)
                    Heads(job->Args, b, h, job->HeadsPerItem, firstBlock, endBlock, Next(*job, item));
            }
        }
        finally
        {
            Sse.StoreFence();
            AmxTiles.Release();
        }
    }

    /// <summary>The keys of what this thread does next, as a rule: items cost about the same, so the members of the team take them in turns.</summary>
    private static HeadFetch Next(in Job job, long item)
    {
        long next = item + job.Threads;
        if (job.Parts > 1 || next >= job.Items)
            return default;
        (int b, int h, _) = Locate(job, next);
        return HeadFetch.Of(job.Args, b, h / job.Args.Group);
    }

    private static (int B, int H, int Part) Locate(in Job job, long item)
    {
        int perBatch = job.Args.QueryHeads / job.HeadsPerItem;
        long head = item / job.Parts;
        return ((int)(head / perBatch), (int)(head % perBatch) * job.HeadsPerItem, (int)(item % job.Parts));
    }

    /// <summary>What one item works with; pointers into the thread's scratch.</summary>
    private struct Workspace
    {
        /// <summary>K in A form and Vᵀ in A form, from cell <see cref="FirstCell"/> on.</summary>
        public byte* Keys, ValuesT;
        public int FirstCell, Cells;
        public bool Streams;

        /// <summary>Qᵀ in B form, scores, Pᵀ in B form, Oᵀ.</summary>
        public byte* Queries, Weights;
        public float* Scores, Sums;

        /// <summary>[32] each.</summary>
        public float* Largest, Total, Shrink, Factors, Bounds, Staged;
    }

    private static void Heads(in AttentionArgs a, int b, int firstHead, int heads, int firstBlock, int endBlock, HeadFetch fetch)
    {
        int steps = Packing.Cells(a.HeadDim);
        (int firstKey, int endKey) = KeysOf(a, b, firstBlock * Cell, Math.Min(endBlock * Cell, a.QueryLength));
        Workspace w = default;
        w.Streams = TileScores.Streams(a.O, a.Batch, a.QueryLength, a.QueryHeads, a.HeadDim);
        w.FirstCell = firstKey / Cell;
        w.Cells = Packing.Cells(endKey) - w.FirstCell;
        long packed = (long)w.Cells * steps * Packing.CellBytes;
        byte* memory = ThreadScratch.Get(BodySlot, 2 * packed + steps * (2 * Packing.CellBytes + 4096) + ChunkCells * (4096 + Packing.CellBytes) + 8 * 1024);
        w.Keys = memory;
        w.ValuesT = w.Keys + packed;
        w.Queries = w.ValuesT + packed;
        w.Sums = (float*)(w.Queries + steps * Packing.CellBytes);
        w.Scores = w.Sums + steps * TileScores.CellFloats;
        w.Weights = (byte*)(w.Scores + ChunkCells * TileScores.CellFloats);
        w.Staged = (float*)(w.Weights + ChunkCells * Packing.CellBytes);
        w.Bounds = w.Staged + 1024;
        w.Largest = w.Bounds + 4 * Cell;
        w.Total = w.Largest + Cell;
        w.Shrink = w.Total + Cell;
        w.Factors = w.Shrink + Cell;
        var staged = (ushort*)(w.Factors + Cell);
        int g = firstHead / a.Group;
        for (int cell = 0; cell < w.Cells; cell++)
        {
            int from = (w.FirstCell + cell) * Cell, keys = Math.Min(Cell, a.KeyLength - from);
            if (from + Cell < a.KeyLength && a.InPlace(Cell))
            {
                int next = Math.Min(Cell, a.KeyLength - from - Cell);
                RowPrefetch.Rows(a.KeyAt(b, from + Cell, g, 2), a.K.Time * 2, next, a.HeadDim);
                RowPrefetch.Rows(a.ValueAt(b, from + Cell, g, 2), a.V.Time * 2, next, a.HeadDim);
            }
            PackSource k = Rows(a, a.K, a.KeyScales, b, g, from, keys, steps, staged);
            Packing.PackA(k, false, 0, 1, 0, steps, w.Keys + (long)cell * steps * Packing.CellBytes);
            PackSource v = Rows(a, a.V, a.ValueScales, b, g, from, keys, steps, staged);
            for (int dim = 0; dim < steps; dim++)
                Packing.PackA(v, true, dim, dim + 1, 0, 1, w.ValuesT + ((long)dim * w.Cells + cell) * Packing.CellBytes);
        }
        for (int h = firstHead; h < firstHead + heads; h++)
        {
            for (int block = firstBlock; block < endBlock; block++)
                Block(a, w, b, h, block * Cell, steps, ref fetch);
        }
    }

    /// <summary>Keys or values of one cell, where they lie or as bf16 beside.</summary>
    private static PackSource Rows(in AttentionArgs a, in AttentionOperand rows, float* scales, int b, int g, int from, int keys, int steps, ushort* staged)
    {
        if (a.InPlace(Cell))
            return new PackSource((ushort*)rows.At(b, a.RowOf(from), g, 2), rows.Time, keys, a.HeadDim);
        CacheRows.Stage(a, rows, scales, g, 1, from, keys, steps * Cell, staged);
        return new PackSource(staged, steps * Cell, keys, a.HeadDim);
    }

    /// <summary>Keys that queries [first, end) of a row can see, as one range.</summary>
    internal static (int First, int End) KeysOf(in AttentionArgs a, int b, int first, int end)
    {
        int from = a.KeyLength, to = 0;
        // Without segments both ends of the range move with the query: the extremes are at the first and the last.
        int step = a.SegmentRanges == null ? Math.Max(1, end - first - 1) : 1;
        for (int i = first; i < end; i += step)
        {
            VisibleKeys row = AttentionMask.Row(a, b, i);
            if (row.End0 > row.Start0)
                (from, to) = (Math.Min(from, row.Start0), Math.Max(to, row.End0));
            if (row.End1 > row.Start1)
                (from, to) = (Math.Min(from, row.Start1), Math.Max(to, row.End1));
        }
        return from < to ? (from, to) : (0, 0);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Block(in AttentionArgs a, in Workspace w, int b, int h, int first, int steps, ref HeadFetch fetch)
    {
        int count = Math.Min(Cell, a.QueryLength - first);
        var mask = QueryBlockMask.Create(a, b, first, count, Cell, w.Bounds);
        var rule = new ScoreRule(a, h, first, mask, a.Scale);
        bool biased = a.HasBias || a.Scale <= 0;
        float c = biased ? 1 : a.Scale * TileScores.Log2E;
        if (!w.Streams)
            RowPrefetch.Cell(a.O, b, h, first, a.QueryLength, a.HeadDim);
        RowPrefetch.Cell(a.Q, b, h, first + Cell, a.QueryLength, a.HeadDim);
        Packing.PackB(new PackSource((ushort*)a.Q.At(b, first, h, 2), a.Q.Time, count, a.HeadDim), true, 0, 1, 0, steps, w.Queries);
        new Span<float>(w.Largest, Cell).Fill(TileScores.Lowest);
        new Span<float>(w.Total, Cell).Clear();
        int cell = mask.FirstKey / Cell, end = Packing.Cells(mask.EndKey);
        bool started = false;
        while (cell < end)
        {
            if (mask.Kind(cell * Cell, cell * Cell + Cell) == BlockKind.Skipped)
            {
                cell++;
                continue;
            }
            // Chunks end at multiples of their size, so that sums do not depend on which queries stand together.
            int cells = 1, most = ChunkCells - cell % ChunkCells;
            while (cells < most && cell + cells < end && mask.Kind((cell + cells) * Cell, (cell + cells + 1) * Cell) != BlockKind.Skipped)
                cells++;
            Scores(w, cell, cells, steps);
            for (int i = 0; i < cells; i++)
            {
                int key = (cell + i) * Cell;
                bool masked = mask.Kind(key, key + Cell) != BlockKind.Full;
                if (biased)
                    TileScores.Bias(w.Scores + i * TileScores.CellFloats, key, rule, masked, null);
                else if (masked)
                    TileScores.Mask(w.Scores + i * TileScores.CellFloats, key, mask);
            }
            int rescale = TileScores.Softmax(w.Scores, cells, (uint*)w.Weights, w.Largest, w.Total, w.Shrink, c, count > 16 ? 2 : 1, ref fetch);
            if (started && rescale != 0)
                Rescale(w.Sums, steps, w.Shrink, rescale);
            Combine(w, cell, cells, steps, started);
            started = true;
            cell += cells;
        }
        Finish(a, w, b, h, first, count, started, c);
    }

    /// <summary>Sᵀ of so many cells of keys and one block of queries.</summary>
    private static void Scores(in Workspace w, int cell, int cells, int steps)
    {
        SweepArgs g = default;
        g.A = w.Keys + (long)(cell - w.FirstCell) * steps * Packing.CellBytes;
        g.ABlock = steps * Packing.CellBytes;
        g.B = w.Queries;
        g.ResidentSteps = steps;
        g.Blocks = cells;
        SetTiles(ref g, w.Scores);
        SweepKernel.Get(new SweepOptions { PackedA = true })(&g);
    }

    /// <summary>Oᵀ (+)= Vᵀ·Pᵀ.</summary>
    private static void Combine(in Workspace w, int cell, int cells, int steps, bool accumulate)
    {
        SweepArgs g = default;
        g.A = w.ValuesT + (long)(cell - w.FirstCell) * Packing.CellBytes;
        g.ABlock = (long)w.Cells * Packing.CellBytes;
        g.B = w.Weights;
        g.ResidentSteps = cells;
        g.Blocks = steps;
        SetTiles(ref g, w.Sums);
        SweepKernel.Get(accumulate ? new SweepOptions { PackedA = true, LoadInit = true } : new SweepOptions { PackedA = true })(&g);
    }

    /// <summary>Cells of four tiles one behind the other, read as the start of the sums and written.</summary>
    internal static void SetTiles(ref SweepArgs g, float* cells)
    {
        g.Init = g.Out = (byte*)cells;
        g.InitStride = g.OutStride = 64;
        g.InitRight = g.OutRight = 1024;
        g.InitDown = g.OutDown = 2048;
        g.InitBlock = g.OutBlock = 4096;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rescale(float* sums, int cells, float* shrink, int halves)
    {
        for (int half = 0; half < 2; half++)
        {
            if ((halves >> half & 1) == 0)
                continue;
            var factor = F512.Load(shrink + half * 16);
            for (int tile = 0; tile < 2 * cells; tile++)
            {
                float* row = sums + (tile * 2 + half) * TileScores.TileFloats;
                for (int i = 0; i < TileScores.TileFloats; i += 16)
                    F512.Store(row + i, F512.Load(row + i) * factor);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Finish(in AttentionArgs a, in Workspace w, int b, int h, int first, int count, bool started, float c)
    {
        if (!started)
            new Span<float>(w.Sums, Packing.Cells(a.HeadDim) * TileScores.CellFloats).Clear();
        for (int lane = 0; lane < Cell; lane += 16)
        {
            var total = F512.Load(w.Total + lane);
            var empty = F512.Equal(total, F512.Zero);
            var lse = F512.Fma(F512.Load(w.Largest + lane), F512.All(c * TileScores.Ln2), VectorMath.Log(total));
            F512.Store(w.Shrink + lane, F512.Select(empty, F512.All(float.NegativeInfinity), lse));
            F512.Store(w.Factors + lane, F512.Select(empty, F512.Zero, F512.All(1) / total));
        }
        if (a.Lse != null)
            new ReadOnlySpan<float>(w.Shrink, count).CopyTo(new Span<float>(a.LseOf(b, h) + first, count));
        TileScores.StoreTransposed(w.Sums, a.HeadDim, w.Factors, (ushort*)a.O.At(b, first, h, 2), a.O.Time, count, w.Streams, w.Staged);
    }
}
