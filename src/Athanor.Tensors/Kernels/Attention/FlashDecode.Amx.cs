using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Athanor.Tensors.Amx;
using Athanor.Tensors.Threading;

namespace Athanor.Tensors.Kernels;

/// <summary>
/// Few queries of many texts over a paged cache on tiles, bf16, to the bit what <see cref="FlashForwardAmx"/> gives. The lanes of a tile are the queries of several key heads
/// of a text: S = K · Q with zeros in Q where lane and head do not belong together, so that rows of K with all their heads are one left operand where they lie in the cache;
/// O = P · V with pairs of rows of V interleaved on the way. Nothing of the cache is packed or copied.
/// </summary>
/// <remarks>
/// Items are texts and ranges of key heads. Where there are fewer than members of the team, the scores are computed by ranges of blocks first, then the results by strips of
/// the head dim: what a running maximum makes of the keys has to follow their order, but a score needs one key and a number of the result one column of V.
/// </remarks>
internal static unsafe partial class FlashDecodeAmx
{
    private const int Lanes = 32, Half = 16, Cell = TileScores.Cell, BodySlot = 0, ScoreSlot = 2;

    /// <summary>As in <see cref="FlashForwardAmx"/>: cells whose scores meet the running maximum together.</summary>
    private const int ChunkCells = FlashForwardAmx.ChunkCells;

    /// <summary>Cells of one item of scores.</summary>
    private const int CellsApart = 2 * ChunkCells;

    private struct Job
    {
        public PagedAttentionArgs Args;

        /// <summary>The texts, and into how many parts the heads of each are cut at least and at most.</summary>
        public int* Order;
        public int LeastParts, Parts;

        /// <summary>Items, and members of the team.</summary>
        public long Items;
        public int Threads;

        /// <summary>Where scores are kept between two launches: so many cells an item, in so many ranges; and strips of a result.</summary>
        public float* Scores;
        public int Cells, Ranges, Strips;
    }

    /// <summary>Whether the queries of a key head fit the lanes.</summary>
    public static bool Takes(in PagedAttentionArgs args, int text) => args.Texts[text].Count * args.Shared.Group <= Lanes;

    /// <param name="order">The texts that are taken, those with most keys first.</param>
    public static void Run(CpuDevice device, in PagedAttentionArgs args, int* order, int count)
    {
        var job = new Job { Args = args, Order = order, LeastParts = Math.Min(args.Shared.KeyHeads, (2 * device.Threads + count - 1) / count), Parts = 1 };
        int most = 1;
        for (int i = 0; i < count; i++)
            most = Math.Max(most, args.Texts[order[i]].Count * args.Shared.Group);
        job.Parts = (args.Shared.KeyHeads + HeadsOf(job, most) - 1) / HeadsOf(job, most);
        long items = (long)count * job.Parts;
        (job.Items, job.Threads) = (items, device.Threads);
        PagedText longest = args.Texts[order[0]];
        job.Cells = Packing.Cells(longest.Position + longest.Count);
        if (items >= device.Threads || job.Cells <= CellsApart)
        {
            device.Team.For(items, 1, &Whole, &job);
            return;
        }
        job.Ranges = (job.Cells + CellsApart - 1) / CellsApart;
        job.Strips = HeadsOf(job, most) * Packing.Cells(args.Shared.HeadDim);
        job.Scores = (float*)ThreadScratch.Get(ScoreSlot, items * job.Cells * TileScores.CellFloats * sizeof(float));
        device.Team.For(items * job.Ranges, 1, &ScoreRanges, &job);
        device.Team.For(items * job.Strips, 1, &ResultStrips, &job);
    }

    /// <summary>Key heads of an item of a text with so many queries a key head.</summary>
    private static int HeadsOf(in Job job, int queries)
    {
        int heads = job.Args.Shared.KeyHeads, fit = queries <= Half ? 2 * (Half / queries) : 1;
        return Math.Min(fit, (heads + job.LeastParts - 1) / job.LeastParts);
    }

    private static void Whole(void* state, int member, long begin, long end)
    {
        var job = (Job*)state;
        AmxTiles.Configure();
        for (long item = begin; item < end; item++)
        {
            if (!TryBegin(*job, item, out Workspace w, out AttentionArgs a))
                continue;
            for (int cell = w.Mask.FirstKey / Cell, cells; cell < w.EndCell; cell += cells)
            {
                // Chunks end at multiples of their size, so that sums do not depend on which queries stand together.
                cells = Math.Min(ChunkCells - cell % ChunkCells, w.EndCell - cell);
                Scores(a, w, cell, cells, w.Scores, fetchValues: true);
                if (cell + cells == w.EndCell)
                    FetchNext(*job, item + job->Threads);
                Weights(ref w, cells, w.Scores);
                Combine(a, w, cell, cells, 0, w.Heads, 0, w.Steps);
                w.Started = true;
            }
            Finish(a, w, 0, w.Heads, 0, w.Steps);
        }
        AmxTiles.Release();
    }

    /// <summary>The first keys of what this thread does next, as a rule: items cost about the same, so the members of the team take them in turns.</summary>
    private static void FetchNext(in Job job, long item)
    {
        if (item >= job.Items)
            return;
        AttentionArgs a = job.Args.Of(job.Order[item / job.Parts]);
        int heads = HeadsOf(job, a.QueryLength * a.Group), first = (int)(item % job.Parts) * heads, key = AttentionMask.Row(a, 0, 0).Start1 / Cell * Cell;
        if (first < a.KeyHeads)
            Fetch(a, a.K, first, Math.Min(heads, a.KeyHeads - first), key, Math.Min(Cell, a.KeyLength - key));
    }

    private static void ScoreRanges(void* state, int member, long begin, long end)
    {
        var job = (Job*)state;
        AmxTiles.Configure();
        for (long i = begin; i < end; i++)
        {
            long item = i / job->Ranges;
            int from = (int)(i % job->Ranges) * CellsApart;
            if (!TryBegin(*job, item, out Workspace w, out AttentionArgs a))
                continue;
            int first = Math.Max(from, w.Mask.FirstKey / Cell), last = Math.Min(from + CellsApart, w.EndCell);
            if (first < last)
                Scores(a, w, first, last - first, job->Scores + (item * job->Cells + first) * TileScores.CellFloats, fetchValues: false);
        }
        AmxTiles.Release();
    }

    private static void ResultStrips(void* state, int member, long begin, long end)
    {
        var job = (Job*)state;
        AmxTiles.Configure();
        for (long i = begin; i < end; i++)
        {
            long item = i / job->Strips;
            if (!TryBegin(*job, item, out Workspace w, out AttentionArgs a))
                continue;
            int strip = (int)(i % job->Strips), head = strip / w.Steps, step = strip % w.Steps;
            if (head >= w.Heads)
                continue;
            for (int cell = w.Mask.FirstKey / Cell, cells; cell < w.EndCell; cell += cells)
            {
                cells = Math.Min(ChunkCells - cell % ChunkCells, w.EndCell - cell);
                Weights(ref w, cells, job->Scores + (item * job->Cells + cell) * TileScores.CellFloats);
                Combine(a, w, cell, cells, head, head + 1, step, step + 1);
                w.Started = true;
            }
            Finish(a, w, head, head + 1, step, step + 1);
        }
        AmxTiles.Release();
    }

    /// <summary>What one item works with; pointers into the thread's scratch.</summary>
    private struct Workspace
    {
        /// <summary>Key heads of the item, queries of each, cells of a head's dim, one past the last cell of keys.</summary>
        public int FirstHead, Heads, Rows, Steps, EndCell;
        public QueryBlockMask Mask;
        public ScoreRule Rule;
        public float Factor;
        public bool Biased, Started;

        /// <summary>Halves of the lanes that are used.</summary>
        public int Halves;

        /// <summary>Q in B form, weights in B form and in A form, V in B form, rows that cannot be used where they lie.</summary>
        public byte* Queries, Weights, Turned, Values;
        public ushort* Staged;

        /// <summary>Scores of a chunk; of each head [lanes of its half][dims].</summary>
        public float* Scores, Sums;

        /// <summary>[32] each.</summary>
        public float* Largest, Total, Shrink;

        /// <summary>The lane of a query of a head of the item.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly int LaneOf(int head, int row) => Rows > Half ? row : head / (Half / Rows) * Half + head % (Half / Rows) * Rows + row;

        /// <summary>Sums of a head for the lanes of a half.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly float* SumsOf(int head, int half) => Sums + (Rows > Half ? half : head) * (long)Half * Steps * Cell;
    }

    private static bool TryBegin(in Job job, long item, out Workspace w, out AttentionArgs a)
    {
        a = job.Args.Of(job.Order[item / job.Parts]);
        w = default;
        w.Rows = a.QueryLength * a.Group;
        int heads = HeadsOf(job, w.Rows);
        w.FirstHead = (int)(item % job.Parts) * heads;
        w.Heads = Math.Min(heads, a.KeyHeads - w.FirstHead);
        if (w.Heads <= 0)
            return false;
        w.Steps = Packing.Cells(a.HeadDim);
        long queries = (long)w.Heads * w.Steps * Packing.CellBytes, scores = ChunkCells * TileScores.CellFloats * sizeof(float), weights = ChunkCells * Packing.CellBytes;
        long values = (long)ChunkCells * w.Steps * Packing.CellBytes, staged = (long)w.Heads * w.Steps * Packing.CellBytes, sums = Math.Max(w.Heads, 2) * (long)Half * w.Steps * Cell * sizeof(float);
        byte* memory = ThreadScratch.Get(BodySlot, queries + scores + 2 * weights + values + staged + sums + 9 * Lanes * sizeof(float));
        w.Queries = memory;
        w.Scores = (float*)(memory += queries);
        w.Weights = memory += scores;
        w.Turned = memory += weights;
        w.Values = memory += weights;
        w.Staged = (ushort*)(memory += values);
        w.Sums = (float*)(memory += staged);
        float* lanes = (float*)(memory + sums);
        w.Largest = lanes;
        w.Total = lanes + Lanes;
        w.Shrink = lanes + 2 * Lanes;
        Lay(a, ref w, lanes + 3 * Lanes, lanes + 7 * Lanes, lanes + 8 * Lanes);
        return true;
    }

    /// <summary>Puts the queries into their lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Lay(in AttentionArgs a, ref Workspace w, float* bounds, float* slopes, float* positions)
    {
        new Span<byte>(w.Queries, w.Heads * w.Steps * Packing.CellBytes).Clear();
        new Span<float>(bounds, 2 * Lanes).Clear();
        // Lanes without a query see what the first sees; nobody looks there.
        VisibleKeys any = AttentionMask.Row(a, 0, 0);
        new Span<float>(bounds + 2 * Lanes, Lanes).Fill(any.Start1);
        new Span<float>(bounds + 3 * Lanes, Lanes).Fill(any.End1);
        new Span<float>(slopes, 2 * Lanes).Clear();
        int pairs = a.HeadDim / 2;
        for (int head = 0; head < w.Heads; head++)
        {
            for (int row = 0; row < w.Rows; row++)
            {
                int h = (w.FirstHead + head) * a.Group + row / a.QueryLength, i = row % a.QueryLength, lane = w.LaneOf(head, row);
                VisibleKeys visible = AttentionMask.Row(a, 0, i);
                (bounds[2 * Lanes + lane], bounds[3 * Lanes + lane]) = (visible.Start1, visible.End1);
                (slopes[lane], positions[lane]) = (a.Slopes == null ? 0 : a.Slopes[h], a.Offset + i);
                var from = (ushort*)a.Q.At(0, i, h, 2);
                uint* to = (uint*)(w.Queries + (long)head * w.Steps * Packing.CellBytes) + lane / Half * 256 + lane % Half;
                for (int pair = 0; pair < pairs; pair++)
                    to[(pair >> 4) * 512 + (pair & 15) * Half] = ((uint*)from)[pair];
                if (a.HeadDim % 2 != 0)
                    to[(pairs >> 4) * 512 + (pairs & 15) * Half] = from[a.HeadDim - 1];
            }
        }
        w.Halves = w.Rows > Half || w.Heads > Half / w.Rows ? 2 : 1;
        w.Mask = QueryBlockMask.OfRanges(bounds, Lanes);
        w.EndCell = Packing.Cells(w.Mask.EndKey);
        w.Rule = new ScoreRule(a, a.Slopes == null ? null : slopes, positions, w.Mask);
        w.Biased = a.HasBias || a.Scale <= 0;
        w.Factor = w.Biased ? 1 : a.Scale * TileScores.Log2E;
        new Span<float>(w.Largest, Lanes).Fill(TileScores.Lowest);
        new Span<float>(w.Total, Lanes).Clear();
    }

    private static bool UsesRows(in AttentionArgs a) => a.InPlace(Cell) && a.HeadDim % Cell == 0;

    /// <summary>Final scores of so many cells.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Scores(in AttentionArgs a, in Workspace w, int cell, int cells, float* scores, bool fetchValues)
    {
        bool inPlace = UsesRows(a);
        SweepArgs g = default;
        for (int i = 0; i < cells; i++)
        {
            int key = (cell + i) * Cell, next = Math.Min(Cell, a.KeyLength - key - Cell);
            if (next > 0)
                Fetch(a, a.K, w.FirstHead, w.Heads, key + Cell, next);
            if (fetchValues)
                Fetch(a, a.V, w.FirstHead, w.Heads, key, Math.Min(Cell, a.KeyLength - key));
            if (inPlace)
            {
                g.A = a.KeyAt(0, key, w.FirstHead, 2);
                g.AStride = a.K.Time * 2;
            }
            else
            {
                CacheRows.Stage(a, a.K, a.KeyScales, w.FirstHead, w.Heads, key, Math.Min(Cell, a.KeyLength - key), w.Steps * Cell, w.Staged);
                g.A = (byte*)w.Staged;
                g.AStride = (long)w.Heads * w.Steps * Cell * 2;
            }
            g.B = w.Queries;
            g.ResidentSteps = w.Heads * w.Steps;
            g.StreamedSteps = 0;
            g.Blocks = 1;
            FlashForwardAmx.SetTiles(ref g, scores + i * TileScores.CellFloats);
            SweepKernel.Get(new SweepOptions { HalfWidth = w.Halves == 1 })(&g);
        }
        for (int i = 0; i < cells; i++)
        {
            int key = (cell + i) * Cell;
            bool masked = w.Mask.Kind(key, key + Cell) != BlockKind.Full;
            if (w.Biased)
                TileScores.Bias(scores + i * TileScores.CellFloats, key, w.Rule, masked, null);
            else if (masked)
                TileScores.Mask(scores + i * TileScores.CellFloats, key, w.Mask);
        }
    }

    /// <summary>
    /// Rows of some heads, which are wanted soon: those of a whole cell as four streams, which begin in pages of their own where a row has 512 bytes or more. Row after row
    /// would be one stream, which starts anew in every page.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Fetch(in AttentionArgs a, in AttentionOperand rows, int firstHead, int heads, int key, int count)
    {
        const int Line = PageStreams.Line, Apart = Cell / 4;
        int size = a.CacheType.Size(), bytes = heads * a.HeadDim * size;
        if (count < Cell)
        {
            for (int j = key; j < key + count; j++)
            {
                byte* row = rows.At(0, a.RowOf(j), firstHead, size);
                for (int x = 0; x < bytes; x += Line)
                    Sse.Prefetch1(row + x);
            }
            return;
        }
        for (int j = key; j < key + Apart; j++)
        {
            byte* first = rows.At(0, a.RowOf(j), firstHead, size), second = rows.At(0, a.RowOf(j + Apart), firstHead, size);
            byte* third = rows.At(0, a.RowOf(j + 2 * Apart), firstHead, size), fourth = rows.At(0, a.RowOf(j + 3 * Apart), firstHead, size);
            for (int x = 0; x < bytes; x += Line)
            {
                Sse.Prefetch1(first + x);
                Sse.Prefetch1(second + x);
                Sse.Prefetch1(third + x);
                Sse.Prefetch1(fourth + x);
            }
        }
    }
}
