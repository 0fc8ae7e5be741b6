using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Athanor.Tensors.Amx;
using Athanor.Tensors.Simd;
using Athanor.Tensors.Threading;

namespace Athanor.Tensors.Kernels;

/// <summary>
/// The backward pass on tiles, bf16. One thread owns a key head with its query heads, so dK and dV are summed in a fixed order without
/// atomics. Chunks of <see cref="KeyCells"/> × <see cref="QueryCells"/> cells of 32 × 32; all five products are sweeps:
/// </summary>
/// <remarks>
/// <para>per column of 32 queries: Sᵀ = K·Qᵀ, dPᵀ = V·dOᵀ, then P and dS, then dQᵀ += Kᵀ·dSᵀ;</para>
/// <para>per chunk: dV += Pᵀ·dO, dK += dSᵀ·Q, with k running over all queries of the chunk.</para>
/// <para>K and V are packed once per key head, Q and dO once per query head, each in the forms of the products they enter.</para>
/// </remarks>
internal static unsafe class FlashBackwardAmx
{
    /// <summary>Cells of keys and of queries in a chunk.</summary>
    private const int KeyCells = 8, QueryCells = 8;

    /// <summary>Key cells whose scores and products are alive at once: both fit the first-level cache.</summary>
    private const int ColumnCells = 4;

    private const int Cell = TileScores.Cell, BodySlot = 0;

    public static void Run(CpuDevice device, in AttentionArgs a)
    {
        AttentionArgs job = a;
        device.Team.For((long)a.Batch * a.KeyHeads, 1, &Items, &job);
    }

    private static void Items(void* state, int member, long begin, long end)
    {
        var a = (AttentionArgs*)state;
        AmxTiles.Configure();
        try
        {
            for (long item = begin; item < end; item++)
                KeyHead(*a, (int)(item / a->KeyHeads), (int)(item % a->KeyHeads));
        }
        finally
        {
            Sse.StoreFence();
            AmxTiles.Release();
        }
    }

    /// <summary>Cuts one block of scratch into pieces.</summary>
    private ref struct Cutter(byte* memory)
    {
        private byte* _next = memory;

        public byte* Bytes(long count)
        {
            byte* piece = _next;
            _next += (count + 63) & ~63L;
            return piece;
        }

        public readonly long Used(byte* from) => _next - from;
    }

    private struct Workspace
    {
        public int Steps, KeyCellCount, QueryCellCount;
        public bool StreamsQ, StreamsK, StreamsV;

        /// <summary>K and V with keys down (A form), Kᵀ with dims down (A form).</summary>
        public byte* Keys, Values, KeysT;

        /// <summary>Qᵀ and dOᵀ with queries across (B form), Q and dO with dims across (B form).</summary>
        public byte* QueriesT, GradsT, Queries, Grads;

        /// <summary>dK and dV as [key cell][dim cell], dQᵀ as [query cell][dim cell].</summary>
        public float* KeySums, ValueSums, QuerySums;

        /// <summary>A piece of a column: scores, products dO·V, derivatives of the cap, dS as right operand.</summary>
        public float* Scores, Products, CapSlopes;
        public byte* GradientsB;

        /// <summary>One chunk as left operands, [key cell][query cell].</summary>
        public byte* WeightsA, GradientsA;

        /// <summary>[query cell][32]: log-sum-exp in units of log 2, and D.</summary>
        public float* Lse, Delta;
        public QueryBlockMask* Masks;
        public float* Bounds, Staged;
    }

    private static long Layout(in AttentionArgs a, byte* memory, out Workspace w)
    {
        w = default;
        int steps = w.Steps = Packing.Cells(a.HeadDim), keys = w.KeyCellCount = Packing.Cells(a.KeyLength), queries = w.QueryCellCount = Packing.Cells(a.QueryLength);
        const long Bf16Cell = Packing.CellBytes, F32Cell = TileScores.CellFloats * sizeof(float);
        long keyForm = (long)keys * steps * Bf16Cell, queryForm = (long)queries * steps * Bf16Cell;
        var cut = new Cutter(memory);
        w.Keys = cut.Bytes(keyForm);
        w.Values = cut.Bytes(keyForm);
        w.KeysT = cut.Bytes(keyForm);
        w.QueriesT = cut.Bytes(queryForm);
        w.GradsT = cut.Bytes(queryForm);
        w.Queries = cut.Bytes(queryForm);
        w.Grads = cut.Bytes(queryForm);
        w.KeySums = (float*)cut.Bytes(keys * steps * F32Cell);
        w.ValueSums = (float*)cut.Bytes(keys * steps * F32Cell);
        w.QuerySums = (float*)cut.Bytes(queries * steps * F32Cell);
        w.Scores = (float*)cut.Bytes(ColumnCells * F32Cell);
        w.Products = (float*)cut.Bytes(ColumnCells * F32Cell);
        w.CapSlopes = (float*)cut.Bytes(F32Cell);
        w.GradientsB = cut.Bytes(KeyCells * Bf16Cell);
        w.WeightsA = cut.Bytes(KeyCells * QueryCells * Bf16Cell);
        w.GradientsA = cut.Bytes(KeyCells * QueryCells * Bf16Cell);
        w.Lse = (float*)cut.Bytes((long)queries * Cell * sizeof(float));
        w.Delta = (float*)cut.Bytes((long)queries * Cell * sizeof(float));
        w.Bounds = (float*)cut.Bytes((long)queries * Cell * 4 * sizeof(float));
        w.Masks = (QueryBlockMask*)cut.Bytes((long)queries * sizeof(QueryBlockMask));
        w.Staged = (float*)cut.Bytes(4096);
        return cut.Used(memory);
    }

    private static void KeyHead(in AttentionArgs a, int b, int g)
    {
        Layout(a, ThreadScratch.Get(BodySlot, Layout(a, null, out _)), out Workspace w);
        const long F32Cell = TileScores.CellFloats * sizeof(float);
        int steps = w.Steps;
        PackKeys(a, w, b, g);
        w.StreamsQ = TileScores.Streams(a.QGrad, a.Batch, a.QueryLength, a.QueryHeads, a.HeadDim);
        w.StreamsK = TileScores.Streams(a.KGrad, a.Batch, a.KeyLength, a.KeyHeads, a.HeadDim);
        w.StreamsV = TileScores.Streams(a.VGrad, a.Batch, a.KeyLength, a.KeyHeads, a.HeadDim);
        Clear(w.KeySums, w.KeyCellCount * steps * F32Cell);
        Clear(w.ValueSums, w.KeyCellCount * steps * F32Cell);
        for (int cell = 0; cell < w.QueryCellCount; cell++)
            w.Masks[cell] = QueryBlockMask.Create(a, b, cell * Cell, Math.Min(Cell, a.QueryLength - cell * Cell), Cell, w.Bounds + cell * 4 * Cell);
        for (int h = g * a.Group; h < (g + 1) * a.Group; h++)
            QueryHead(a, w, b, h);
        for (int cell = 0; cell < w.KeyCellCount; cell++)
        {
            int first = cell * Cell, rows = Math.Min(Cell, a.KeyLength - first);
            long at = (long)cell * steps * TileScores.CellFloats;
            TileScores.StoreRows(w.KeySums + at, a.HeadDim, a.Scale, (ushort*)a.KGrad.At(b, first, g, 2), a.KGrad.Time, rows, w.StreamsK, (ushort*)w.Staged);
            TileScores.StoreRows(w.ValueSums + at, a.HeadDim, 1, (ushort*)a.VGrad.At(b, first, g, 2), a.VGrad.Time, rows, w.StreamsV, (ushort*)w.Staged);
        }
    }

    private static void QueryHead(in AttentionArgs a, in Workspace w, int b, int h)
    {
        int steps = w.Steps;
        PackQueries(a, w, b, h);
        Clear(w.QuerySums, w.QueryCellCount * steps * TileScores.CellFloats * (long)sizeof(float));
        for (int keyCell = 0; keyCell < w.KeyCellCount; keyCell += KeyCells)
        {
            for (int queryCell = 0; queryCell < w.QueryCellCount; queryCell += QueryCells)
                Chunk(a, w, h, keyCell, Math.Min(KeyCells, w.KeyCellCount - keyCell), queryCell, Math.Min(QueryCells, w.QueryCellCount - queryCell));
        }
        float* factors = w.Lse;
        new Span<float>(factors, Cell).Fill(a.Scale);
        for (int cell = 0; cell < w.QueryCellCount; cell++)
        {
            int first = cell * Cell;
            TileScores.StoreTransposed(w.QuerySums + (long)cell * steps * TileScores.CellFloats, a.HeadDim, factors,
                (ushort*)a.QGrad.At(b, first, h, 2), a.QGrad.Time, Math.Min(Cell, a.QueryLength - first), w.StreamsQ, w.Staged);
        }
    }

    /// <summary>All forms of a cell while its rows are in the first-level cache; the rows of the next cell are on their way.</summary>
    private static void PackKeys(in AttentionArgs a, in Workspace w, int b, int g)
    {
        int steps = w.Steps;
        var k = new PackSource((ushort*)a.K.At(b, 0, g, 2), a.K.Time, a.KeyLength, a.HeadDim);
        var v = new PackSource((ushort*)a.V.At(b, 0, g, 2), a.V.Time, a.KeyLength, a.HeadDim);
        for (int cell = 0; cell < w.KeyCellCount; cell++)
        {
            RowPrefetch.Cell(a.K, b, g, (cell + 1) * Cell, a.KeyLength, a.HeadDim);
            RowPrefetch.Cell(a.V, b, g, (cell + 1) * Cell, a.KeyLength, a.HeadDim);
            long form = (long)cell * steps * Packing.CellBytes;
            Packing.PackA(k, false, cell, cell + 1, 0, steps, w.Keys + form);
            Packing.PackA(v, false, cell, cell + 1, 0, steps, w.Values + form);
            for (int dim = 0; dim < steps; dim++)
                Packing.PackA(k, true, dim, dim + 1, cell, cell + 1, w.KeysT + ((long)dim * w.KeyCellCount + cell) * Packing.CellBytes);
        }
    }

    private static void PackQueries(in AttentionArgs a, in Workspace w, int b, int h)
    {
        int steps = w.Steps;
        var q = new PackSource((ushort*)a.Q.At(b, 0, h, 2), a.Q.Time, a.QueryLength, a.HeadDim);
        var dO = new PackSource((ushort*)a.OGrad.At(b, 0, h, 2), a.OGrad.Time, a.QueryLength, a.HeadDim);
        for (int cell = 0; cell < w.QueryCellCount; cell++)
        {
            RowPrefetch.Cell(a.Q, b, h, (cell + 1) * Cell, a.QueryLength, a.HeadDim);
            RowPrefetch.Cell(a.OGrad, b, h, (cell + 1) * Cell, a.QueryLength, a.HeadDim);
            RowPrefetch.Cell(a.O, b, h, (cell + 1) * Cell, a.QueryLength, a.HeadDim);
            long form = (long)cell * steps * Packing.CellBytes;
            Packing.PackB(q, true, cell, cell + 1, 0, steps, w.QueriesT + form);
            Packing.PackB(dO, true, cell, cell + 1, 0, steps, w.GradsT + form);
            for (int dim = 0; dim < steps; dim++)
            {
                long at = ((long)dim * w.QueryCellCount + cell) * Packing.CellBytes;
                Packing.PackB(q, false, dim, dim + 1, cell, cell + 1, w.Queries + at);
                Packing.PackB(dO, false, dim, dim + 1, cell, cell + 1, w.Grads + at);
            }
            Statistics(a, w, b, h, cell * Cell);
        }
    }

    /// <summary>
    /// Log-sum-exp in units of log 2 and D = Σ dO·O of a cell of queries; rows that see nothing, and lanes beyond the last row, get weights of 0.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Statistics(in AttentionArgs a, in Workspace w, int b, int h, int first)
    {
        int whole = a.HeadDim & ~15;
        float* lse = a.LseOf(b, h);
        for (int i = first; i < first + Cell; i++)
        {
            bool real = i < a.QueryLength && !float.IsNegativeInfinity(lse[i]);
            w.Lse[i] = real ? lse[i] * TileScores.Log2E : -TileScores.Hidden;
            w.Delta[i] = 0;
            if (!real)
                continue;
            ushort* o = (ushort*)a.O.At(b, i, h, 2), dO = (ushort*)a.OGrad.At(b, i, h, 2);
            var sum = F512.Zero;
            for (int x = 0; x < whole; x += 16)
                sum = F512.Fma(F512.LoadBf16(o + x), F512.LoadBf16(dO + x), sum);
            float delta = F512.Sum(sum);
            for (int x = whole; x < a.HeadDim; x++)
                delta += BFloat16.ToSingle(o[x]) * BFloat16.ToSingle(dO[x]);
            w.Delta[i] = delta;
        }
    }

    private static void Chunk(in AttentionArgs a, in Workspace w, int h, int keyCell, int keyCells, int queryCell, int queryCells)
    {
        // Which columns of the chunk each row of key cells takes part in.
        int* first = stackalloc int[KeyCells], end = stackalloc int[KeyCells], from = stackalloc int[QueryCells], to = stackalloc int[QueryCells];
        for (int k = 0; k < keyCells; k++)
            (first[k], end[k]) = (QueryCells, 0);
        for (int q = 0; q < queryCells; q++)
        {
            ref QueryBlockMask mask = ref w.Masks[queryCell + q];
            (from[q], to[q]) = (keyCells, 0);
            for (int k = 0; k < keyCells; k++)
            {
                int key = (keyCell + k) * Cell;
                if (mask.Kind(key, key + Cell) == BlockKind.Skipped)
                    continue;
                from[q] = Math.Min(from[q], k);
                to[q] = k + 1;
            }
            for (int k = from[q]; k < to[q]; k++)
                (first[k], end[k]) = (Math.Min(first[k], q), q + 1);
        }
        for (int q = 0; q < queryCells; q++)
        {
            if (from[q] < to[q])
                Column(a, w, h, keyCell + from[q], to[q] - from[q], from[q], queryCell + q, q);
            // A column that is skipped between two that are not takes part with zeros.
            for (int k = 0; k < keyCells; k++)
            {
                if (q <= first[k] || q >= end[k] || (k >= from[q] && k < to[q]))
                    continue;
                new Span<byte>(w.WeightsA + (k * QueryCells + q) * Packing.CellBytes, Packing.CellBytes).Clear();
                new Span<byte>(w.GradientsA + (k * QueryCells + q) * Packing.CellBytes, Packing.CellBytes).Clear();
            }
        }
        for (int k = 0; k < keyCells; k++)
        {
            if (first[k] >= end[k])
                continue;
            long sums = (long)(keyCell + k) * w.Steps * TileScores.CellFloats;
            long panel = (long)(queryCell + first[k]) * Packing.CellBytes;
            int at = (k * QueryCells + first[k]) * Packing.CellBytes;
            AddRows(w, w.WeightsA + at, w.Grads + panel, end[k] - first[k], w.ValueSums + sums);
            AddRows(w, w.GradientsA + at, w.Queries + panel, end[k] - first[k], w.KeySums + sums);
        }
    }

    /// <summary>Everything between one column of 32 queries and a run of key cells, up to dQᵀ; P and dS stay for the chunk.</summary>
    private static void Column(in AttentionArgs a, in Workspace w, int h, int keyCell, int keyCells, int row, int queryCell, int column)
    {
        long form = (long)w.Steps * Packing.CellBytes;
        ref QueryBlockMask mask = ref w.Masks[queryCell];
        bool biased = a.HasBias || a.Scale <= 0;
        float c = biased ? 1 : a.Scale * TileScores.Log2E;
        var rule = new ScoreRule(a, h, queryCell * Cell, mask, a.Scale);
        float* lse = w.Lse + queryCell * Cell, delta = w.Delta + queryCell * Cell;
        for (int k = 0; k < keyCells; k++)
        {
            int key = (keyCell + k) * Cell, piece = k % ColumnCells;
            if (piece == 0)
            {
                int cells = Math.Min(ColumnCells, keyCells - k);
                Products(w.Keys + (keyCell + k) * form, w.QueriesT + queryCell * form, w.Steps, cells, w.Scores);
                Products(w.Values + (keyCell + k) * form, w.GradsT + queryCell * form, w.Steps, cells, w.Products);
            }
            float* scores = w.Scores + piece * TileScores.CellFloats;
            bool masked = mask.Kind(key, key + Cell) != BlockKind.Full;
            if (biased)
                TileScores.Bias(scores, key, rule, masked, w.CapSlopes);
            else if (masked)
                TileScores.Mask(scores, key, mask);
            int at = ((row + k) * QueryCells + column) * Packing.CellBytes;
            TileScores.Derivatives(scores, w.Products + piece * TileScores.CellFloats, a.SoftCap != 0 ? w.CapSlopes : null, lse, delta, c,
                (ushort*)(w.WeightsA + at), (ushort*)(w.GradientsA + at), (uint*)(w.GradientsB + k * Packing.CellBytes));
        }
        SweepArgs g = default;
        g.A = w.KeysT + (long)keyCell * Packing.CellBytes;
        g.ABlock = (long)w.KeyCellCount * Packing.CellBytes;
        g.B = w.GradientsB;
        g.ResidentSteps = keyCells;
        g.Blocks = w.Steps;
        FlashForwardAmx.SetTiles(ref g, w.QuerySums + (long)queryCell * w.Steps * TileScores.CellFloats);
        SweepKernel.Get(new SweepOptions { PackedA = true, LoadInit = true })(&g);
    }

    /// <summary>Cells of left (keys down, dims along k) times one panel of right (queries across).</summary>
    private static void Products(byte* left, byte* right, int steps, int cells, float* target)
    {
        SweepArgs g = default;
        g.A = left;
        g.ABlock = (long)steps * Packing.CellBytes;
        g.B = right;
        g.ResidentSteps = steps;
        g.Blocks = cells;
        FlashForwardAmx.SetTiles(ref g, target);
        SweepKernel.Get(new SweepOptions { PackedA = true })(&g);
    }

    /// <summary>One key cell of dK or dV += left (keys down, queries along k) · right (dims across), over all dims.</summary>
    private static void AddRows(in Workspace w, byte* left, byte* right, int queryCells, float* sums)
    {
        SweepArgs g = default;
        g.A = left;
        g.B = right;
        g.BBlock = (long)w.QueryCellCount * Packing.CellBytes;
        g.ResidentSteps = queryCells;
        g.Blocks = w.Steps;
        FlashForwardAmx.SetTiles(ref g, sums);
        SweepKernel.Get(new SweepOptions { PackedA = true, LoadInit = true, AcrossPanels = true })(&g);
    }

    private static void Clear(float* target, long bytes)
    {
        for (byte* p = (byte*)target; bytes > 0; bytes -= 1 << 30, p += 1 << 30)
            new Span<byte>(p, (int)Math.Min(bytes, 1 << 30)).Clear();
    }
}
