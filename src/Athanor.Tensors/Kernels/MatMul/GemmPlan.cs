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

    /// <summary>Large results are written past the caches.</summary>
    public bool Stream { get; init; } = true;

    public GemmPlan()
    {
    }

    private const int LongestChunk = 32, MostItemTiles = 256, MostBlocks = 32;

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
        long budget = l2Bytes / 2;
        if (blocks < 4 * members || swapped)
            return new GemmPlan
            {
                Swapped = swapped,
                Direct = direct,
                OwnPanels = !prepacked,
                ChunkSteps = chunk,
                GroupPanels = panels,
                ItemBlocks = swapped ? Math.Clamp(Ceiling(blocks, members), 1, MostBlocks) : Math.Min(blocks, MostBlocks),
                ItemPanels = swapped ? Math.Min(panels, MostItemTiles / MostBlocks) : chunks == 1 ? Ceiling(panels, members) : Math.Min(Ceiling(panels, members), MostItemTiles / Math.Min(blocks, MostBlocks)),
            };
        if (chunks == 1)
        {
            // The packed panels of a group stay in every core's second-level cache while all rows pass by.
            int most = (int)Math.Clamp(budget / ((long)Packing.CellBytes * steps), 1, panels);
            int group = Ceiling(panels, Ceiling(panels, most));
            return new GemmPlan
            {
                Across = true,
                Direct = direct,
                ChunkSteps = chunk,
                GroupPanels = group,
                ItemBlocks = Math.Clamp(blocks / (members * 4), 1, 4),
                ItemPanels = group,
            };
        }
        int itemBlocks = (int)Math.Clamp(budget / ((long)Packing.CellBytes * chunk), 1, Math.Min(8, Ceiling(blocks, members)));
        return new GemmPlan
        {
            ChunkSteps = chunk,
            GroupPanels = panels,
            ItemBlocks = itemBlocks,
            ItemPanels = Math.Min(panels, MostItemTiles / itemBlocks),
        };
    }

    private static int Ceiling(int a, int b) => (a + b - 1) / b;
}
