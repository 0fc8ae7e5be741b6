using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Athanor.Tensors.Amx;
using Athanor.Tensors.Cpu;
using Athanor.Tensors.Simd;
using Athanor.Tensors.Threading;

namespace Athanor.Tensors.Kernels;

internal static unsafe partial class PackedLinearKernel
{
    /// <summary>Where a piece is worked on: tiles of unpacked weights and their sums.</summary>
    private struct Room
    {
        public byte* Tiles;

        /// <summary>[tiles][groups][256], or [tiles][16] for one row.</summary>
        public float* Sums;
        public byte* Scratch;
        public int SumsOfTile, SumsOfGroup;
    }

    /// <summary>Some rows of one format times all inputs.</summary>
    /// <param name="number">The number of the first tile among <paramref name="count"/> that are fetched one after the other.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply<V, TUnpack, TWide>(in Job job, in Part part, int row, int rows, long number, long count)
        where V : unmanaged, IVector<V>
        where TUnpack : struct, IBlockBytes
        where TWide : struct, IWideBlock
    {
        int tiles = (rows + PackedTile.Rows - 1) / PackedTile.Rows, lanes = job.Inputs.Lanes;
        var room = new Room { SumsOfGroup = 16 * lanes, SumsOfTile = 16 * lanes * job.Inputs.Groups };
        long sums = (long)tiles * room.SumsOfTile;
        room.Scratch = ThreadScratch.Get(TileSlot, 2048 + (long)tiles * PackedTile.Bytes + sums * sizeof(float));
        room.Tiles = room.Scratch + 2048;
        room.Sums = (float*)(room.Tiles + tiles * PackedTile.Bytes);
        new Span<float>(room.Sums, (int)sums).Clear();
        int done = 0;
        if (lanes == 1 && HasSingle && V.Lanes >= 8)
        {
            long tileBytes = PackedTile.Rows * part.RowBytes;
            var sweep = job.Amx && CpuFeatures.WideBytes ? SingleSweep.Get(part.Format) : null;
            for (; (done + 1) * PackedTile.Rows <= rows; done++)
            {
                byte* data = part.Data + row * part.RowBytes + done * tileBytes;
                FetchedAhead ahead = FetchedAhead.During(data, number + done, count, tileBytes, job.Columns);
                for (int input = 0; input < job.Inputs.Groups; input++)
                {
                    InputBlocks x = job.Inputs.Row(input);
                    float* to = room.Sums + done * room.SumsOfTile + input * room.SumsOfGroup;
                    if (sweep != null)
                        Emitted(sweep, x, part, job.Columns, data, ahead, room, to);
                    else if (V.Lanes == 16 && TWide.IsSupported)
                        Wide<TUnpack, TWide>(x, data, ahead, part.RowBytes, job.Columns, to);
                    else
                        Single<TUnpack>(x, data, ahead, part.RowBytes, job.Columns, new PackedTile(room.Tiles), to);
                    // What comes next is on its way: the others fetch what is there.
                    ahead = new FetchedAhead((nint)data, ahead.Apart);
                }
            }
        }
        if (IsInPlace(job, part))
            InPlace(job, part, row, done = rows / PackedTile.Rows, number, count, room);
        if (job.Amx && done < tiles)
            PackedSweep.Configure(TUnpack.UnitLength, lanes == 1);
        if (job.Inputs.Groups == 1)
        {
            // Weights stream by in the order of memory.
            for (int tile = done; tile < tiles; tile++)
            {
                for (int column = 0; column < job.Columns; column += PackedTile.Columns)
                    Stretch<V, TUnpack>(job, part, row, rows, tile, tile + 1, column, room);
            }
        }
        else if (done < tiles)
        {
            // A stretch of a group of inputs meets all tiles.
            for (int column = 0; column < job.Columns; column += PackedTile.Columns)
                Stretch<V, TUnpack>(job, part, row, rows, done, tiles, column, room);
        }
        if (job.Amx && done < tiles)
            AmxTiles.Release();
        for (int tile = 0; tile < tiles; tile++)
        {
            int top = row + tile * PackedTile.Rows;
            for (int group = 0; group < job.Inputs.Groups; group++)
                Store<V>(job, room.Sums + tile * room.SumsOfTile + group * room.SumsOfGroup, part.First + top, Math.Min(PackedTile.Rows, part.Rows - top), group, room.Scratch);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Stretch<V, TUnpack>(in Job job, in Part part, int row, int rows, int tile0, int tile1, int column, in Room room)
        where V : unmanaged, IVector<V>
        where TUnpack : struct, IBlockUnpack
    {
        int columns = Math.Min(PackedTile.Columns, job.Columns - column), blocks = columns / TUnpack.BlockLength, units = columns / TUnpack.UnitLength;
        long offset = (long)(column / TUnpack.BlockLength) * TUnpack.BlockBytes;
        bool last = column + columns == job.Columns;
        for (int t = tile0; t < tile1; t++)
        {
            var tile = new PackedTile(room.Tiles + t * PackedTile.Bytes);
            for (int r = 0; r < PackedTile.Rows; r++)
            {
                // Rows that a last tile lacks repeat its last one and are not stored.
                byte* source = part.Data + (row + Math.Min(t * PackedTile.Rows + r, rows - 1)) * part.RowBytes + offset;
                Prefetch(last ? source - offset + PackedTile.Rows * part.RowBytes : source + blocks * TUnpack.BlockBytes, blocks * TUnpack.BlockBytes);
                TUnpack.Row(source, blocks, tile, r);
            }
            TUnpack.Scales(blocks, tile);
            if (units % 2 != 0)
                Pad(tile, units, TUnpack.UnitLength);
        }
        int block = column / 32, lanes = job.Inputs.Lanes;
        for (int group = 0; group < job.Inputs.Groups; group++)
        {
            for (int t = tile0; t < tile1; t++)
            {
                var tile = new PackedTile(room.Tiles + t * PackedTile.Bytes);
                float* sums = room.Sums + t * room.SumsOfTile + group * room.SumsOfGroup;
                float* scales = job.Inputs.ScalesOf(group) + (long)block * lanes, inputSums = job.Inputs.SumsOf(group) + (long)block * lanes;
                if (!job.Amx)
                {
                    Vectors<V, TUnpack>(job.Inputs, group, block, units, tile, sums);
                    continue;
                }
                var args = new PackedSweepArgs
                {
                    A = tile.Values,
                    B = job.Inputs.ValuesOf(group) + (long)block * 32 * lanes,
                    Scales = tile.Scales,
                    Mins = tile.Mins,
                    XScales = scales,
                    XSums = inputSums,
                    Sums = sums,
                    Pairs = (units + 1) / 2,
                    Scratch = (int*)room.Scratch,
                };
                PackedSweep.Get(TUnpack.UnitLength, TUnpack.HasMins, lanes == 1)(&args);
            }
        }
    }

    /// <summary>Units are taken in pairs: a unit of zeros makes the number even.</summary>
    private static void Pad(in PackedTile tile, int unit, int length)
    {
        new Span<sbyte>(tile.Values + unit * PackedTile.Rows * length, PackedTile.Rows * length).Clear();
        new Span<float>(tile.Scales + unit * PackedTile.Rows, PackedTile.Rows).Clear();
        new Span<float>(tile.Mins + unit * PackedTile.Rows, PackedTile.Rows).Clear();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(byte* from, int bytes)
    {
        if (!Sse.IsSupported)
            return;
        for (int line = 0; line < bytes; line += 64)
            Sse.Prefetch0(from + line);
    }

    /// <summary>Adds the bias and writes the sums of a tile and a group.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Store<V>(in Job job, float* sums, int column, int columns, int group, byte* room)
        where V : unmanaged, IVector<V>
    {
        int lanes = job.Inputs.Lanes, row = group * lanes, rows = Math.Min(lanes, job.Inputs.Rows - row);
        float* bias = job.Args.Bias == null ? null : job.Args.Bias + column;
        if (job.Inputs.Tiles)
        {
            // Tiles have the weights' rows down.
            Packing.Transpose16((byte*)sums, 64, room);
            sums = (float*)room;
        }
        for (int i = 0; i < rows; i++, sums += PackedTile.Rows)
        {
            long at = (row + i) * job.Args.YStride + column;
            for (int j = 0; j < PackedTile.Rows; j += V.Lanes)
            {
                V y = V.Load(sums + j);
                if (columns < PackedTile.Rows)
                {
                    for (int k = j; k < Math.Min(j + V.Lanes, columns); k++)
                    {
                        float sum = bias == null ? sums[k] : sums[k] + bias[k];
                        if (job.Args.YType == DType.F32)
                            ((float*)job.Args.Y)[at + k] = sum;
                        else
                            ((ushort*)job.Args.Y)[at + k] = BFloat16.FromSingle(sum);
                    }
                    continue;
                }
                if (bias != null)
                    y += V.Load(bias + j);
                if (job.Args.YType == DType.F32)
                    V.Store((float*)job.Args.Y + at + j, y);
                else
                    V.StoreBf16((ushort*)job.Args.Y + at + j, y);
            }
        }
    }
}
