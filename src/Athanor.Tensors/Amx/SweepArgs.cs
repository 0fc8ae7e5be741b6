using System.Runtime.InteropServices;

namespace Athanor.Tensors.Amx;

/// <summary>
/// Arguments of a sweep: <see cref="Blocks"/> blocks of C, each 32 × 32 (16 × 32 with <see cref="SweepOptions.HalfHeight"/>), each a sum
/// over <see cref="ResidentSteps"/> + <see cref="StreamedSteps"/> steps of 32 k (64 for int8). Distances are bytes. A kernel changes the
/// struct while it runs: fill all fields again before every call.
/// </summary>
/// <remarks>
/// The emitter addresses the fields by name, see <see cref="SweepEmitter"/>. One tile of C: 16 rows of 16 four-byte numbers.
/// "Tile (0, 0), (0, 1)" are the left and right tile of the upper 16 rows, "(1, 0), (1, 1)" those of the lower.
/// </remarks>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct SweepArgs
{
    /// <summary>First block of the left operand: A form, or plain rows when not <see cref="SweepOptions.PackedA"/>.</summary>
    public byte* A;

    /// <summary>Plain rows only: bytes from row to row. A whole step of every row is read: no k tail, no row tail.</summary>
    public long AStride;

    /// <summary>Added to <see cref="A"/> after each block; 0 when one block of A meets many panels of B.</summary>
    public long ABlock;

    /// <summary>Panel of the right operand in B form, and what is added to it after each block.</summary>
    public byte* B;
    public long BBlock;

    /// <summary>
    /// Leading steps whose resident operand is kept in the first-level cache for the next block, and the rest, which is
    /// read past it. At least one step in all; enough resident ones for <see cref="SweepOptions.PipedRows"/>.
    /// </summary>
    public long ResidentSteps, StreamedSteps;

    /// <summary>Blocks to do, at least one.</summary>
    public long Blocks;

    /// <summary>
    /// Where the sums start with <see cref="SweepOptions.LoadInit"/>: address of tile (0, 0), bytes from row to row, to tile (0, 1),
    /// to tile (1, 0), to the next block. A row stride of 0 spreads one row over all (a bias).
    /// </summary>
    public byte* Init;
    public long InitStride, InitRight, InitDown, InitBlock;

    /// <summary>Where the sums go. Right and Down only for <see cref="SweepOutput.Tiles"/>; the other outputs write whole rows of 32.</summary>
    public byte* Out;
    public long OutStride, OutRight, OutDown, OutBlock;

    /// <summary>4 KB, 64-byte aligned, of the calling thread: sums on their way to any output but Tiles.</summary>
    public byte* Scratch;

    /// <summary>
    /// Data wanted soon, brought to the second-level cache: with PrefetchPages what is read from there on, with PrefetchLines consecutive lines, with PrefetchRows one line of each row
    /// per step, rows <see cref="PrefetchStride"/> apart, the address moving by <see cref="PrefetchBlock"/> per block.
    /// </summary>
    public byte* Prefetch;
    public long PrefetchStride, PrefetchBlock;

    /// <summary>Owned by the kernel: set to null before a call.</summary>
    public byte* Waiting;
}
