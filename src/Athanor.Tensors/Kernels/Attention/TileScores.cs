using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Athanor.Tensors.Simd;

namespace Athanor.Tensors.Kernels;

/// <summary>
/// Vector work on transposed scores as the tile kernels leave them: cells of 32 keys × 32 queries, each four tiles [16 keys][16 queries]
/// of fp32: (upper keys, left queries), (upper, right), (lower, left), (lower, right).
/// </summary>
internal static unsafe class TileScores
{
    /// <summary>Keys or queries of a cell, numbers of a cell and of a tile.</summary>
    public const int Cell = 32, CellFloats = 1024, TileFloats = 256;

    /// <summary>Score of a hidden pair, and where running maxima start: far below every real score, and far enough apart that hidden weights are exactly 0.</summary>
    public const float Hidden = -1e30f, Lowest = -1e20f;

    /// <summary>
    /// 2^x, relative error below 4e-6: a polynomial on the fraction above the floor, which the scaling instruction takes for itself. −∞ gives 0.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Exp2(Vector512<float> x)
    {
        var f = Avx512DQ.Reduce(x, 0x09);
        var p = Vector512.Create(0.0135341679f);
        p = Avx512F.FusedMultiplyAdd(p, f, Vector512.Create(0.0520114606f));
        p = Avx512F.FusedMultiplyAdd(p, f, Vector512.Create(0.241442757f));
        p = Avx512F.FusedMultiplyAdd(p, f, Vector512.Create(0.693003834f));
        p = Avx512F.FusedMultiplyAdd(p, f, Vector512.Create(1.00000259f));
        return Avx512F.Scale(p, x);
    }

    /// <summary>Hides those pairs of one cell that the mask hides.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Mask(float* cell, int firstKey, in QueryBlockMask mask)
    {
        for (int half = 0; half < 2; half++)
        {
            float* b = mask.Bounds + half * 16;
            // One unsigned comparison per range: key − start < length.
            var start0 = Vector512.ConvertToInt32(Vector512.Load(b));
            var start1 = Vector512.ConvertToInt32(Vector512.Load(b + 64));
            var length0 = Vector512.Max(Vector512.ConvertToInt32(Vector512.Load(b + 32)) - start0, Vector512<int>.Zero).AsUInt32();
            var length1 = Vector512.Max(Vector512.ConvertToInt32(Vector512.Load(b + 96)) - start1, Vector512<int>.Zero).AsUInt32();
            bool single = length0 == Vector512<uint>.Zero;
            var hidden = Vector512.Create(Hidden);
            for (int j = 0; j < Cell; j++)
            {
                float* row = cell + (j >> 4) * 2 * TileFloats + half * TileFloats + (j & 15) * 16;
                var key = Vector512.Create(firstKey + j);
                var visible = Vector512.LessThan((key - start1).AsUInt32(), length1);
                if (!single)
                    visible |= Vector512.LessThan((key - start0).AsUInt32(), length0);
                Vector512.ConditionalSelect(visible.AsSingle(), Vector512.Load(row), hidden).Store(row);
            }
        }
    }

    /// <summary>
    /// Turns products into final scores in units of log 2 (cap, bias, mask). For each score the derivative of the cap goes to
    /// <paramref name="capSlopes"/>, unless that is null.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Bias(float* cell, int firstKey, in ScoreRule rule, bool masked, float* capSlopes)
    {
        for (int half = 0; half < 2; half++)
        {
            for (int j = 0; j < Cell; j++)
            {
                int at = (j >> 4) * 2 * TileFloats + half * TileFloats + (j & 15) * 16;
                var x = rule.Apply(F512.Load(cell + at), firstKey + j, half * 16, masked, Hidden, out F512 slope, out _);
                F512.Store(cell + at, x * F512.All(Log2E));
                if (capSlopes != null)
                    F512.Store(capSlopes + at, slope);
            }
        }
    }

    public const float Log2E = 1.44269504f, Ln2 = 0.693147181f;

    /// <summary>
    /// Scores of <paramref name="cells"/> cells become weights 2^(c·s − c·m) in B form (pairs of keys interleaved), the right operand of Vᵀ·Pᵀ.
    /// m is the running maximum, but it follows the true one only when that has grown by more than <see cref="Slack"/> doublings:
    /// weights up to 2^8 cost no precision and the sums so far rarely need rescaling.
    /// </summary>
    /// <param name="shrink">[32]: factor of the sums so far, where the result has the bit of that half of the queries.</param>
    /// <param name="halves">1 where there are no more than 16 queries: nothing is done for the others.</param>
    /// <param name="fetch">Fetched meanwhile.</param>
    /// <returns>Bit 0: queries 0 … 15 need rescaling; bit 1: queries 16 … 31.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int Softmax(float* scores, int cells, uint* weights, float* largest, float* sums, float* shrink, float c, int halves, ref HeadFetch fetch)
    {
        int rescale = 0;
        for (int half = 0; half < halves; half++)
        {
            float* s0 = scores + half * TileFloats;
            var old = Vector512.Load(largest + half * 16);
            Vector512<float> m0 = old, m1 = old, m2 = old, m3 = old;
            for (int tile = 0; tile < 2 * cells; tile++)
            {
                float* s = s0 + tile * 2 * TileFloats;
                for (int j = 0; j < 16; j += 4)
                {
                    m0 = Avx512F.Max(m0, Vector512.Load(s + j * 16));
                    m1 = Avx512F.Max(m1, Vector512.Load(s + j * 16 + 16));
                    m2 = Avx512F.Max(m2, Vector512.Load(s + j * 16 + 32));
                    m3 = Avx512F.Max(m3, Vector512.Load(s + j * 16 + 48));
                }
            }
            var m = Avx512F.Max(Avx512F.Max(m0, m1), Avx512F.Max(m2, m3));
            var sum = Vector512.Load(sums + half * 16);
            var grown = Vector512.GreaterThan((m - old) * c, Vector512.Create(Slack));
            if (grown.AsInt32() != Vector512<int>.Zero)
            {
                // Each query by itself: its result must not depend on those beside it.
                m = Vector512.ConditionalSelect(grown, m, old);
                m.Store(largest + half * 16);
                var factor = Vector512.ConditionalSelect(grown, Exp2((old - m) * c), Vector512<float>.One);
                factor.Store(shrink + half * 16);
                sum *= factor;
                rescale |= 1 << half;
                old = m;
            }
            var offset = -(old * c);
            var scale = Vector512.Create(c);
            Vector512<float> sumA = Vector512<float>.Zero, sumB = sumA;
            var rounding = Vector512.Create(0x8000u);
            var upper = Vector512.Create(0xFFFF0000u);
            for (int tile = 0; tile < 2 * cells; tile++)
            {
                fetch.Row();
                float* s = s0 + tile * 2 * TileFloats;
                uint* d = weights + (tile >> 1) * 512 + half * 256 + (tile & 1) * 128;
                for (int j = 0; j < 16; j += 2)
                {
                    var even = Exp2(Avx512F.FusedMultiplyAdd(Vector512.Load(s + j * 16), scale, offset));
                    var odd = Exp2(Avx512F.FusedMultiplyAdd(Vector512.Load(s + j * 16 + 16), scale, offset));
                    sumA += even;
                    sumB += odd;
                    // Round half up: the mean error of a positive number's 16 low bits is the same as nearest even's.
                    var low = (even.AsUInt32() + rounding) >>> 16;
                    Vector512.ConditionalSelect(upper, odd.AsUInt32() + rounding, low).Store(d + j * 8);
                }
            }
            (sum + (sumA + sumB)).Store(sums + half * 16);
        }
        return rescale;
    }

    /// <summary>Doublings that the true maximum may run ahead of the one in use.</summary>
    private const float Slack = 8;

    /// <summary>
    /// Backward, one cell: scores become P, products dO·V become dS = P∘(dP − D)(∘ derivative of the cap). P and dS go out as left operands
    /// (A form, keys down), dS also as right operand (B form, pairs of keys).
    /// </summary>
    /// <param name="lse">[32], in units of log 2.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Derivatives(float* scores, float* products, float* capSlopes, float* lse, float* delta, float c, ushort* weightsA, ushort* gradientsA, uint* gradientsB)
    {
        var scale = Vector512.Create(c);
        Vector512<float> lseLeft = Vector512.Load(lse), lseRight = Vector512.Load(lse + 16), deltaLeft = Vector512.Load(delta), deltaRight = Vector512.Load(delta + 16);
        var rounding = Vector512.Create(0x8000u);
        var upper = Vector512.Create(0xFFFF0000u);
        var odd = Vector512.CreateSequence<ushort>(1, 2);
        for (int j = 0; j < Cell; j += 2)
        {
            float* s = scores + (j >> 4) * 2 * TileFloats + (j & 15) * 16, d = products + (s - scores);
            Vector512<uint> left0 = default, right0 = default;
            for (int k = 0; k < 2; k++)
            {
                var pLeft = Exp2(Avx512F.FusedMultiplySubtract(Vector512.Load(s + k * 16), scale, lseLeft));
                var pRight = Exp2(Avx512F.FusedMultiplySubtract(Vector512.Load(s + k * 16 + TileFloats), scale, lseRight));
                var gLeft = pLeft * (Vector512.Load(d + k * 16) - deltaLeft);
                var gRight = pRight * (Vector512.Load(d + k * 16 + TileFloats) - deltaRight);
                if (capSlopes != null)
                {
                    gLeft *= Vector512.Load(capSlopes + (s - scores) + k * 16);
                    gRight *= Vector512.Load(capSlopes + (s - scores) + k * 16 + TileFloats);
                }
                var left = gLeft.AsUInt32() + rounding;
                var right = gRight.AsUInt32() + rounding;
                Upper(pLeft.AsUInt32() + rounding, odd, pRight.AsUInt32() + rounding).Store(weightsA + (j + k) * Cell);
                Upper(left, odd, right).Store(gradientsA + (j + k) * Cell);
                if (k == 0)
                {
                    left0 = left >>> 16;
                    right0 = right >>> 16;
                    continue;
                }
                Vector512.ConditionalSelect(upper, left, left0).Store(gradientsB + j * 8);
                Vector512.ConditionalSelect(upper, right, right0).Store(gradientsB + 256 + j * 8);
            }
        }
    }

    /// <summary>The upper halves of 2 × 16 numbers, in order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ushort> Upper(Vector512<uint> left, Vector512<ushort> odd, Vector512<uint> right) =>
        Avx512BW.PermuteVar32x16x2(left.AsUInt16(), odd, right.AsUInt16());

    /// <summary>Rows of sums (cells of 32 rows × 32 dims, one behind the other along the dims) times a factor, rounded to bf16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void StoreRows(float* sums, int dims, float factor, ushort* target, long stride, int rows, bool stream, ushort* staged)
    {
        var odd = Vector512.CreateSequence<ushort>(1, 2);
        var scale = Vector512.Create(factor);
        for (int i = 0; i < rows; i++)
        {
            ushort* row = target + i * stride;
            for (int dim = 0; dim < dims; dim += Cell)
            {
                float* from = sums + (dim >> 5) * CellFloats + (i >> 4) * 2 * TileFloats + (i & 15) * 16;
                var v = Upper(Nearest(Vector512.Load(from) * scale), odd, Nearest(Vector512.Load(from + TileFloats) * scale));
                if (dim + Cell <= dims)
                {
                    Store(v, row + dim, stream);
                    continue;
                }
                v.Store(staged);
                new ReadOnlySpan<ushort>(staged, dims - dim).CopyTo(new Span<ushort>(row + dim, dims - dim));
            }
        }
    }

    /// <summary>
    /// Transposes sums [dims][32 queries] (cells of 32 dims) to rows of bf16, row i times factors[i]; <paramref name="staged"/> holds 4 KB.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void StoreTransposed(float* sums, int dims, float* factors, ushort* target, long stride, int rows, bool stream, float* staged)
    {
        var odd = Vector512.CreateSequence<ushort>(1, 2);
        for (int half = 0; half * 16 < rows; half++)
        {
            int last = Math.Min(16, rows - half * 16);
            for (int dim = 0; dim < dims; dim += Cell)
            {
                float* tile = sums + (dim >> 5) * CellFloats + half * TileFloats;
                Amx.Packing.Transpose16((byte*)tile, 64, (byte*)staged);
                Amx.Packing.Transpose16((byte*)(tile + 2 * TileFloats), 64, (byte*)(staged + TileFloats));
                int width = Math.Min(Cell, dims - dim);
                for (int i = 0; i < last; i++)
                {
                    ushort* row = target + (half * 16 + i) * stride + dim;
                    var factor = Vector512.Create(factors[half * 16 + i]);
                    var v = Upper(Nearest(Vector512.Load(staged + i * 16) * factor), odd, Nearest(Vector512.Load(staged + TileFloats + i * 16) * factor));
                    if (width == Cell)
                    {
                        Store(v, row, stream);
                        continue;
                    }
                    v.Store((ushort*)(staged + 2 * TileFloats));
                    new ReadOnlySpan<ushort>(staged + 2 * TileFloats, width).CopyTo(new Span<ushort>(row, width));
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector512<ushort> v, ushort* target, bool stream)
    {
        if (stream)
            v.StoreAlignedNonTemporal(target);
        else
            v.Store(target);
    }

    /// <summary>
    /// Whether results [B, T, H, K] are stored past the caches: rows of whole aligned lines, of more data than a core's cache holds. Such lines
    /// lie far apart and are not in the cache, so an ordinary store would wait to read each first. The job must end with a store fence.
    /// </summary>
    public static bool Streams(in AttentionOperand o, int batch, int time, int heads, int dims) =>
        dims % Cell == 0 && (((nint)o.Pointer | (nint)(o.Batch * 2) | (nint)(o.Time * 2) | (nint)(o.Head * 2)) & 63) == 0 &&
        2L * batch * time * heads * dims > StreamBytes;

    private const long StreamBytes = 1 << 20;

    /// <summary>fp32 whose upper half is the nearest bf16, ties to even; NaN stays NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Nearest(Vector512<float> v)
    {
        var bits = v.AsUInt32();
        var rounded = bits + Vector512.Create(0x7FFFu) + ((bits >>> 16) & Vector512<uint>.One);
        return Vector512.ConditionalSelect(Vector512.Equals(v, v).AsUInt32(), rounded, bits | Vector512.Create(0x0040_0000u));
    }
}
