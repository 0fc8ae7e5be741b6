using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Athanor.Tensors.Cpu;
using Athanor.Tensors.Simd;

namespace Athanor.Tensors.Kernels;

/// <summary>One fp32 product cut into blocks of rows, panels of columns and passes over K: what the threads of <see cref="GemmF32"/> share.</summary>
internal unsafe struct GemmF32Job
{
    /// <summary>Room for the tiles of <see cref="MultiplyInPlace"/>, of any width; whole squares are turned.</summary>
    public const int TileFloats = RoomFloats + MostBlocksInPlace * 12 * MostPanelsOfBlocks * 32;

    // One turned square.
    private const int RoomFloats = 16 * 16;

    // A panel of B stays in the first-level cache (48 KB) while blocks of A stream past it.
    internal static int DepthLimit = 256;

    // Below this many multiply-adds a second thread costs more than it gives.
    private const long SmallProduct = 48 * 48 * 48;

    // A packed operand shared by all threads.
    private const long SharedBytes = 24L << 20;

    private GemmArgs _args;
    private long _rowStride, _columnStride;
    private bool _swapped;

    // The first blocks are one row taller than the others.
    private int _height, _taller;

    public int M, N, K;

    /// <summary>Passes over K and the depth of each but the last.</summary>
    public int Passes, Depth;

    /// <summary>Blocks of rows (of equal height, up to one) and panels of columns.</summary>
    public int Blocks, Panels;

    /// <summary>Floats of a packed block and of a packed panel.</summary>
    public int BlockStride, PanelStride;

    /// <summary>Blocks of one pass that stay in the second-level cache; panels that fit the shared buffer in all passes.</summary>
    public int BlocksInCache, PanelsInShared;

    /// <summary>The panels that are packed now.</summary>
    public int FirstPanel, ChunkPanels;

    public bool Small, NeedsPartials;
    public float* Shared;

    /// <summary>Scratch that each member needs.</summary>
    public long StripFloats, PartialFloats;

    /// <summary>Whether one pass over all of A stays in the second-level cache.</summary>
    public readonly bool RowsFitCache => Blocks <= BlocksInCache;

    public static GemmF32Job Plan<V>(in GemmArgs args)
        where V : unmanaged, IVector<V>
    {
        var job = new GemmF32Job { _args = args, _rowStride = args.Ldc, _columnStride = 1 };
        int height = MicroF32.Rows<V>(), width = MicroF32.Columns<V>();
        // A few columns would leave most of a tile empty: compute the transposed product.
        job._swapped = args.N < width / 2 && args.M > args.N;
        if (job._swapped)
        {
            (job._args.M, job._args.N) = (args.N, args.M);
            job._args.A = args.B;
            job._args.B = args.A;
            (job._args.Lda, job._args.TransA) = (args.Ldb, !args.TransB);
            (job._args.Ldb, job._args.TransB) = (args.Lda, !args.TransA);
            (job._rowStride, job._columnStride) = (1, args.Ldc);
        }
        job.M = job._args.M;
        job.N = job._args.N;
        job.K = args.K;
        job.Passes = Math.Max(1, (args.K + DepthLimit - 1) / DepthLimit);
        job.Depth = ((args.K + job.Passes - 1) / job.Passes + 31) & ~31;
        job.Passes = Math.Max(1, (args.K + job.Depth - 1) / Math.Max(1, job.Depth));
        job.Blocks = (job.M + height - 1) / height;
        (job._height, job._taller) = Math.DivRem(job.M, Math.Max(1, job.Blocks));
        job.Panels = (job.N + width - 1) / width;
        job.BlockStride = (job.Depth * height + PackF32.Spill + 15) & ~15;
        job.PanelStride = job.Depth * width;
        job.BlocksInCache = (int)Math.Max(1, CpuFeatures.L2Bytes / 2 / (job.BlockStride * sizeof(float)));
        job.PanelsInShared = (int)Math.Clamp(SharedBytes / Math.Max(1, (long)job.Passes * job.PanelStride * sizeof(float)), 1, job.Panels);
        job.NeedsPartials = args.OutputType == DType.BF16 && job.Passes > 1;
        job.Small = (long)job.M * job.N * job.K <= SmallProduct;
        return job;
    }

    /// <summary>First row of block <paramref name="b"/>; heights differ by at most one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly int RowOf(int b) => b * _height + Math.Min(b, _taller);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly int DepthOf(int pass) => Math.Min(Depth, K - pass * Depth);

    /// <summary>Packs the rows of a block for one pass; the block and pass that come next are asked for (none: the same again).</summary>
    public readonly void PackBlock<V, T>(int pass, int block, float* target, int nextPass, int nextBlock)
        where V : unmanaged, IVector<V>
        where T : struct, IStored
    {
        int row = RowOf(block), height = MicroF32.Rows<V>();
        byte* source = (byte*)_args.A + At(_args.TransA, _args.Lda, row, pass) * T.Size;
        long next = At(_args.TransA, _args.Lda, RowOf(nextBlock) - row, nextPass - pass) * T.Size;
        if (_args.TransA)
            PackF32.Straight<V, T>(source, _args.Lda, Math.Min(M - row, height), M - row, DepthOf(pass), target, height, next);
        else
            PackF32.Turned<V, T>(source, _args.Lda, M - row, DepthOf(pass), target, height, next);
    }

    /// <summary>
    /// Whether B is read as it lies: one block of rows, or few when B lies along its rows. Then pieces of B stay in the first-level cache
    /// while they meet each block, and the packing that they save weighs more than sums that go back and forth.
    /// </summary>
    public readonly bool UsesBInPlace<V>() where V : unmanaged, IVector<V> =>
        V.Lanes > 1 && ((Blocks == 1 && M <= MicroF32.MostRowsInPlace<V>()) || (V.Lanes == 16 && !_args.TransB && Blocks <= MostBlocksInPlace));

    /// <summary>Whether all of B stays in the threads' second-level caches from one product to the next.</summary>
    public readonly bool ColumnsFitCaches(int threads) => (long)N * K * _args.InputType.Size() <= CpuFeatures.L2Bytes / 4L * 3 * threads;

    // Panels of a B that lies along its rows: long pieces of memory, while sums and two pieces stay in the first-level cache.
    private const int MostPanelsInPlace = 8, MostPanelsOfBlocks = 4;

    // More blocks meet fewer panels, but more k at a time.
    private const int MostBlocksInPlace = 6, BlocksPieceDepth = 2 * MicroF32.PieceDepth;

    /// <summary>
    /// Whole panels from <paramref name="panel"/> on that <see cref="MultiplyInPlace"/> takes at once, 0 when there is none: of a B that lies
    /// along its rows several, for longer pieces of memory.
    /// </summary>
    public readonly int PanelsInPlace<V>(long panel, long end)
        where V : unmanaged, IVector<V>
    {
        int whole = (int)(Math.Min(end, N / MicroF32.Columns<V>()) - panel);
        return Math.Min(whole, _args.TransB ? 1 : Blocks > 1 ? MostPanelsOfBlocks : MostPanelsInPlace);
    }

    /// <summary>One pass of all rows times so many whole panels of B as it lies.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void MultiplyInPlace<V, T>(int pass, int panel, int panels, float* a, float* tile, float* sums, long ldSums, bool more)
        where V : unmanaged, IVector<V>
        where T : struct, IStored
    {
        int width = MicroF32.Columns<V>(), column = panel * width, columns = panels * width, depth = DepthOf(pass);
        long stride = _args.Ldb * T.Size;
        byte* source = (byte*)_args.B + At(!_args.TransB, _args.Ldb, column, pass) * T.Size;
        // The next pass of these columns, or the first of the next ones.
        long next = pass + 1 < Passes ? (long)Depth * T.Size : width * stride - (long)pass * Depth * T.Size;
        byte* ahead = _args.TransB && more && stride == (long)K * T.Size && 2 * width * stride <= CpuFeatures.L2Bytes / 4 * 3
            ? (byte*)_args.B + (column + width) * stride + (long)pass * Depth * width * T.Size : null;
        float* room = tile;
        tile += RoomFloats;
        int step = _args.TransB ? depth : Blocks > 1 ? BlocksPieceDepth : MicroF32.PieceDepth;
        for (int k = 0; k < depth; k += step, source += step * stride, a += step * MicroF32.Rows<V>())
        {
            for (int block = 0; block < Blocks; block++)
            {
                int row = RowOf(block), rows = RowOf(block + 1) - row;
                for (int p = 0; p < panels; p++)
                    MicroF32.RunInPlace<V, T>(rows, a + block * BlockStride, source + p * width * T.Size, _args.TransB, stride, tile + row * columns + p * width, columns, Math.Min(step, depth - k), k != 0, next, ahead);
            }
        }
        bool first = pass == 0, last = pass == Passes - 1;
        if (_columnStride != 1 && !NeedsPartials)
        {
            for (int p = 0; p < columns; p += V.Lanes)
                FinishTurned<V>(tile + p, columns, room, column + p, first);
            return;
        }
        for (int i = 0; i < M; i++)
            Finish<V>(tile + i * columns, i, column, columns, sums + i * ldSums, first, last);
    }

    /// <summary>Brings so many columns as there are lanes of all rows to a C that is stored the other way round.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void FinishTurned<V>(float* tile, int width, float* room, int column, bool first)
        where V : unmanaged, IVector<V>
    {
        const int RoomWidth = 16;
        for (int r = 0; r < M; r += V.Lanes)
            TransposeTile.Turn<V, StoredF32>((byte*)(tile + r * width), width * sizeof(float), room + r, RoomWidth);
        for (int j = 0; j < V.Lanes; j++, room += RoomWidth)
        {
            int i = 0;
            for (; V.Lanes >= 8 && i + 8 <= M; i += 8)
                FinishPiece<F256>(room, i, column + j, first);
            for (; V.Lanes >= 4 && i + 4 <= M; i += 4)
                FinishPiece<F128>(room, i, column + j, first);
            for (; i < M; i++)
                FinishPiece<F1>(room, i, column + j, first);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void FinishPiece<W>(float* from, int row, int column, bool first)
        where W : unmanaged, IVector<W>
    {
        W v = W.Load(from + row) * W.All(_args.Alpha);
        if (first && _args.Bias != null)
            v += W.Load(_args.Bias + row);
        long at = row + column * _columnStride;
        if (_args.OutputType == DType.F32)
        {
            float* c = (float*)_args.C + at;
            W.Store(c, _args.Accumulate || !first ? v + W.Load(c) : v);
            return;
        }
        ushort* h = (ushort*)_args.C + at;
        W.StoreBf16(h, _args.Accumulate ? v + W.LoadBf16(h) : v);
    }

    /// <summary>Blocks that <see cref="PackBlocks"/> reads together when A lies across k: long pieces of each row of memory.</summary>
    private const int GroupedBlocks = 8;

    /// <summary>Packs blocks begin … end − 1 for one pass, <see cref="BlockStride"/> apart.</summary>
    public readonly void PackBlocks<V, T>(int pass, int begin, int end, float* target)
        where V : unmanaged, IVector<V>
        where T : struct, IStored
    {
        while (begin < end)
        {
            int last = Math.Min(begin + GroupedBlocks, end) - 1;
            // Whole registers are read: not at the end of the rows.
            while (last >= begin && RowOf(last) + V.Lanes > M)
                last--;
            if (_args.TransA && last > begin && V.Lanes >= MicroF32.Rows<V>())
            {
                PackGroup<V, T>(pass, begin, last + 1, target);
                target += (long)(last + 1 - begin) * BlockStride;
                begin = last + 1;
                continue;
            }
            PackBlock<V, T>(pass, begin, target, pass, Math.Min(begin + 1, end - 1));
            target += BlockStride;
            begin++;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void PackGroup<V, T>(int pass, int begin, int end, float* target)
        where V : unmanaged, IVector<V>
        where T : struct, IStored
    {
        const int aheadRows = 8;
        int depth = DepthOf(pass), first = RowOf(begin), bytes = (RowOf(end) - first) * T.Size;
        long stride = _args.Lda * T.Size;
        byte* source = (byte*)_args.A + At(true, _args.Lda, first, pass) * T.Size;
        for (int k = 0; k < depth; k++, source += stride, target += MicroF32.Rows<V>())
        {
            if (Sse.IsSupported)
            {
                for (int line = 0; line < bytes; line += 64)
                    Sse.Prefetch0(source + aheadRows * stride + line);
            }
            float* to = target;
            for (int b = begin; b < end; b++, to += BlockStride)
                V.Store(to, T.Load<V>(source, RowOf(b) - first));
        }
    }

    /// <summary>What the tile of block <paramref name="part"/> asks for of the source of a panel: together the tiles ask for all of it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Ahead AheadOfPanel<V, T>(int pass, int panel, int part)
        where V : unmanaged, IVector<V>
        where T : struct, IStored
    {
        int width = MicroF32.Columns<V>();
        long stride = _args.Ldb * T.Size;
        byte* source = (byte*)_args.B + At(!_args.TransB, _args.Ldb, panel * width, pass) * T.Size;
        int segments = Depth / Ahead.SegmentDepth;
        if (_args.TransB)
        {
            // A segment takes a piece of one column.
            int pieces = (Depth * T.Size + 64 * Ahead.SegmentLines - 1) / (64 * Ahead.SegmentLines);
            int column = part * segments / pieces;
            return column < width ? new Ahead(source + column * stride, 64, pieces == 1 ? stride : 64 * Ahead.SegmentLines) : default;
        }
        // A segment takes one line of so many rows.
        int lines = Math.Max(1, width * T.Size / 64), row = part * segments * Ahead.SegmentLines;
        int place = row / Depth;
        return place < lines ? new Ahead(source + (row % Depth) * stride + place * 64, stride, Ahead.SegmentLines * stride) : default;
    }

    /// <summary>Packs a panel of columns for one pass; the panel and pass that come next are asked for (none: the same again).</summary>
    public readonly void PackPanel<V, T>(int pass, int panel, float* target, int nextPass, int nextPanel)
        where V : unmanaged, IVector<V>
        where T : struct, IStored
    {
        int width = MicroF32.Columns<V>(), column = panel * width, columns = Math.Min(N - column, width);
        byte* source = (byte*)_args.B + At(!_args.TransB, _args.Ldb, column, pass) * T.Size;
        long next = At(!_args.TransB, _args.Ldb, (nextPanel - panel) * width, nextPass - pass) * T.Size;
        if (_args.TransB)
            PackF32.Turned<V, T>(source, _args.Ldb, columns, DepthOf(pass), target, width, next);
        else
            PackF32.Straight<V, T>(source, _args.Ldb, columns, columns, DepthOf(pass), target, width, next);
    }

    // Where line `line` of a pass begins in an operand whose lines run along k, or across it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly long At(bool across, long ld, long line, long pass) => across ? pass * Depth * ld + line : line * ld + pass * Depth;

    /// <summary>One pass of one block times one panel. <paramref name="sums"/> are the partial sums of this tile when bf16 needs them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Multiply<V>(int pass, int block, int panel, float* a, float* b, float* tile, float* sums, long ldSums, in Ahead ahead)
        where V : unmanaged, IVector<V>
    {
        int row = RowOf(block), rows = RowOf(block + 1) - row, width = MicroF32.Columns<V>();
        int column = panel * width, columns = Math.Min(N - column, width);
        bool first = pass == 0, last = pass == Passes - 1;
        bool plain = _columnStride == 1 && columns == width && _args.Alpha == 1 && !(first && _args.Bias != null);
        if (plain && _args.OutputType == DType.F32)
        {
            MicroF32.Run<V>(rows, a, b, (float*)_args.C + row * _rowStride + column, _rowStride, DepthOf(pass), _args.Accumulate || !first, ahead);
        }
        else if (plain && !last)
        {
            MicroF32.Run<V>(rows, a, b, sums, ldSums, DepthOf(pass), !first, ahead);
        }
        else
        {
            MicroF32.Run<V>(rows, a, b, tile, width, DepthOf(pass), false, ahead);
            for (int i = 0; i < rows; i++, tile += width, sums += ldSums)
                Finish<V>(tile, row + i, column, columns, sums, first, last);
        }
    }

    /// <summary>Brings one row of a tile to C or to the partial sums: factor, bias, old value, in this order.</summary>
    public readonly void Finish<V>(float* tile, int row, int column, int columns, float* sums, bool first, bool last)
        where V : unmanaged, IVector<V>
    {
        int j = 0;
        if (_columnStride == 1)
        {
            for (; j + V.Lanes <= columns; j += V.Lanes)
                FinishVector<V>(tile, row, column, j, sums, first, last);
        }
        for (; j < columns; j++)
            FinishVector<F1>(tile, row, column, j, sums, first, last);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void FinishVector<W>(float* tile, int row, int column, int j, float* sums, bool first, bool last)
        where W : unmanaged, IVector<W>
    {
        W v = W.Load(tile + j) * W.All(_args.Alpha);
        if (first && _args.Bias != null)
            v += _swapped ? W.All(_args.Bias[row]) : W.Load(_args.Bias + column + j);
        long at = row * _rowStride + (column + j) * _columnStride;
        if (_args.OutputType == DType.F32)
        {
            float* c = (float*)_args.C + at;
            W.Store(c, _args.Accumulate || !first ? v + W.Load(c) : v);
            return;
        }
        if (!first)
            v += W.Load(sums + j);
        if (!last)
        {
            W.Store(sums + j, v);
            return;
        }
        ushort* h = (ushort*)_args.C + at;
        W.StoreBf16(h, _args.Accumulate ? v + W.LoadBf16(h) : v);
    }

    /// <summary>A sum over nothing leaves the bias or zeros.</summary>
    public readonly void Fill()
    {
        float zero = 0;
        for (int i = 0; i < M; i++)
        {
            for (int j = 0; j < N; j++)
                FinishVector<F1>(&zero - j, i, 0, j, null, true, true);
        }
    }
}
