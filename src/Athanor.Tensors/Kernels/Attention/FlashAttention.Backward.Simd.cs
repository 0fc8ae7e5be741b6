using System.Runtime.CompilerServices;
using Athanor.Tensors.Cpu;
using Athanor.Tensors.Simd;
using Athanor.Tensors.Threading;

namespace Athanor.Tensors.Kernels;

internal static unsafe partial class FlashAttention
{
    private static void BackwardSimd(CpuDevice device, in AttentionArgs a) =>
        device.Launch(new BackwardHeads(a), a.Type, (long)a.Batch * a.KeyHeads, 1);

    /// <summary>Items are key heads with their query heads: dK and dV have one owner and are summed in a fixed order.</summary>
    private readonly struct BackwardHeads(in AttentionArgs args) : IKernelBody
    {
        private readonly AttentionArgs _a = args;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<V, T>(int member, long begin, long end)
            where V : unmanaged, IVector<V>
            where T : struct, IStored
        {
            int dims = Padded(_a.HeadDim), n = Math.Min(SimdQueries, Padded(_a.QueryLength));
            long keyFloats = (long)_a.KeyLength * dims;
            long floats = 2 * keyFloats + (long)n * (5 * dims + 2 * SimdKeys + 6) + 2L * SimdKeys * dims;
            float* dK = (float*)ThreadScratch.Get(BodySlot, floats * sizeof(float)), dV = dK + keyFloats, rest = dV + keyFloats;
            for (long item = begin; item < end; item++)
            {
                int b = (int)(item / _a.KeyHeads), g = (int)(item % _a.KeyHeads);
                Clear(dK, 2 * keyFloats);
                for (int h = g * _a.Group; h < (g + 1) * _a.Group; h++)
                {
                    for (int first = 0; first < _a.QueryLength; first += n)
                        Block<V, T>(b, h, first, n, dK, dV, rest);
                }
                for (int j = 0; j < _a.KeyLength; j++)
                {
                    StoreRow<V, T>(dK + (long)j * dims, 1, _a.KGrad.At(b, j, g, T.Size), _a.HeadDim);
                    StoreRow<V, T>(dV + (long)j * dims, 1, _a.VGrad.At(b, j, g, T.Size), _a.HeadDim);
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Block<V, T>(int b, int h, int first, int n, float* dK, float* dV, float* scratch)
            where V : unmanaged, IVector<V>
            where T : struct, IStored
        {
            int headDim = _a.HeadDim, dims = Padded(headDim), wide = WholeVectors<V>(headDim), count = Math.Min(n, _a.QueryLength - first), g = h / _a.Group;
            float* queriesT = scratch, gradsT = queriesT + n * dims, queryRows = gradsT + n * dims, gradRows = queryRows + n * dims, dQ = gradRows + n * dims;
            float* scores = dQ + n * dims, slopes = scores + n * SimdKeys, bounds = slopes + n * SimdKeys, lse = bounds + 4 * n, delta = lse + n;
            float* keyRows = delta + n, valueRows = keyRows + SimdKeys * dims;
            var mask = QueryBlockMask.Create(_a, b, first, count, n, bounds);
            var rule = new ScoreRule(_a, h, first, mask, 1);
            byte* q = _a.Q.At(b, first, h, T.Size), dO = _a.OGrad.At(b, first, h, T.Size);
            TransposeRows<T>(q, _a.Q.Time, count, headDim, n, _a.Scale, queriesT);
            TransposeRows<T>(dO, _a.OGrad.Time, count, headDim, n, 1, gradsT);
            // Scaled queries serve both products they enter: s = Scale·q·k and dK = Scale·dSᵀ q.
            RowBlock queries = Rows<V, T>(q, _a.Q.Time, count, headDim, dims, queryRows, _a.Scale);
            RowBlock grads = Rows<V, T>(dO, _a.OGrad.Time, count, headDim, dims, gradRows);
            RowStatistics<T>(_a, b, h, first, count, n, lse, delta);
            Clear(dQ, (long)n * dims);
            for (int from = mask.FirstKey; from < mask.EndKey; from += SimdKeys)
            {
                int keys = Math.Min(SimdKeys, mask.EndKey - from);
                BlockKind kind = mask.Kind(from, from + keys);
                if (kind == BlockKind.Skipped)
                    continue;
                RowBlock k = Rows<V, T>(_a.K.At(b, from, g, T.Size), _a.K.Time, keys, headDim, dims, keyRows);
                RowBlock v = Rows<V, T>(_a.V.At(b, from, g, T.Size), _a.V.Time, keys, headDim, dims, valueRows);
                BlockProduct.Run<V>(keys, n, headDim, k.Pointer, k.Stride, 1, queriesT, n, scores, n, false);
                BlockProduct.Run<V>(keys, n, headDim, v.Pointer, v.Stride, 1, gradsT, n, slopes, n, false);
                Derivatives<V>(rule, from, keys, n, kind == BlockKind.Partial, scores, slopes, lse, delta);
                BlockProduct.Run<V>(keys, wide, count, scores, n, 1, grads.Pointer, grads.Stride, dV + (long)from * dims, dims, true);
                BlockProduct.Run<V>(keys, wide, count, slopes, n, 1, queries.Pointer, queries.Stride, dK + (long)from * dims, dims, true);
                BlockProduct.Run<V>(count, wide, keys, slopes, 1, n, k.Pointer, k.Stride, dQ, dims, true);
            }
            for (int i = 0; i < count; i++)
                StoreRow<V, T>(dQ + i * dims, _a.Scale, _a.QGrad.At(b, first + i, h, T.Size), headDim);
        }

        /// <summary>Scores become P, products dO·V become dS.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void Derivatives<V>(in ScoreRule rule, int firstKey, int keys, int n, bool masked, float* scores, float* slopes, float* lse, float* delta)
            where V : unmanaged, IVector<V>
        {
            for (int lane = 0; lane < n; lane += V.Lanes)
            {
                V l = V.Load(lse + lane), d = V.Load(delta + lane);
                for (int j = 0; j < keys; j++)
                {
                    float* s = scores + j * n + lane, ds = slopes + j * n + lane;
                    var x = rule.Apply(V.Load(s), firstKey + j, lane, masked, float.NegativeInfinity, out V slope, out V visible);
                    var p = VectorMath.Exp(x - l);
                    var gradient = p * (V.Load(ds) - d) * slope;
                    V.Store(s, p);
                    V.Store(ds, masked ? V.And(visible, gradient) : gradient);
                }
            }
        }
    }

    /// <summary>Per lane the log-sum-exp, made harmless for rows without keys, and D = Σ dO·O.</summary>
    private static void RowStatistics<T>(in AttentionArgs a, int b, int h, int first, int count, int lanes, float* lse, float* delta)
        where T : struct, IStored
    {
        for (int i = 0; i < lanes; i++)
        {
            lse[i] = delta[i] = 0;
            if (i >= count)
                continue;
            float l = a.LseOf(b, h)[first + i];
            lse[i] = float.IsNegativeInfinity(l) ? 0 : l;
            byte* o = a.O.At(b, first + i, h, T.Size), dO = a.OGrad.At(b, first + i, h, T.Size);
            float sum = 0;
            for (int x = 0; x < a.HeadDim; x++)
                sum += T.Get(o, x) * T.Get(dO, x);
            delta[i] = sum;
        }
    }

    private static void Clear(float* target, long count)
    {
        for (; count > 0; count -= 1 << 28, target += 1 << 28)
            new Span<float>(target, (int)Math.Min(count, 1 << 28)).Clear();
    }
}
