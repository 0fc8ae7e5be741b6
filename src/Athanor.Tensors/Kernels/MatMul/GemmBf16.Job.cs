using System.Runtime.CompilerServices;
using Athanor.Tensors.Amx;
using Athanor.Tensors.Threading;

namespace Athanor.Tensors.Kernels;

/// <summary>
/// One product while it runs: what <see cref="GemmPlan"/> decided, carried out by the members of the team. "Left" and "right" are the
/// operands in the order in which they are multiplied: A and B, or B^T and A^T when swapped; rows and columns likewise.
/// </summary>
internal unsafe partial struct GemmJob
{
    private const int LeftSlot = 0, SumSlot = 1, SmallSlot = 2, RightSlot = 3, TileBlockBytes = 4096;

    public void* TeamReference;

    /// <summary>With plans that go across panels: per group, the blocks of rows that are taken.</summary>
    public int* RowsTaken;
    private long _taken;
    private GemmArgs _args;
    private GemmPlan _plan;
    private PackSource _left, _right;
    private bool _leftTransposed, _rightTransposed, _rowsOut, _stream;
    private int _rows, _columns, _steps, _blocks, _panels;
    private byte* _packed;
    private nint _shared;

    public void Setup(in GemmArgs args, in GemmPlan plan, byte* packed)
    {
        this = default;
        _args = args;
        _plan = plan;
        _packed = packed;
        var a = new PackSource((ushort*)args.A, args.Lda, args.TransA ? args.K : args.M, args.TransA ? args.M : args.K);
        var b = new PackSource((ushort*)args.B, args.Ldb, args.TransB ? args.N : args.K, args.TransB ? args.K : args.N);
        (_left, _right) = plan.Swapped ? (b, a) : (a, b);
        // PackA knows [rows, K] or transposed [K, rows]; PackB [K, columns] or transposed [columns, K].
        _leftTransposed = plan.Swapped ? !args.TransB : args.TransA;
        _rightTransposed = plan.Swapped ? !args.TransA : args.TransB;
        (_rows, _columns) = plan.Swapped ? (args.N, args.M) : (args.M, args.N);
        _steps = Packing.Cells(args.K);
        _blocks = Packing.Cells(_rows);
        _panels = Packing.Cells(_columns);
        int size = args.OutputType.Size();
        _rowsOut = !plan.Swapped && args.Alpha == 1 && !(args.Accumulate && args.OutputType == DType.BF16);
        _stream = plan.Stream && (long)_rows * _columns * size > 1 << 20 && args.Ldc * size % 64 == 0 && (nint)args.C % 64 == 0;
    }

    /// <summary>What one member needs at hand.</summary>
    private ref struct Worker
    {
        public Team Team;
        public int Member;
        public byte* Left;
        public byte* Sums;
        public byte* Right;
        public byte* Scratch;
        public float* Bias;
        public bool RightReady;
        public SweepArgs Sweep;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run(Team team, int member, int rank, int members)
    {
        var worker = new Worker { Team = team, Member = member };
        Reserve(ref worker, rank);
        AmxTiles.Configure();
        if (_plan.ChunksOutside)
            RunChunks(ref worker, rank);
        else if (_plan.Across)
            RunAcross(ref worker, rank, members);
        else
            RunGroups(ref worker, rank, members);
        AmxTiles.Release();
    }

    /// <summary>Groups of panels, one after the other: each is packed by all members, then its items are shared out.</summary>
    private void RunGroups(ref Worker worker, int rank, int members)
    {
        int rowItems = Ceiling(_blocks, _plan.ItemBlocks), groups = Ceiling(_panels, _plan.GroupPanels);
        long mine = rank, groupEnd = 0;
        for (int group = 0; group < groups; group++)
        {
            var range = new Range { Panel0 = group * _plan.GroupPanels, Step1 = _steps, RightSteps = _steps };
            range.Panel1 = Math.Min(range.Panel0 + _plan.GroupPanels, _panels);
            PackRight(ref worker, ref range, group, rank, members);
            int panel0 = range.Panel0, panel1 = range.Panel1;
            byte* right = range.Right;
            long groupStart = groupEnd;
            groupEnd += (long)rowItems * Ceiling(panel1 - panel0, _plan.ItemPanels);
            // The first item by rank, the others from the counter, so that a slow core does fewer.
            for (long next; mine < groupEnd; mine = next)
            {
                // Who fetches what comes next takes it before.
                next = _plan.ReadsOnce ? members - 1 + Interlocked.Increment(ref _taken) : -1;
                range.NextBlock = next >= 0 && next < groupEnd ? (int)(next - groupStart) % rowItems * _plan.ItemBlocks : -1;
                int item = (int)(mine - groupStart);
                range.Block0 = item % rowItems * _plan.ItemBlocks;
                range.Block1 = Math.Min(range.Block0 + _plan.ItemBlocks, _blocks);
                range.Panel0 = panel0 + item / rowItems * _plan.ItemPanels;
                range.Panel1 = Math.Min(range.Panel0 + _plan.ItemPanels, panel1);
                for (int step = 0; step < _steps; step += _plan.ChunkSteps)
                {
                    range.Step0 = step;
                    range.Step1 = Math.Min(step + _plan.ChunkSteps, _steps);
                    range.Right = right == null ? null : right + ((long)(range.Panel0 - panel0) * _steps + step) * Packing.CellBytes;
                    SweepDown(ref worker, range);
                }
                if (next < 0)
                    next = members - 1 + Interlocked.Increment(ref _taken);
            }
        }
    }

    /// <summary>
    /// Groups of panels that fit a second-level cache. Each member packs the group it works on for itself: buffers that only one core
    /// writes and reads, again and again, cost half as much as shared ones, and no barrier is needed. Members begin at
    /// different groups and help each other with the rows that are left.
    /// </summary>
    private void RunAcross(ref Worker worker, int rank, int members)
    {
        int groups = Ceiling(_panels, _plan.GroupPanels), group = (int)((long)groups * rank / members);
        for (int visited = 0; visited < groups; visited++, group = group + 1 == groups ? 0 : group + 1)
        {
            var range = new Range { Panel0 = group * _plan.GroupPanels, Step1 = _steps };
            range.Panel1 = Math.Min(range.Panel0 + _plan.GroupPanels, _panels);
            bool packed = false;
            while (Volatile.Read(ref RowsTaken[group]) < _blocks)
            {
                range.Block0 = Interlocked.Add(ref RowsTaken[group], _plan.ItemBlocks) - _plan.ItemBlocks;
                if (range.Block0 >= _blocks)
                    break;
                range.Block1 = Math.Min(range.Block0 + _plan.ItemBlocks, _blocks);
                if (!packed)
                    PackOwn(ref worker, ref range);
                packed = true;
                SweepAcross(ref worker, range);
            }
        }
    }

    /// <summary>
    /// Long sums into a small C: the members keep their part of C in their caches as fp32 tiles and take one chunk of k after the
    /// other, so that the packed operands never leave the caches either.
    /// </summary>
    private void RunChunks(ref Worker worker, int rank)
    {
        var range = new Range { Block0 = Math.Min(rank * _plan.ItemBlocks, _blocks), Panel1 = _panels };
        range.Block1 = Math.Min(range.Block0 + _plan.ItemBlocks, _blocks);
        if (range.Block0 == range.Block1)
            return;
        for (int step = 0; step < _steps; step += _plan.ChunkSteps)
        {
            range.Step0 = step;
            range.Step1 = Math.Min(step + _plan.ChunkSteps, _steps);
            PackOwn(ref worker, ref range);
            SweepDown(ref worker, range);
        }
    }

    private readonly void PackOwn(ref Worker worker, ref Range range)
    {
        if (_packed != null)
        {
            range.Right = _packed + ((long)range.Panel0 * _steps + range.Step0) * Packing.CellBytes;
            range.RightSteps = _steps;
            return;
        }
        Packing.PackB(_right, _rightTransposed, range.Panel0, range.Panel1, range.Step0, range.Step1, worker.Right);
        range.Right = worker.Right;
        range.RightSteps = range.Steps;
    }

    /// <summary>
    /// Panels that a member packs together for itself. Of plain rows several: 64 bytes of every row would be a new page for every line.
    /// </summary>
    private readonly int PanelsAtOnce => _rightTransposed ? 1 : 8;

    private readonly bool KeepsRight => _plan.Swapped && _plan.OwnPanels && _plan.ChunkSteps == _steps;

    /// <summary>A part of C and a chunk of k.</summary>
    private struct Range
    {
        public int Block0, Block1, Panel0, Panel1, Step0, Step1;

        /// <summary>B form of (Panel0, Step0), panels RightSteps cells apart; null when the worker packs panels itself.</summary>
        public byte* Right;
        public int RightSteps;

        /// <summary>Where the item begins that the member does next, -1 when there is none or it is not known.</summary>
        public int NextBlock;

        public readonly int Steps => Step1 - Step0;
    }

    private void Reserve(ref Worker worker, int rank)
    {
        Team team = worker.Team;
        int member = worker.Member;
        bool passes = _plan.ChunkSteps < _steps;
        int leftBlocks = _plan.Across ? 1 : _plan.ItemBlocks;
        int sumBlocks = passes ? _plan.ItemBlocks * _plan.ItemPanels : _plan.Across ? _plan.ItemPanels : _plan.ItemBlocks;
        try
        {
            worker.Left = team.Scratch(member, LeftSlot, (long)leftBlocks * _plan.ChunkSteps * Packing.CellBytes);
            worker.Sums = team.Scratch(member, SumSlot, (long)sumBlocks * TileBlockBytes);
            worker.Scratch = team.Scratch(member, SmallSlot, TileBlockBytes + Math.Max(_plan.ItemBlocks, 1) * 2048L);
            worker.Bias = (float*)(worker.Scratch + TileBlockBytes);
            bool alone = _plan.OwnPanels || _plan.ChunksOutside || _plan.Across;
            if (alone && _packed == null)
                worker.Right = team.Scratch(member, RightSlot, (long)(KeepsRight ? _panels : _plan.OwnPanels ? PanelsAtOnce : _plan.GroupPanels) * _plan.ChunkSteps * Packing.CellBytes);
            if (alone || rank != 0 || _packed != null)
                return;
            // Two groups are alive: one is packed while slower members still read the one before.
            int groups = Math.Min(2, Ceiling(_panels, _plan.GroupPanels));
            byte* shared = team.Scratch(member, RightSlot, groups * (long)_plan.GroupPanels * _steps * Packing.CellBytes);
            Volatile.Write(ref _shared, (nint)shared);
        }
        catch when (rank == 0)
        {
            Volatile.Write(ref _shared, -1);
            throw;
        }
    }

    /// <summary>Packs panels and steps of the range with all members and sets its Right; nothing where members pack for themselves.</summary>
    private void PackRight(ref Worker worker, ref Range range, int turn, int rank, int members)
    {
        if (_plan.OwnPanels)
            return;
        if (_packed != null)
        {
            range.Right = _packed + (long)range.Panel0 * _steps * Packing.CellBytes;
            return;
        }
        nint shared;
        while ((shared = Volatile.Read(ref _shared)) == 0)
            Thread.SpinWait(1);
        if (shared == -1)
            throw new OperationCanceledException("Another member of the team could not reserve memory.");
        range.Right = (byte*)shared + (turn & 1) * (long)_plan.GroupPanels * _steps * Packing.CellBytes;
        int count = range.Panel1 - range.Panel0, from = (int)((long)count * rank / members), to = (int)((long)count * (rank + 1) / members);
        if (to > from)
            Packing.PackB(_right, _rightTransposed, range.Panel0 + from, range.Panel0 + to, range.Step0, range.Step1, range.Right + (long)from * range.Steps * Packing.CellBytes);
        if (members > 1)
            worker.Team.Barrier();
    }

    private static int Ceiling(int a, int b) => (a + b - 1) / b;
}
