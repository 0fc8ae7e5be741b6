using System.Runtime.InteropServices;
using Athanor.Tensors.Kernels;

namespace Athanor.Tensors.Amx;

/// <summary>What a sweep does with a finished block.</summary>
internal enum SweepOutput
{
    /// <summary>Tile stores: fp32 (or int32) with free row, tile and block distances.</summary>
    Tiles,

    /// <summary>Rounded to bf16, nearest even.</summary>
    Bf16,

    /// <summary>As <see cref="Bf16"/>, past the caches; rows must be 64-byte aligned.</summary>
    Bf16Stream,

    /// <summary>Rows of fp32 (or int32).</summary>
    F32,

    /// <summary>As <see cref="F32"/>, past the caches; rows must be 64-byte aligned.</summary>
    F32Stream,

    /// <summary>Added to the fp32 numbers there.</summary>
    F32Add,
}

/// <summary>Which sweep kernel to emit. Each combination is emitted once per process.</summary>
internal readonly record struct SweepOptions
{
    /// <summary>16 rows per block instead of 32.</summary>
    public bool HalfHeight { get; init; }

    /// <summary>The left 16 columns of each panel only; with <see cref="SweepOutput.Tiles"/>.</summary>
    public bool HalfWidth { get; init; }

    /// <summary>Sums start from <see cref="SweepArgs.Init"/> instead of zero.</summary>
    public bool LoadInit { get; init; }

    /// <summary>A lies in A form (see <see cref="Packing"/>); else as plain rows.</summary>
    public bool PackedA { get; init; }

    /// <summary>The blocks share their rows of A and move along the panels of B; else they share a panel of B and move down A.</summary>
    public bool AcrossPanels { get; init; }

    public SweepOutput Output { get; init; }

    /// <summary>
    /// A block's rows are converted and stored between the products of the next block, so many a step: 0 (all at once after the
    /// block), 2 or 4. Needs 32 / PipedRows resident steps; has no meaning for Tiles.
    /// </summary>
    public int PipedRows { get; init; }

    /// <summary>Consecutive lines prefetched per step: 0, 1, 2, 4 or 8.</summary>
    public int PrefetchLines { get; init; }

    /// <summary>Rows prefetched per step, one line of each: 0 … 4. Excludes <see cref="PrefetchLines"/>.</summary>
    public int PrefetchRows { get; init; }

    /// <summary>
    /// Every step prefetches 32 lines, as many as it reads of one operand, as <see cref="PageStreams"/>; Prefetch is a multiple of 2 KB. Not with
    /// <see cref="PipedRows"/>; excludes the other prefetches.
    /// </summary>
    public bool PrefetchPages { get; init; }

    /// <summary>int8 × int8 → int32 (steps of 64 k) instead of bf16 × bf16 → fp32.</summary>
    public bool Int8 { get; init; }

    /// <summary>A small number that identifies the combination, below <see cref="CodeCount"/>.</summary>
    internal int Code => (HalfHeight ? 1 : 0) | (LoadInit ? 2 : 0) | (PackedA ? 4 : 0) | (AcrossPanels ? 8 : 0) | (Int8 ? 16 : 0) |
        ((int)Output << 5) | (PipedRows / 2 << 8) | (PrefetchLines << 10) | (PrefetchRows << 14) | (HalfWidth ? 1 << 17 : 0) | (PrefetchPages ? 1 << 18 : 0);

    internal const int CodeCount = 1 << 19;
}

/// <summary>The emitted sweep kernels: C blocks = A · B over prepared operands, see <see cref="SweepArgs"/>.</summary>
internal static unsafe class SweepKernel
{
    // Indexed by code, so that finding a kernel takes a load; sparse, in pages that are never touched.
    private static readonly nint* Emitted = (nint*)NativeMemory.AllocZeroed(SweepOptions.CodeCount, (nuint)sizeof(nint));
    private static readonly Lock Gate = new();

    /// <summary>
    /// The kernel for <paramref name="options"/>. Call it between <see cref="AmxTiles.Configure"/> and <see cref="AmxTiles.Release"/>
    /// of the same thread. The thread stays preemptive for the garbage collector.
    /// </summary>
    public static delegate* unmanaged<SweepArgs*, void> Get(SweepOptions options)
    {
        nint entry = Volatile.Read(ref Emitted[options.Code]);
        return (delegate* unmanaged<SweepArgs*, void>)(entry != 0 ? entry : Emit(options));
    }

    private static nint Emit(SweepOptions options)
    {
        lock (Gate)
        {
            ref nint slot = ref Emitted[options.Code];
            if (slot == 0)
                Volatile.Write(ref slot, SweepEmitter.Build(options));
            return slot;
        }
    }
}
