using System.Runtime.CompilerServices;
using Athanor.Tensors.Amx;
using Athanor.Tensors.Simd;
using Athanor.Tensors.Threading;

namespace Athanor.Tensors.Kernels;

/// <summary>
/// A product of signed bytes: C[M,N] = A[M,K] · B[N,K]^T as exact int32, or as fp32 C = RowScale[m] · ColumnScale[n] · (A · B^T).
/// </summary>
/// <remarks>Leading dimensions count elements. |sum| stays below 2^31 for K up to 131,072. K = 0 gives zeros.</remarks>
internal unsafe struct GemmInt8Args
{
    public int M, N, K;

    /// <summary>[M, K], rows Lda apart; activations quantized row by row.</summary>
    public sbyte* A;
    public long Lda;

    /// <summary>[N, K], rows Ldb apart; weights quantized channel by channel.</summary>
    public sbyte* B;
    public long Ldb;

    /// <summary>[M, N], rows Ldc apart: fp32 with scales, int32 when both are null.</summary>
    public void* C;
    public long Ldc;

    /// <summary>M and N factors; both or neither.</summary>
    public float* RowScale, ColumnScale;
}

/// <summary>The int8 product on AMX (TDPBSSD), for quantized inference. Exact, so any plan gives the same bits.</summary>
/// <remarks>
/// A byte matrix [rows, K] seen as 16-bit units [rows, K/2] has the bf16 forms of <see cref="Packing"/>: a step is 64 k, and B form, four k
/// to a 32-bit unit, is the same transposition.
/// </remarks>
internal static unsafe class GemmInt8
{
    private const int ItemBlocks = 8, ItemPanels = 8, LeftSlot = 0, RightSlot = 1, SumSlot = 2, StepBytes = 64;

    /// <summary>Runs the product; needs AMX. Allocates nothing once the team's scratch has grown.</summary>
    public static void Run(CpuDevice device, in GemmInt8Args args)
    {
        if ((args.RowScale == null) != (args.ColumnScale == null))
            throw new ArgumentException("An int8 product takes scales for rows and for columns, or neither (then C is int32).", nameof(args));
        var team = device.Team;
        var job = new Job { Args = args, Team = Unsafe.AsPointer(ref team) };
        long rowItems = (Packing.Cells(args.M) + ItemBlocks - 1) / ItemBlocks, panelItems = (Packing.Cells(args.N) + ItemPanels - 1) / ItemPanels;
        // Rows outside: neighbouring items share their panels of B, which every member packs for itself.
        team.For(rowItems * panelItems, 1, &RunItem, &job);
    }

    private struct Job
    {
        public GemmInt8Args Args;
        public void* Team;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RunItem(void* state, int member, long begin, long end)
    {
        var job = (Job*)state;
        ref readonly GemmInt8Args g = ref job->Args;
        Team team = Unsafe.AsRef<Team>(job->Team);
        int steps = (g.K + StepBytes - 1) / StepBytes, blocks = Packing.Cells(g.M), panels = Packing.Cells(g.N);
        byte* left = team.Scratch(member, LeftSlot, (long)ItemBlocks * steps * Packing.CellBytes);
        byte* right = team.Scratch(member, RightSlot, (long)steps * Packing.CellBytes);
        int* sums = (int*)team.Scratch(member, SumSlot, ItemBlocks * 4096);
        int panelItems = (panels + ItemPanels - 1) / ItemPanels;
        AmxTiles.Configure();
        for (long item = begin; item < end; item++)
        {
            int block0 = (int)(item / panelItems) * ItemBlocks, block1 = Math.Min(block0 + ItemBlocks, blocks);
            int panel0 = (int)(item % panelItems) * ItemPanels, panel1 = Math.Min(panel0 + ItemPanels, panels);
            PackRows(g.A, g.Lda, g.M, g.K, block0, block1, steps, left, transpose: false);
            for (int panel = panel0; panel < panel1; panel++)
            {
                PackRows(g.B, g.Ldb, g.N, g.K, panel, panel + 1, steps, right, transpose: true);
                if (steps > 0)
                    Multiply(left, right, sums, block1 - block0, steps);
                else
                    new Span<int>(sums, ItemBlocks * 1024).Clear();
                for (int block = block0; block < block1; block++)
                    Store(g, sums + (block - block0) * 1024, block, panel);
            }
        }
        AmxTiles.Release();
    }

    private static void Multiply(byte* left, byte* right, int* sums, int blocks, int steps)
    {
        var sweep = new SweepArgs
        {
            A = left,
            ABlock = (long)steps * Packing.CellBytes,
            B = right,
            ResidentSteps = Math.Min(steps, 20),
            StreamedSteps = steps - Math.Min(steps, 20),
            Blocks = blocks,
            Out = (byte*)sums,
            OutStride = 128,
            OutRight = 64,
            OutDown = 2048,
            OutBlock = 4096,
        };
        SweepKernel.Get(new SweepOptions { PackedA = true, Int8 = true })(&sweep);
    }

    /// <summary>Blocks of 32 rows in A form, or as panels in B form, cell by cell through a zero-padded copy.</summary>
    private static void PackRows(sbyte* source, long stride, int rows, int k, int block0, int block1, int steps, byte* target, bool transpose)
    {
        byte* cell = stackalloc byte[Packing.CellBytes];
        for (int block = block0; block < block1; block++)
        {
            int count = Math.Min(Packing.Cell, rows - block * Packing.Cell);
            for (int step = 0; step < steps; step++, target += Packing.CellBytes)
            {
                int bytes = Math.Min(StepBytes, k - step * StepBytes);
                byte* from = (byte*)(source + (long)block * Packing.Cell * stride + step * StepBytes);
                long fromStride = stride;
                if (count < Packing.Cell || bytes < StepBytes)
                {
                    new Span<byte>(cell, Packing.CellBytes).Clear();
                    for (int row = 0; row < count; row++)
                        new ReadOnlySpan<byte>(from + row * stride, bytes).CopyTo(new Span<byte>(cell + row * StepBytes, bytes));
                    from = cell;
                    fromStride = StepBytes;
                }
                if (transpose)
                {
                    Packing.Transpose16(from, fromStride, target);
                    Packing.Transpose16(from + 16 * fromStride, fromStride, target + Packing.CellBytes / 2);
                    continue;
                }
                for (int row = 0; row < Packing.Cell; row++)
                    Buffer.MemoryCopy(from + row * fromStride, target + row * StepBytes, StepBytes, StepBytes);
            }
        }
    }

    private static void Store(in GemmInt8Args g, int* sums, int block, int panel)
    {
        int rows = Math.Min(Packing.Cell, g.M - block * Packing.Cell), columns = Math.Min(Packing.Cell, g.N - panel * Packing.Cell);
        for (int i = 0; i < rows; i++)
        {
            int row = block * Packing.Cell + i;
            long at = row * g.Ldc + panel * Packing.Cell;
            int* from = sums + i * Packing.Cell;
            if (g.RowScale == null)
            {
                new ReadOnlySpan<int>(from, columns).CopyTo(new Span<int>((int*)g.C + at, columns));
                continue;
            }
            float* to = (float*)g.C + at, scale = g.ColumnScale + panel * Packing.Cell;
            int j = 0;
            for (; j + 16 <= columns; j += 16)
                F512.Store(to + j, F512.LoadInt32(from + j) * (F512.All(g.RowScale[row]) * F512.Load(scale + j)));
            for (; j < columns; j++)
                to[j] = from[j] * (g.RowScale[row] * scale[j]);
        }
    }
}
