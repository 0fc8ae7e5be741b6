using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Athanor.Tensors.Simd;

namespace Athanor.Tensors.Kernels;

/// <summary>Rows of a paged cache that cannot be used where they lie: of another type, or of blocks smaller than what is taken at once.</summary>
internal static unsafe class CacheRows
{
    /// <summary>Keys or values <paramref name="from"/> … as bf16 rows [count][heads][dims], with zeros behind the head dim.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Stage(in AttentionArgs a, in AttentionOperand rows, float* scales, int firstHead, int heads, int from, int count, int dims, ushort* target)
    {
        int size = a.CacheType.Size(), headDim = a.HeadDim;
        for (int j = from; j < from + count; j++)
        {
            int row = a.RowOf(j);
            byte* source = rows.At(0, row, firstHead, size);
            for (int h = 0; h < heads; h++, source += rows.Head * size, target += dims)
            {
                if (a.CacheType == DType.BF16)
                    new ReadOnlySpan<ushort>(source, headDim).CopyTo(new Span<ushort>(target, headDim));
                else if (a.CacheType == DType.F32)
                    Round((float*)source, headDim, target);
                else
                    Round((sbyte*)source, scales[(long)row * a.KeyHeads + firstHead + h], headDim, target);
                for (int x = headDim; x < dims; x++)
                    target[x] = 0;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round(float* source, int count, ushort* target)
    {
        int x = 0;
        for (; x + 16 <= count; x += 16)
            F512.StoreBf16(target + x, F512.Load(source + x));
        for (; x < count; x++)
            target[x] = BFloat16.FromSingle(source[x]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round(sbyte* source, float scale, int count, ushort* target)
    {
        int x = 0;
        if (Avx512F.IsSupported)
        {
            for (; x + 16 <= count; x += 16)
                F512.StoreBf16(target + x, new F512(Vector512.ConvertToSingle(Avx512F.ConvertToVector512Int32(Vector128.Load(source + x)))) * F512.All(scale));
        }
        for (; x < count; x++)
            target[x] = BFloat16.FromSingle(source[x] * scale);
    }

    /// <summary>Keys or values <paramref name="from"/> … of one head as fp32 rows [count][dims], with zeros behind the head dim, rounded to the type that is computed with.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Widen<V>(in AttentionArgs a, in AttentionOperand rows, float* scales, int head, int from, int count, int dims, float* target)
        where V : unmanaged, IVector<V>
    {
        int size = a.CacheType.Size(), headDim = a.HeadDim;
        bool round = a.Type == DType.BF16;
        for (int j = from; j < from + count; j++, target += dims)
        {
            int row = a.RowOf(j), x = 0;
            byte* source = rows.At(0, row, head, size);
            switch (a.CacheType)
            {
                case DType.BF16:
                    for (; x + V.Lanes <= headDim; x += V.Lanes)
                        V.Store(target + x, V.LoadBf16((ushort*)source + x));
                    for (; x < headDim; x++)
                        target[x] = BFloat16.ToSingle(((ushort*)source)[x]);
                    break;
                case DType.F32:
                    for (; x < headDim; x++)
                        target[x] = Rounded(((float*)source)[x], round);
                    break;
                default:
                    float scale = scales[(long)row * a.KeyHeads + head];
                    for (; x < headDim; x++)
                        target[x] = Rounded(((sbyte*)source)[x] * scale, round);
                    break;
            }
            for (; x < dims; x++)
                target[x] = 0;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Rounded(float value, bool round) => round ? BFloat16.ToSingle(BFloat16.FromSingle(value)) : value;
}
