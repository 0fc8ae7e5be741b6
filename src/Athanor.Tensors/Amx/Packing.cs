using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Athanor.Tensors.Simd;

namespace Athanor.Tensors.Amx;

/// <summary>A row-major matrix that is about to be packed: bf16, or fp32 that is rounded on the way.</summary>
internal readonly unsafe struct PackSource(void* data, long stride, int rows, int columns, bool isF32)
{
    public readonly void* Data = data;

    /// <summary>Elements from row to row.</summary>
    public readonly long Stride = stride;
    public readonly int Rows = rows, Columns = columns;
    public readonly bool IsF32 = isF32;

    public PackSource(ushort* data, long stride, int rows, int columns) : this(data, stride, rows, columns, false)
    {
    }
}

/// <summary>
/// The two layouts that tile loads want, both made of 2 KB cells of 32 × 32 bf16, zero beyond the matrix.
/// </summary>
/// <remarks>
/// <para>A form: blocks of 32 rows; in a block one cell per step of 32 k; a cell is two tiles [16 rows][32 k].</para>
/// <para>B form: panels of 32 columns; in a panel one cell per step; a cell is two tiles [16 pairs of k][16 columns][2].</para>
/// <para>The tile of one form is the 16 × 16 transpose, in 32-bit units, of the tile of the other. Nothing is read beyond a row's end.</para>
/// </remarks>
internal static unsafe class Packing
{
    public const int CellBytes = 2048, Cell = 32;

    public static int Cells(int length) => (length + Cell - 1) / Cell;

    /// <summary>Bytes of a whole matrix in either form.</summary>
    public static long Bytes(int outer, int k) => (long)Cells(outer) * Cells(k) * CellBytes;

    /// <summary>A form of blocks [block0, block1), steps [step0, step1): from [M, K], or from [K, M] when <paramref name="transposed"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PackA(in PackSource source, bool transposed, int block0, int block1, int step0, int step1, byte* target)
    {
        ushort* staged = stackalloc ushort[Cell * Cell + 32];
        ushort* pairs = stackalloc ushort[Cell * Cell + 32];
        staged = Align(staged);
        pairs = Align(pairs);
        int steps = step1 - step0;
        if (transposed)
        {
            for (int step = step0; step < step1; step++)
            {
                byte* cell = target + (long)(step - step0) * CellBytes;
                for (int block = block0; block < block1; block++, cell += (long)steps * CellBytes)
                {
                    ushort* from = CellAt(source, step * Cell, block * Cell, staged, out long stride);
                    InterleaveTransposed(from, stride, pairs, (ushort*)cell);
                }
            }
            return;
        }
        for (int block = block0; block < block1; block++)
        {
            byte* cells = target + (long)(block - block0) * steps * CellBytes;
            int wholeSteps = source.IsF32 || block * Cell + Cell > source.Rows ? 0 : Math.Min(step1, source.Columns / Cell) - step0;
            if (wholeSteps > 0)
                CopyRows((ushort*)source.Data + block * Cell * source.Stride + step0 * Cell, source.Stride, wholeSteps, cells);
            for (int step = step0 + Math.Max(wholeSteps, 0); step < step1; step++)
            {
                ushort* from = CellAt(source, block * Cell, step * Cell, staged, out long stride);
                CopyRows(from, stride, 1, cells + (long)(step - step0) * CellBytes);
            }
        }
    }

    /// <summary>B form of panels [panel0, panel1), steps [step0, step1): from [K, N], or from [N, K] when <paramref name="transposed"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PackB(in PackSource source, bool transposed, int panel0, int panel1, int step0, int step1, byte* target)
    {
        ushort* staged = stackalloc ushort[Cell * Cell + 32];
        staged = Align(staged);
        int steps = step1 - step0;
        if (transposed)
        {
            byte* cell = target;
            for (int panel = panel0; panel < panel1; panel++)
            {
                for (int step = step0; step < step1; step++, cell += CellBytes)
                {
                    ushort* from = CellAt(source, panel * Cell, step * Cell, staged, out long stride);
                    Transpose16((byte*)from, stride * 2, cell);
                    Transpose16((byte*)(from + 16 * stride), stride * 2, cell + CellBytes / 2);
                }
            }
            return;
        }
        for (int step = step0; step < step1; step++)
        {
            byte* cell = target + (long)(step - step0) * CellBytes;
            for (int panel = panel0; panel < panel1; panel++, cell += (long)steps * CellBytes)
            {
                ushort* from = CellAt(source, step * Cell, panel * Cell, staged, out long stride);
                Interleave(from, stride, (ushort*)cell);
            }
        }
    }

    /// <summary>
    /// Transposes 16 × 16 units of 32 bits: source rows <paramref name="stride"/> bytes apart, target rows 64 bytes apart. It turns a tile of
    /// one form into a tile of the other.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Transpose16(byte* source, long stride, byte* target)
    {
        // Quarter rows are gathered so that rows i, i+4, i+8, i+12 share a register: then two in-lane stages are enough.
        for (int quarter = 0; quarter < 4; quarter++)
        {
            byte* from = source + quarter * 16;
            Vector512<int> r0 = QuarterRows(from, stride), r1 = QuarterRows(from + stride, stride);
            Vector512<int> r2 = QuarterRows(from + 2 * stride, stride), r3 = QuarterRows(from + 3 * stride, stride);
            StoreColumns(r0, r1, r2, r3, target + quarter * 256);
        }
    }

    /// <summary>In each 128-bit lane transposes 4 × 4 units and stores the four results one after another.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreColumns(Vector512<int> r0, Vector512<int> r1, Vector512<int> r2, Vector512<int> r3, byte* target)
    {
        Vector512<int> low01 = Avx512F.UnpackLow(r0, r1), high01 = Avx512F.UnpackHigh(r0, r1);
        Vector512<int> low23 = Avx512F.UnpackLow(r2, r3), high23 = Avx512F.UnpackHigh(r2, r3);
        Avx512F.UnpackLow(low01.AsInt64(), low23.AsInt64()).Store((long*)target);
        Avx512F.UnpackHigh(low01.AsInt64(), low23.AsInt64()).Store((long*)(target + 64));
        Avx512F.UnpackLow(high01.AsInt64(), high23.AsInt64()).Store((long*)(target + 128));
        Avx512F.UnpackHigh(high01.AsInt64(), high23.AsInt64()).Store((long*)(target + 192));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> QuarterRows(byte* from, long stride)
    {
        var rows = Vector512.CreateScalarUnsafe(0);
        rows = Avx512F.InsertVector128(rows, Vector128.Load((int*)from), 0);
        rows = Avx512F.InsertVector128(rows, Vector128.Load((int*)(from + 4 * stride)), 1);
        rows = Avx512F.InsertVector128(rows, Vector128.Load((int*)(from + 8 * stride)), 2);
        return Avx512F.InsertVector128(rows, Vector128.Load((int*)(from + 12 * stride)), 3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CopyRows(ushort* from, long stride, int steps, byte* cells)
    {
        // At most 64 KB at a time, so that the cells stay in a near cache while their rows come in.
        for (int step0 = 0; step0 < steps; step0 += 32)
        {
            int count = Math.Min(32, steps - step0);
            ushort* source = from + step0 * Cell;
            for (int row = 0; row < Cell; row++, source += stride)
            {
                byte* target = cells + (long)step0 * CellBytes + row * 64;
                for (int step = 0; step < count; step++, target += CellBytes)
                    Vector512.Load(source + step * Cell).Store((ushort*)target);
            }
        }
    }

    /// <summary>Pairs rows 2i and 2i+1 of a 32 × 32 cell column by column.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Interleave(ushort* from, long stride, ushort* target)
    {
        var left = Vector512.Create((ushort)0, 32, 1, 33, 2, 34, 3, 35, 4, 36, 5, 37, 6, 38, 7, 39, 8, 40, 9, 41, 10, 42, 11, 43, 12, 44, 13, 45, 14, 46, 15, 47);
        var right = left + Vector512.Create((ushort)16);
        for (int pair = 0; pair < 16; pair++, from += 2 * stride, target += 32)
        {
            Vector512<ushort> even = Vector512.Load(from), odd = Vector512.Load(from + stride);
            Avx512BW.PermuteVar32x16x2(even, left, odd).Store(target);
            Avx512BW.PermuteVar32x16x2(even, right, odd).Store(target + 512);
        }
    }

    /// <summary>A 32 k × 32 rows cell to the A form: k pairs are formed in lane order, the transposition picks the lanes apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void InterleaveTransposed(ushort* from, long stride, ushort* pairs, ushort* target)
    {
        ushort* to = pairs;
        for (int pair = 0; pair < 16; pair++, from += 2 * stride, to += 64)
        {
            Vector512<ushort> even = Vector512.Load(from), odd = Vector512.Load(from + stride);
            // Lane L holds columns 8L … 8L+3 (low) and 8L+4 … 8L+7 (high).
            Avx512BW.UnpackLow(even, odd).Store(to);
            Avx512BW.UnpackHigh(even, odd).Store(to + 32);
        }
        for (int quarter = 0; quarter < 8; quarter++)
        {
            // Four rows of the A form: 16-byte piece (quarter / 2) of the low or the high half of every pair.
            byte* piece = (byte*)pairs + quarter / 2 * 16 + quarter % 2 * 64;
            Vector512<int> r0 = QuarterRows(piece, 128), r1 = QuarterRows(piece + 128, 128);
            Vector512<int> r2 = QuarterRows(piece + 256, 128), r3 = QuarterRows(piece + 384, 128);
            StoreColumns(r0, r1, r2, r3, (byte*)target + quarter * 256);
        }
    }

    /// <summary>Where a full 32 × 32 bf16 cell can be read: in place, or staged with zeros beyond the edge.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ushort* CellAt(in PackSource source, int row, int column, ushort* staged, out long stride)
    {
        if (!source.IsF32 && row + Cell <= source.Rows && column + Cell <= source.Columns)
        {
            stride = source.Stride;
            return (ushort*)source.Data + row * source.Stride + column;
        }
        stride = Cell;
        Stage(source, row, column, staged);
        return staged;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Stage(in PackSource source, int row, int column, ushort* staged)
    {
        int rows = Math.Clamp(source.Rows - row, 0, Cell), columns = Math.Clamp(source.Columns - column, 0, Cell);
        if (rows < Cell || columns < Cell)
            new Span<ushort>(staged, Cell * Cell).Clear();
        for (int i = 0; i < rows; i++, staged += Cell)
        {
            long start = (row + i) * source.Stride + column;
            if (!source.IsF32)
            {
                new ReadOnlySpan<ushort>((ushort*)source.Data + start, columns).CopyTo(new Span<ushort>(staged, columns));
                continue;
            }
            float* from = (float*)source.Data + start;
            int j = 0;
            for (; j + 16 <= columns; j += 16)
                F512.StoreBf16(staged + j, F512.Load(from + j));
            for (; j < columns; j++)
                staged[j] = BFloat16.FromSingle(from[j]);
        }
    }

    private static ushort* Align(ushort* p) => (ushort*)(((nint)p + 63) & ~(nint)63);
}
