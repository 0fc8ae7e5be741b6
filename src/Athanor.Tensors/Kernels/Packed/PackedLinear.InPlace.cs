using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Athanor.Tensors.Amx;
using Athanor.Tensors.Blocks;

namespace Athanor.Tensors.Kernels;

internal static unsafe partial class PackedLinearKernel
{
    /// <summary>Columns of a stretch, and groups of inputs up to which weights are read again for each rather than unpacked once.</summary>
    private const int InPlaceColumns = 512, InPlaceGroups = 4;

    /// <summary>Whether rows of weights are tiles where they lie: Q8_0 and few groups of inputs, on AMX.</summary>
    private static bool IsInPlace(in Job job, in Part part) =>
        job.Amx && job.Inputs.Tiles && job.Inputs.Groups <= InPlaceGroups && part.Format == BlockFormat.Q8_0 && job.Columns % 64 == 0 && Avx2.IsSupported;

    /// <summary>
    /// So many whole tiles of rows times all inputs. Nothing is unpacked but scales, and the lines of what comes next arrive while sums are made: several inputs cost
    /// hardly more than the memory that one costs.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void InPlace(in Job job, in Part part, int row, int tiles, long number, long count, in Room room)
    {
        PackedSweep.Configure(32, single: false);
        var unpacked = new PackedTile(room.Tiles);
        int lanes = job.Inputs.Lanes;
        for (int tile = 0; tile < tiles; tile++)
        {
            byte* rows = part.Data + (row + tile * PackedTile.Rows) * part.RowBytes;
            FetchedAhead ahead = FetchedAhead.During(rows, number + tile, count, PackedTile.Rows * part.RowBytes, job.Columns);
            for (int column = 0; column < job.Columns; column += InPlaceColumns)
            {
                int units = Math.Min(InPlaceColumns, job.Columns - column) / 32, block = column / 32;
                byte* blocks = rows + block * UnpackQ8_0.BlockBytes;
                for (int i = 0; i < units; i++)
                    SmallScales.HalfOfRows(blocks + i * UnpackQ8_0.BlockBytes, part.RowBytes, unpacked.Scales + i * PackedTile.Rows);
                for (int group = 0; group < job.Inputs.Groups; group++)
                {
                    var args = new PackedSweepArgs
                    {
                        A = (sbyte*)blocks + 2,
                        AStride = part.RowBytes,
                        B = job.Inputs.ValuesOf(group) + (long)block * 32 * lanes,
                        Scales = unpacked.Scales,
                        XScales = job.Inputs.ScalesOf(group) + (long)block * lanes,
                        Sums = room.Sums + tile * room.SumsOfTile + group * room.SumsOfGroup,
                        Pairs = units / 2,
                        Scratch = (int*)room.Scratch,
                        Ahead = (byte*)ahead.From + block * 64,
                        Apart = ahead.Apart,
                    };
                    PackedSweep.InPlace(&args);
                }
            }
        }
        AmxTiles.Release();
    }
}
