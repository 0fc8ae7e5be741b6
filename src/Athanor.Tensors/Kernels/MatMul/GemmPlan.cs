using Athanor.Tensors.Amx;

namespace Athanor.Tensors.Kernels;

/// <summary>
/// How the AMX driver goes about one product: a pure function of shape, layout and team size. A plan changes the order of the work,
/// never a result: every number of C is summed in ascending k.
/// </summary>
internal readonly record struct GemmPlan
{
    /// <summary>Computes C^T = op(B)^T · op(A)^T, so that the smaller operand takes the dearer packing.</summary>
    public bool Swapped { get; init; }

    /// <summary>Sweeps each block of rows across all panels (the packed B stays in the second-level cache) instead of each panel down many blocks (the packed A does).</summary>
    public bool Across { get; init; }

    /// <summary>The left operand is read in place.</summary>
    public bool Direct { get; init; }

    /// <summary>Members pack the panels of their own items: no barrier, nothing shared.</summary>
    public bool OwnPanels { get; init; }

    /// <summary>Steps of 32 k in one pass; with more than one pass the sums wait as fp32 tiles.</summary>
    public int ChunkSteps { get; init; }

    /// <summary>Panels that are packed together, before one barrier.</summary>
    public int GroupPanels { get; init; }

    /// <summary>Blocks of 32 rows, and panels, of one work item.</summary>
    public int ItemBlocks { get; init; }
    public int ItemPanels { get; init; }

    /// <summary>Leading steps of the shared operand that stay in the first-level cache, see <see cref="SweepArgs.ResidentSteps"/>.</summary>
    public int ResidentSteps { get; init; } = 20;

    /// <summary>Lines of the next panel, or rows of the next block, that every step of the kernel prefetches.</summary>
    public int PrefetchLines { get; init; }
    public int PrefetchRows { get; init; }

    /// <summary>The weights are used once, and what comes next of them is fetched as <see cref="PageStreams"/>: members know their next item before they begin one.</summary>
    public bool ReadsOnce { get; init; }

    /// <summary>Large results are written past the caches.</summary>
    public bool Stream { get; init; } = true;

    public GemmPlan()
    {
    }

    /// <summary>One item per member, which takes all chunks of k in step with the others; see GemmJob.RunChunks.</summary>
    public bool ChunksOutside { get; init; }

    private const int LongestChunk = 32, MostItemTiles = 288, MostBlocks = 32, MostLongBlocks = 12, MostLongPanels = 36, TileBlockBytes = 4096,
        FewestGroupPanels = 4, MostThinBlocks = 8, BlocksWorthCopies = 32, LongestRow = 512;

    /// <param name="m">Rows of C.</param>
    /// <param name="n">Columns of C.</param>
    /// <param name="k">Length of the sums, at least 1.</param>
    /// <param name="transA">A is stored [K, M].</param>
    /// <param name="transB">B is stored [N, K].</param>
    /// <param name="prepacked">B is already in B form.</param>
    /// <param name="members">Members of the team.</param>
    /// <param name="l2Bytes">Second-level cache of one core.</param>
    public static GemmPlan For(int m, int n, int k, bool transA, bool transB, bool prepacked, int members, long l2Bytes)
    {
        bool swapped = !prepacked && transB && !transA && m <= 64 && n > m;
        (int rows, int columns) = swapped ? (n, m) : (m, n);
        int steps = Packing.Cells(k), blocks = Packing.Cells(rows), panels = Packing.Cells(columns);
        bool direct = (swapped ? transB : !transA) && k % Packing.Cell == 0;
        int chunks = Ceiling(steps, LongestChunk), chunk = Ceiling(steps, chunks);
        var plan = new GemmPlan { Swapped = swapped, Direct = direct, ChunkSteps = chunk, GroupPanels = panels };
        if (swapped)
            return plan.ForThin(blocks, panels, steps, members);
        if (blocks < 4 * members)
            return plan.ForFewRows(blocks, panels, steps, chunks, prepacked, members);
        if (chunks == 1)
            return plan.ForManyRows(blocks, panels, steps, members, l2Bytes * 5 / 8);
        return plan.ForLongSums(blocks, panels, steps, prepacked, members, l2Bytes);
    }

    /// <summary>C^T = B · A^T with a small A: members split the rows of B, which nobody packs, and pack A each for themselves.</summary>
    private GemmPlan ForThin(int blocks, int panels, int steps, int members) => this with
    {
        OwnPanels = true,
        ChunkSteps = Direct ? steps : ChunkSteps,
        ItemBlocks = Math.Clamp(Ceiling(blocks, members * 8), 1, MostThinBlocks),
        ItemPanels = Math.Min(panels, MostItemTiles / MostBlocks),
        ReadsOnce = Direct,
    };

    /// <summary>Too few rows to share: members split the columns, and pack those of their own.</summary>
    private GemmPlan ForFewRows(int blocks, int panels, int steps, int chunks, bool prepacked, int members)
    {
        if (prepacked && blocks == 1 && steps <= LongestRow)
            return this with { ItemBlocks = 1, ItemPanels = Ceiling(panels, members), ChunkSteps = steps, ReadsOnce = true };
        int itemBlocks = Math.Min(blocks, MostBlocks), most = chunks == 1 ? panels : MostItemTiles / itemBlocks;
        return this with
        {
            OwnPanels = !prepacked,
            ItemBlocks = itemBlocks,
            ItemPanels = Math.Min(Ceiling(panels, members), most),
        };
    }

    /// <summary>
    /// The packed panels of a group stay in the second-level cache of a core while rows pass by. With very many rows all members
    /// take parts of the same rows, each with its own copy of the group; with fewer, a copy is too dear and they take different groups.
    /// </summary>
    private GemmPlan ForManyRows(int blocks, int panels, int steps, int members, long budget)
    {
        int most = (int)Math.Clamp(budget / ((long)Packing.CellBytes * steps), 1, panels);
        int groups = Ceiling(panels, most);
        if (blocks < members * BlocksWorthCopies)
            groups = Math.Max(groups, Math.Clamp(panels / FewestGroupPanels, 1, members));
        int group = Ceiling(panels, groups);
        return this with
        {
            Across = true,
            GroupPanels = group,
            ItemBlocks = Math.Clamp(blocks / (members * 4), 1, 4),
            ItemPanels = group,
            PrefetchRows = group >= 32 ? 1 : group >= 16 ? 2 : 4,
        };
    }

    /// <summary>
    /// Sums in several passes: the fp32 tiles of an item and its packed rows stay in the second-level cache between the passes, the
    /// panels of B stream by, prefetched. A C so small that each member keeps its whole part goes chunk by chunk instead.
    /// </summary>
    private GemmPlan ForLongSums(int blocks, int panels, int steps, bool prepacked, int members, long l2Bytes)
    {
        int share = Ceiling(blocks, members);
        long left = l2Bytes / 2 - (long)share * panels * TileBlockBytes;
        int chunk = (int)Math.Min(left / ((share + panels) * Packing.CellBytes), LongestChunk);
        if (chunk >= 12 && !prepacked)
            return this with { ChunksOutside = true, Direct = false, ChunkSteps = Ceiling(steps, Ceiling(steps, chunk)), ItemBlocks = share, ItemPanels = panels };
        int itemPanels = Ceiling(panels, Ceiling(panels, MostLongPanels));
        int rowItems = Ceiling(blocks, Math.Min(MostItemTiles / itemPanels, MostLongBlocks));
        if (rowItems % members != 0)
            rowItems += members - rowItems % members;
        int itemBlocks = Ceiling(blocks, rowItems);
        return this with
        {
            Direct = false,
            ItemBlocks = itemBlocks,
            ItemPanels = itemPanels,
            PrefetchLines = itemBlocks > 4 ? 4 : 8,
        };
    }

    private static int Ceiling(int a, int b) => (a + b - 1) / b;
}
