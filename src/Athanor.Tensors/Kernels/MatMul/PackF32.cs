using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Athanor.Tensors.Simd;

namespace Athanor.Tensors.Kernels;

/// <summary>
/// Packed strips for <see cref="MicroF32"/>: target[k·width + r], fp32, k running slowest. bf16 operands are widened here.
/// A strip is a block of rows of A or a panel of columns of B; lines past <c>lines</c> become zeros or copies, never read from outside.
/// </summary>
internal static unsafe class PackF32
{
    /// <summary>Floats that a strip may spill past its end.</summary>
    public const int Spill = 16;

    /// <summary>
    /// From an operand whose lines run along k: element (r, k) at source[r·ld + k]. <paramref name="width"/> is a multiple of the lanes or
    /// below them. <paramref name="next"/> is how many bytes further the strip to be packed after this one lies (0: none): its lines are
    /// asked for meanwhile.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Turned<V, T>(byte* source, long ld, int lines, int depth, float* target, int width, long next)
        where V : unmanaged, IVector<V>
        where T : struct, IStored
    {
        int step = TransposeTile.Depth<V, T>();
        long stride = ld * T.Size;
        for (int k = 0; k < depth; k += step)
        {
            for (int r = 0; r < width; r += V.Lanes)
            {
                byte* from = source + r * stride + k * T.Size;
                float* to = target + (long)k * width + r;
                if (r + V.Lanes <= lines && k + step <= depth)
                {
                    if (Sse.IsSupported && next != 0)
                        AskFor<V>(from + next, stride);
                    TransposeTile.Turn<V, T>(from, stride, to, width);
                }
                else
                {
                    Corner<V, T>(from, stride, Math.Min(lines - r, V.Lanes), Math.Min(depth - k, step), to, width);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AskFor<V>(byte* from, long stride)
        where V : unmanaged, IVector<V>
    {
        for (int i = 0; i < V.Lanes; i++, from += stride)
            Sse.Prefetch1(from);
    }

    /// <summary>The part of a tile at the end of the lines or of the depth.</summary>
    public static void Corner<V, T>(byte* source, long stride, int lines, int depth, float* target, int width)
        where V : unmanaged, IVector<V>
        where T : struct, IStored
    {
        int span = Math.Min(width, V.Lanes);
        for (int k = 0; k < depth; k++)
        {
            for (int r = 0; r < span; r++)
                target[(long)k * width + r] = r < lines ? T.Get(source + r * stride, k) : 0;
        }
    }

    /// <summary>
    /// From an operand whose lines run across k: element (r, k) at source[k·ld + r], where <paramref name="readable"/> elements of every line
    /// may be read and <paramref name="lines"/> are wanted.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Straight<V, T>(byte* source, long ld, int lines, int readable, int depth, float* target, int width, long next)
        where V : unmanaged, IVector<V>
        where T : struct, IStored
    {
        long stride = ld * T.Size;
        int whole = (width + V.Lanes - 1) / V.Lanes * V.Lanes;
        if (readable >= whole && whole == 2 * V.Lanes)
        {
            for (int k = 0; k < depth; k++, source += stride, target += width)
            {
                if (Sse.IsSupported && next != 0)
                {
                    Sse.Prefetch1(source + next);
                    if (V.Lanes * T.Size > 32)
                        Sse.Prefetch1(source + next + 64);
                }
                V.Store(target, T.Load<V>(source, 0));
                V.Store(target + V.Lanes, T.Load<V>(source, V.Lanes));
            }
            return;
        }
        if (readable >= whole)
        {
            for (int k = 0; k < depth; k++, source += stride, target += width)
            {
                if (Sse.IsSupported && next != 0)
                    Sse.Prefetch1(source + next);
                for (int r = 0; r < whole; r += V.Lanes)
                    V.Store(target + r, T.Load<V>(source, r));
            }
            return;
        }
        for (int k = 0; k < depth; k++, source += stride, target += width)
        {
            int r = 0;
            for (; r + V.Lanes <= lines; r += V.Lanes)
                V.Store(target + r, T.Load<V>(source, r));
            for (; V.Lanes > 4 && r + 4 <= lines; r += 4)
                F128.Store(target + r, T.Load<F128>(source, r));
            for (; r < lines; r++)
                target[r] = T.Get(source, r);
            for (; r < width; r++)
                target[r] = 0;
        }
    }
}
