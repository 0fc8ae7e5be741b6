using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Athanor.Tensors.Cpu;

namespace Athanor.Tensors.Kernels;

/// <summary>
/// Copies between strided views of equal shape and element size. Contiguous rows go as blocks, matrices that swap rows and columns go
/// through square tiles, the rest element by element.
/// </summary>
internal static unsafe class CopyKernel
{
    private const long ChunkElements = 32 << 10, Tile = 32;

    public static void Copy(CpuDevice device, in TensorView target, in TensorView source)
    {
        int rank = target.Shape.Rank;
        Span<long> sizes = stackalloc long[Shape.MaxRank], from = stackalloc long[Shape.MaxRank], to = stackalloc long[Shape.MaxRank];
        for (int d = 0; d < rank; d++)
            (sizes[d], from[d], to[d]) = (target.Shape[d], source.Strides[d], target.Strides[d]);
        Copy(device, target.DType.Size(), source.Pointer, target.Pointer, sizes[..rank], from[..rank], to[..rank]);
    }

    /// <param name="sizes">Shape of both views.</param>
    /// <param name="from">Strides of the source in elements; zero repeats.</param>
    /// <param name="to">Strides of the target.</param>
    public static void Copy(CpuDevice device, int elementSize, void* source, void* target, ReadOnlySpan<long> sizes, ReadOnlySpan<long> from, ReadOnlySpan<long> to)
    {
        var state = new State { Source = (byte*)source, Target = (byte*)target, Size = elementSize, Plan = Broadcast.Plan(sizes, from, to) };
        if (state.Plan.Count == 0)
            return;
        long inner = state.Plan.Inner, rows = state.Plan.Count / inner;
        if (device.Path == KernelPath.Reference)
        {
            Rows(&state, 0, 0, rows);
            return;
        }
        if (rows == 1 && state.Plan.InnerStride(0) == 1 && state.Plan.InnerStride(1) == 1)
        {
            device.Team.For(inner, ChunkElements, &Block, &state);
            return;
        }
        if (state.Plan.Rank >= 2 && state.Plan.InnerStride(0) != 1 && state.Plan.InnerStride(1) == 1 && state.Plan.SecondStride(0) == 1)
        {
            state.SecondSize = state.Plan.SecondSize;
            state.TilesDown = (state.SecondSize + Tile - 1) / Tile;
            device.Team.For(rows / state.SecondSize * state.TilesDown, Math.Max(1, ChunkElements / (Tile * inner)), &Transposed, &state);
            return;
        }
        device.Team.For(rows, Math.Max(1, ChunkElements / inner), &Rows, &state);
    }

    /// <summary>Sets <paramref name="n"/> elements of <paramref name="type"/>.</summary>
    public static void Fill(CpuDevice device, DType type, void* target, long n, double value)
    {
        var state = new FillState { Target = target, Type = type, Value = value };
        if (device.Path == KernelPath.Reference)
            FillPart(&state, 0, 0, n);
        else
            device.Team.For(n, 2 * ChunkElements, &FillPart, &state);
    }

    private struct State
    {
        public byte* Source, Target;
        public int Size;
        public long SecondSize, TilesDown;
        public Broadcast Plan;
    }

    private struct FillState
    {
        public void* Target;
        public DType Type;
        public double Value;
    }

    private static void FillPart(void* state, int member, long begin, long end)
    {
        var fill = (FillState*)state;
        byte* start = (byte*)fill->Target + begin * fill->Type.Size();
        int n = (int)(end - begin);
        switch (fill->Type)
        {
            case DType.F32: new Span<float>(start, n).Fill((float)fill->Value); break;
            case DType.BF16: new Span<ushort>(start, n).Fill(BFloat16.FromSingle((float)fill->Value)); break;
            case DType.I32: new Span<int>(start, n).Fill((int)fill->Value); break;
            case DType.U8: new Span<byte>(start, n).Fill((byte)fill->Value); break;
            default: new Span<sbyte>(start, n).Fill((sbyte)fill->Value); break;
        }
    }

    private static void Block(void* state, int member, long begin, long end)
    {
        var copy = (State*)state;
        long bytes = (end - begin) * copy->Size;
        NativeMemory.Copy(copy->Source + begin * copy->Size, copy->Target + begin * copy->Size, (nuint)bytes);
    }

    private static void Rows(void* state, int member, long begin, long end)
    {
        var copy = (State*)state;
        long inner = copy->Plan.Inner, from = copy->Plan.InnerStride(0), to = copy->Plan.InnerStride(1);
        for (long row = begin; row < end; row++)
        {
            copy->Plan.Locate(row, out long source, out long target, out _);
            byte* s = copy->Source + source * copy->Size, t = copy->Target + target * copy->Size;
            if (from == 1 && to == 1)
                NativeMemory.Copy(s, t, (nuint)(inner * copy->Size));
            else if (copy->Size == 4)
                Elements((uint*)s, (uint*)t, inner, from, to);
            else if (copy->Size == 2)
                Elements((ushort*)s, (ushort*)t, inner, from, to);
            else
                Elements(s, t, inner, from, to);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Elements<T>(T* source, T* target, long n, long from, long to) where T : unmanaged
    {
        for (long i = 0; i < n; i++)
            target[i * to] = source[i * from];
    }

    /// <summary>Items are strips of <see cref="Tile"/> rows: their columns are neighbours in the source.</summary>
    private static void Transposed(void* state, int member, long begin, long end)
    {
        var copy = (State*)state;
        for (long item = begin; item < end; item++)
        {
            long outer = item / copy->TilesDown, first = (item - outer * copy->TilesDown) * Tile;
            copy->Plan.Locate(outer * copy->SecondSize + first, out long source, out long target, out _);
            long rows = Math.Min(Tile, copy->SecondSize - first), down = copy->Plan.SecondStride(1), across = copy->Plan.InnerStride(0);
            byte* s = copy->Source + source * copy->Size, t = copy->Target + target * copy->Size;
            if (copy->Size == 4)
                Strip((uint*)s, (uint*)t, rows, copy->Plan.Inner, across, down);
            else if (copy->Size == 2)
                Strip((ushort*)s, (ushort*)t, rows, copy->Plan.Inner, across, down);
            else
                Strip(s, t, rows, copy->Plan.Inner, across, down);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Strip<T>(T* source, T* target, long rows, long cols, long across, long down) where T : unmanaged
    {
        // Tiles of 32×32 keep both the lines read and the lines written in the first-level cache.
        for (long left = 0; left < cols; left += Tile)
        {
            long right = Math.Min(left + Tile, cols);
            for (long r = 0; r < rows; r++)
            {
                T* line = target + r * down;
                for (long c = left; c < right; c++)
                    line[c] = source[c * across + r];
            }
        }
    }
}
