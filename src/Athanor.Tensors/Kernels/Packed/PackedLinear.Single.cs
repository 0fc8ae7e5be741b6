using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Athanor.Tensors.Blocks;

namespace Athanor.Tensors.Kernels;

/// <summary>How a block format gives its numbers and scales to <see cref="PackedLinearKernel"/>'s product with a single input.</summary>
internal unsafe interface IBlockBytes : IBlockUnpack
{
    /// <summary>What the unsigned bytes are above the signed ones.</summary>
    static abstract byte Offset { get; }

    /// <summary>32 columns of a block as unsigned bytes.</summary>
    static abstract Vector256<byte> Bytes(byte* block, int part);

    /// <summary>Scales and minima of a block of sixteen rows, [units][16] each; see <see cref="IBlockUnpack.Scales"/>.</summary>
    static abstract void BlockScales(byte* block, long rowBytes, in PackedTile tile);

    /// <summary>Whether the sum of eight products of signed bytes with inputs fits 16 bits.</summary>
    static abstract bool IsNarrow { get; }
}

internal static unsafe partial class PackedLinearKernel
{
    /// <summary>Whether sixteen rows times one input go straight from the blocks through registers.</summary>
    private static bool HasSingle => AvxVnni.IsSupported && Fma.IsSupported;

    /// <summary>Sixteen rows of weights, as they lie, times one input: the steps of the emitted kernels. Registers of 256 bits, of which three units take one each a cycle.</summary>
    /// <param name="fetched">What comes next.</param>
    /// <param name="tile">Room for the scales of a block.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Single<TUnpack>(in InputBlocks inputs, byte* rows, FetchedAhead fetched, long rowBytes, int columns, in PackedTile tile, float* sums)
        where TUnpack : struct, IBlockBytes
    {
        sbyte* x = inputs.Values;
        byte* ahead = (byte*)fetched.From;
        float* scales = inputs.Scales, inputSums = inputs.Sums, tileScales = tile.Scales, tileMins = tile.Mins;
        int parts = TUnpack.BlockLength / 32, blocks = columns / TUnpack.BlockLength;
        Vector256<float> low = Vector256<float>.Zero, high = Vector256<float>.Zero;
        for (int block = 0; block < blocks; block++, rows += TUnpack.BlockBytes)
        {
            TUnpack.BlockScales(rows, rowBytes, tile);
            for (int part = 0; part < parts; part++, x += 32)
            {
                Fetch<TUnpack>(ahead, fetched.Apart);
                ahead += 64;
                Vector256<sbyte> input = Vector256.Load(x);
                Vector256<int> start = TUnpack.Offset == 0 ? Vector256<int>.Zero
                    : Vector256<int>.Zero - AvxVnni.MultiplyWideningAndAdd(Vector256<int>.Zero, Vector256.Create(TUnpack.Offset), input);
                byte* row = rows;
                Vector256<int> a = Four<TUnpack>(ref row, rowBytes, part, input, start), b = Four<TUnpack>(ref row, rowBytes, part, input, start);
                // Lower lanes hold the sums of the first 16 columns, upper ones those of the others.
                Vector256<int> first = Avx2.Permute2x128(a, b, 0x20), second = Avx2.Permute2x128(a, b, 0x31);
                Add<TUnpack>(ref low, first, second, scales, inputSums, tileScales + part * (512 / TUnpack.UnitLength), tileMins + part * 16);
                a = Four<TUnpack>(ref row, rowBytes, part, input, start);
                b = Four<TUnpack>(ref row, rowBytes, part, input, start);
                first = Avx2.Permute2x128(a, b, 0x20);
                second = Avx2.Permute2x128(a, b, 0x31);
                Add<TUnpack>(ref high, first, second, scales++, inputSums++, tileScales + part * (512 / TUnpack.UnitLength) + 8, tileMins + part * 16 + 8);
            }
        }
        low.Store(sums);
        high.Store(sums + 8);
    }

    /// <summary>The same in registers of 512 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Wide<TUnpack, TWide>(InputBlocks input, byte* rows, FetchedAhead fetched, long rowBytes, int columns, float* sums)
        where TUnpack : struct, IBlockBytes
        where TWide : struct, IWideBlock
    {
        int parts = TUnpack.BlockLength / 32, blocks = columns / TUnpack.BlockLength;
        byte* ahead = (byte*)fetched.From;
        Vector256<int> offsets = WideBlocks.Offsets(rowBytes);
        Vector512<float> sum = Vector512<float>.Zero;
        for (int block = 0; block < blocks; block++, rows += TUnpack.BlockBytes)
        {
            for (int part = 0; part < parts; part++)
            {
                Fetch<TUnpack>(ahead, fetched.Apart);
                ahead += 64;
            }
            sum = TWide.Add(sum, rows, rowBytes, offsets, input);
            input.Next(parts);
        }
        sum.Store(sums);
    }

    /// <summary>The same by an emitted kernel.</summary>
    private static void Emitted(delegate* unmanaged[SuppressGCTransition]<SingleSweepArgs*, void> sweep, in InputBlocks input, in Part part, int columns, byte* rows, FetchedAhead fetched, in Room room, float* sums)
    {
        var args = new SingleSweepArgs
        {
            Rows = rows,
            RowBytes = part.RowBytes,
            X = input.Values,
            XScales = input.Scales,
            XSums = input.Sums,
            XEights = input.Eights,
            Blocks = columns / part.Format.BlockLength(),
            Ahead = (byte*)fetched.From,
            Apart = fetched.Apart,
            Sums = sums,
            Scratch = (int*)room.Scratch,
        };
        sweep(&args);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add<TUnpack>(ref Vector256<float> sum, Vector256<int> first, Vector256<int> second, float* scale, float* inputSum, float* scales, float* mins)
        where TUnpack : struct, IBlockBytes
    {
        Vector256<float> input = Vector256.Create(*scale);
        if (TUnpack.UnitLength == 16)
        {
            sum = Fma.MultiplyAdd(Vector256.ConvertToSingle(first) * input, Vector256.Load(scales), sum);
            sum = Fma.MultiplyAdd(Vector256.ConvertToSingle(second) * input, Vector256.Load(scales + 16), sum);
            return;
        }
        sum = Fma.MultiplyAdd(Vector256.ConvertToSingle(first + second) * input, Vector256.Load(scales), sum);
        if (TUnpack.HasMins)
            sum = Fma.MultiplyAddNegated(Vector256.Create(*inputSum), Vector256.Load(mins), sum);
    }

    /// <summary>Four rows: a lane for each in both halves.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Four<TUnpack>(ref byte* row, long rowBytes, int part, Vector256<sbyte> input, Vector256<int> start)
        where TUnpack : struct, IBlockBytes
    {
        Vector256<int> a = AvxVnni.MultiplyWideningAndAdd(start, TUnpack.Bytes(row, part), input);
        row += rowBytes;
        Vector256<int> b = AvxVnni.MultiplyWideningAndAdd(start, TUnpack.Bytes(row, part), input);
        row += rowBytes;
        Vector256<int> c = AvxVnni.MultiplyWideningAndAdd(start, TUnpack.Bytes(row, part), input);
        row += rowBytes;
        Vector256<int> d = AvxVnni.MultiplyWideningAndAdd(start, TUnpack.Bytes(row, part), input);
        row += rowBytes;
        return Neighbours<TUnpack>(Neighbours<TUnpack>(a, b), Neighbours<TUnpack>(c, d));
    }

    /// <summary>Sums of neighbouring lanes, of both registers by halves; cheaper where they fit 16 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Neighbours<TUnpack>(Vector256<int> a, Vector256<int> b)
        where TUnpack : struct, IBlockBytes
        => TUnpack.IsNarrow ? Avx2.MultiplyAddAdjacent(Avx2.PackSignedSaturate(a, b), Vector256<short>.One) : Avx2.HorizontalAdd(a, b);

    /// <summary>Whether rows are fetched as <see cref="FetchedAhead"/> says; others are unpacked first and fetched as they are read.</summary>
    private static bool IsFetched(in Job job, in Part part) => Sse.IsSupported && (job.Inputs.Lanes == 1 ? HasSingle : IsInPlace(job, part));

    /// <summary>A window at once: better than waiting for each of sixteen rows in turn.</summary>
    private static void FetchAll(in Part part, byte* data, long count, int columns)
    {
        long tileBytes = PackedTile.Rows * part.RowBytes;
        FetchedAhead window = FetchedAhead.First(data, count, tileBytes, columns);
        int streams = FetchedAhead.Streams(tileBytes, columns);
        for (long at = 0; at < window.Apart; at += PageStreams.Line)
        {
            for (int stream = 0; stream < streams; stream++)
                Sse.Prefetch0((byte*)window.From + at + stream * window.Apart);
        }
    }

    /// <summary>A line of each stream.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Fetch<TUnpack>(byte* from, long apart)
        where TUnpack : struct, IBlockBytes
    {
        int streams = FetchedAhead.Streams(PackedTile.Rows * TUnpack.BlockBytes, TUnpack.BlockLength);
        byte* middle = from + 4 * apart;
        Sse.Prefetch0(from);
        Sse.Prefetch0(from + apart);
        Sse.Prefetch0(from + 2 * apart);
        Sse.Prefetch0(middle - apart);
        Sse.Prefetch0(middle);
        if (streams > 5)
        {
            Sse.Prefetch0(middle + apart);
            Sse.Prefetch0(middle + 2 * apart);
        }
        if (streams > 7)
        {
            Sse.Prefetch0(middle + 3 * apart);
            Sse.Prefetch0(middle + 4 * apart);
        }
    }
}
