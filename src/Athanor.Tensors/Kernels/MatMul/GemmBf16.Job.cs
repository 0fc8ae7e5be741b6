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
        public SweepArgs Sweep;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run(Team team, int member, int rank, int members)
    {
        var worker = new Worker { Team = team, Member = member };
        Reserve(ref worker, rank);
        int rowItems = Ceiling(_blocks, _plan.ItemBlocks), groups = Ceiling(_panels, _plan.GroupPanels);
        long mine = rank, groupEnd = 0;
        AmxTiles.Configure();
        for (int group = 0; group < groups; group++)
        {
            int panel0 = group * _plan.GroupPanels, panel1 = Math.Min(panel0 + _plan.GroupPanels, _panels);
            byte* right = RightOf(ref worker, group, panel0, panel1, rank, members);
            int panelItems = Ceiling(panel1 - panel0, _plan.ItemPanels);
            long groupStart = groupEnd;
            groupEnd += (long)rowItems * panelItems;
            // The first item by rank, the others from the counter, so that a slow core does fewer.
            for (; mine < groupEnd; mine = members - 1 + Interlocked.Increment(ref _taken))
            {
                int item = (int)(mine - groupStart), block = item % rowItems * _plan.ItemBlocks, panel = panel0 + item / rowItems * _plan.ItemPanels;
                var range = new Range
                {
                    Block0 = block,
                    Block1 = Math.Min(block + _plan.ItemBlocks, _blocks),
                    Panel0 = panel,
                    Panel1 = Math.Min(panel + _plan.ItemPanels, panel1),
                    Right = right == null ? null : right + (long)(panel - panel0) * _steps * Packing.CellBytes,
                };
                for (int step = 0; step < _steps; step += _plan.ChunkSteps)
                {
                    range.Step0 = step;
                    range.Step1 = Math.Min(step + _plan.ChunkSteps, _steps);
                    if (_plan.Across)
                        SweepAcross(ref worker, range);
                    else
                        SweepDown(ref worker, range);
                }
            }
        }
        AmxTiles.Release();
    }

    /// <summary>A part of C and a chunk of k.</summary>
    private struct Range
    {
        public int Block0, Block1, Panel0, Panel1, Step0, Step1;

        /// <summary>B form of Panel0 with all steps; null when the worker packs panels itself.</summary>
        public byte* Right;

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
            if (_plan.OwnPanels)
                worker.Right = team.Scratch(member, RightSlot, (long)_plan.ChunkSteps * Packing.CellBytes);
            if (rank != 0 || _packed != null || _plan.OwnPanels)
                return;
            // Two groups: one is packed while slower members still read the one before.
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

    /// <summary>The B form of a group of panels, packed by all members; null when members pack for themselves.</summary>
    private byte* RightOf(ref Worker worker, int group, int panel0, int panel1, int rank, int members)
    {
        if (_packed != null)
            return _packed + (long)panel0 * _steps * Packing.CellBytes;
        if (_plan.OwnPanels)
            return null;
        nint shared;
        while ((shared = Volatile.Read(ref _shared)) == 0)
            Thread.SpinWait(1);
        if (shared == -1)
            throw new OperationCanceledException("Another member of the team could not reserve memory.");
        byte* right = (byte*)shared + (group & 1) * (long)_plan.GroupPanels * _steps * Packing.CellBytes;
        int count = panel1 - panel0, from = (int)((long)count * rank / members), to = (int)((long)count * (rank + 1) / members);
        if (to > from)
            Packing.PackB(_right, _rightTransposed, panel0 + from, panel0 + to, 0, _steps, right + (long)from * _steps * Packing.CellBytes);
        if (members > 1)
            worker.Team.Barrier();
        return right;
    }

    private static int Ceiling(int a, int b) => (a + b - 1) / b;
}
