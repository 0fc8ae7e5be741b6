using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Athanor.Tensors.Cpu;
using Athanor.Tensors.Simd;
using Athanor.Tensors.Threading;

namespace Athanor.Tensors.Kernels;

internal static unsafe partial class FlashAttention
{
    /// <summary>Keys of one item. Fixed, so that the sums do not depend on the number of threads.</summary>
    private const int StreamedKeys = 512;

    /// <summary>
    /// Few queries against many keys, as in cached decoding: bound by reading K and V once. Items are chunks of keys of one key head; each
    /// leaves its maximum, sum and weighted values, which are then joined in order.
    /// </summary>
    private static void ForwardStreamed(CpuDevice device, in AttentionArgs a)
    {
        int chunks = Math.Max(1, (a.KeyLength + StreamedKeys - 1) / StreamedKeys), stride = Padded(a.HeadDim) + LanePad;
        long rows = (long)a.Batch * a.QueryHeads * a.QueryLength;
        float* partial = (float*)ThreadScratch.Get(PartialSlot, rows * chunks * stride * sizeof(float));
        device.Launch(new StreamedRows(a, chunks, partial, stride), a.Type, (long)a.Batch * a.KeyHeads * chunks, 1);
        device.Launch(new JoinedRows(a, chunks, partial, stride), a.Type, rows, 64);
    }

    private readonly partial struct StreamedRows(in AttentionArgs args, int chunks, float* partial, int stride) : IKernelBody
    {
        private readonly AttentionArgs _a = args;
        private readonly float* _partial = partial;
        private readonly int _chunks = chunks, _stride = stride;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<V, T>(int member, long begin, long end)
            where V : unmanaged, IVector<V>
            where T : struct, IStored
        {
            float* scratch = (float*)ThreadScratch.Get(BodySlot, Math.Max(GroupedFloats(_a.HeadDim), Padded(_a.HeadDim) + StreamedKeys + LanePad) * sizeof(float));
            for (long item = begin; item < end; item++)
            {
                // All heads of the same keys one after the other: rows of different heads share pages of memory.
                int g = (int)(item % _a.KeyHeads), chunk = (int)(item / _a.KeyHeads % _chunks), b = (int)(item / _a.KeyHeads / _chunks);
                if (IsGrouped<V>(_a))
                {
                    Grouped<V, T>(b, g, chunk, scratch);
                    continue;
                }
                for (int h = g * _a.Group; h < (g + 1) * _a.Group; h++)
                {
                    for (int i = 0; i < _a.QueryLength; i++)
                    {
                        long row = ((long)b * _a.QueryHeads + h) * _a.QueryLength + i;
                        Row<V, T>(b, h, g, i, chunk * StreamedKeys, scratch, _partial + (row * _chunks + chunk) * _stride);
                    }
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Row<V, T>(int b, int h, int g, int i, int from, float* scratch, float* result)
            where V : unmanaged, IVector<V>
            where T : struct, IStored
        {
            int headDim = _a.HeadDim;
            float* query = scratch, scores = scratch + Padded(headDim), output = result + LanePad;
            VisibleKeys visible = AttentionMask.Row(_a, b, i);
            int first = Math.Max(from, FirstOf(visible)), end = Math.Min(Math.Min(from + StreamedKeys, _a.KeyLength), Math.Max(visible.End0, visible.End1));
            result[0] = float.NegativeInfinity;
            result[1] = 0;
            new Span<float>(output, headDim).Clear();
            if (first >= end)
                return;
            byte* q = _a.Q.At(b, i, h, T.Size);
            for (int x = 0; x < headDim; x++)
                query[x] = T.Get(q, x) * _a.Scale;
            int count = end - first;
            byte* values = _a.V.At(b, first, g, T.Size);
            // The first row that reads this chunk fetches it: rows of a cache lie apart, which the hardware does not foresee.
            bool fetch = Sse.IsSupported && h == g * _a.Group && i == 0;
            Dots<V, T>(query, _a.K.At(b, first, g, T.Size), _a.K.Time, count, scores, fetch ? values : null);
            bool plain = !_a.HasBias && ((first >= visible.Start1 && end <= visible.End1) || (first >= visible.Start0 && end <= visible.End0));
            float largest = plain ? Largest<V>(scores, count) : Biased(visible, h, i, first, count, scores);
            if (float.IsNegativeInfinity(largest))
                return;
            result[0] = largest;
            result[1] = Weights<V>(scores, count, largest);
            Combine<V, T>(scores, values, _a.V.Time, count, output);
        }

        /// <summary>Cap, bias and mask; returns the largest score.</summary>
        private float Biased(VisibleKeys visible, int h, int i, int first, int count, float* scores)
        {
            float largest = float.NegativeInfinity;
            for (int j = 0; j < count; j++)
            {
                float s = scores[j];
                if (_a.SoftCap != 0)
                    s = _a.SoftCap * MathF.Tanh(s / _a.SoftCap);
                if (_a.Slopes != null)
                    s -= _a.Slopes[h] * (_a.Offset + i - first - j);
                if (!visible.Contains(first + j))
                    s = float.NegativeInfinity;
                scores[j] = s;
                largest = MathF.Max(largest, s);
            }
            return largest;
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static float Largest<V>(float* scores, int count)
            where V : unmanaged, IVector<V>
        {
            var m = V.All(float.NegativeInfinity);
            int j = 0;
            for (; j + V.Lanes <= count; j += V.Lanes)
                m = V.Max(m, V.Load(scores + j));
            float largest = V.MaxAcross(m);
            for (; j < count; j++)
                largest = MathF.Max(largest, scores[j]);
            return largest;
        }

        private static int FirstOf(VisibleKeys v) =>
            Math.Min(v.End0 > v.Start0 ? v.Start0 : int.MaxValue, v.End1 > v.Start1 ? v.Start1 : int.MaxValue);

        /// <summary>Rows that are fetched ahead of the one in use.</summary>
        private const int FetchAhead = 16;

        /// <summary>Four keys at a time, so that their sums overlap. With <paramref name="values"/> also fetches keys and values ahead.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Dots<V, T>(float* query, byte* keys, long stride, int count, float* scores, byte* values)
            where V : unmanaged, IVector<V>
            where T : struct, IStored
        {
            int headDim = _a.HeadDim, whole = headDim - headDim % V.Lanes;
            long step = stride * T.Size;
            int j = 0;
            for (; j + 4 <= count; j += 4, keys += 4 * step)
            {
                V s0 = V.Zero, s1 = V.Zero, s2 = V.Zero, s3 = V.Zero;
                if (values != null && j + FetchAhead + 4 <= count)
                {
                    for (int r = 0; r < 4; r++)
                    {
                        byte* k = keys + (FetchAhead + r) * step, v = values + (j + FetchAhead + r) * _a.V.Time * T.Size;
                        for (int line = 0; line < headDim * T.Size; line += 64)
                        {
                            Sse.Prefetch0(k + line);
                            Sse.Prefetch1(v + line);
                        }
                    }
                }
                for (int x = 0; x < whole; x += V.Lanes)
                {
                    var q = V.Load(query + x);
                    s0 = V.Fma(q, T.Load<V>(keys, x), s0);
                    s1 = V.Fma(q, T.Load<V>(keys + step, x), s1);
                    s2 = V.Fma(q, T.Load<V>(keys + 2 * step, x), s2);
                    s3 = V.Fma(q, T.Load<V>(keys + 3 * step, x), s3);
                }
                scores[j] = V.Sum(s0);
                scores[j + 1] = V.Sum(s1);
                scores[j + 2] = V.Sum(s2);
                scores[j + 3] = V.Sum(s3);
                for (int x = whole; x < headDim; x++)
                {
                    for (int r = 0; r < 4; r++)
                        scores[j + r] += query[x] * T.Get(keys + r * step, x);
                }
            }
            for (; j < count; j++, keys += step)
            {
                var s = V.Zero;
                for (int x = 0; x < whole; x += V.Lanes)
                    s = V.Fma(V.Load(query + x), T.Load<V>(keys, x), s);
                scores[j] = V.Sum(s);
                for (int x = whole; x < headDim; x++)
                    scores[j] += query[x] * T.Get(keys, x);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static float Weights<V>(float* scores, int count, float largest)
            where V : unmanaged, IVector<V>
        {
            int j = 0;
            var sums = V.Zero;
            for (; j + V.Lanes <= count; j += V.Lanes)
            {
                var p = VectorMath.Exp(V.Load(scores + j) - V.All(largest));
                V.Store(scores + j, p);
                sums += p;
            }
            float sum = V.Sum(sums);
            for (; j < count; j++)
            {
                scores[j] = MathF.Exp(scores[j] - largest);
                sum += scores[j];
            }
            return sum;
        }

        /// <summary>output = Σ weights[j]·values[j], in strips of four vectors of the head dim.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Combine<V, T>(float* weights, byte* values, long stride, int count, float* output)
            where V : unmanaged, IVector<V>
            where T : struct, IStored
        {
            int headDim = _a.HeadDim, x = 0;
            long step = stride * T.Size;
            for (; x + 4 * V.Lanes <= headDim; x += 4 * V.Lanes)
            {
                V o0 = V.Zero, o1 = V.Zero, o2 = V.Zero, o3 = V.Zero;
                byte* v = values;
                for (int j = 0; j < count; j++, v += step)
                {
                    var p = V.All(weights[j]);
                    o0 = V.Fma(p, T.Load<V>(v, x), o0);
                    o1 = V.Fma(p, T.Load<V>(v, x + V.Lanes), o1);
                    o2 = V.Fma(p, T.Load<V>(v, x + 2 * V.Lanes), o2);
                    o3 = V.Fma(p, T.Load<V>(v, x + 3 * V.Lanes), o3);
                }
                V.Store(output + x, o0);
                V.Store(output + x + V.Lanes, o1);
                V.Store(output + x + 2 * V.Lanes, o2);
                V.Store(output + x + 3 * V.Lanes, o3);
            }
            for (; x + V.Lanes <= headDim; x += V.Lanes)
            {
                var o = V.Zero;
                byte* v = values;
                for (int j = 0; j < count; j++, v += step)
                    o = V.Fma(V.All(weights[j]), T.Load<V>(v, x), o);
                V.Store(output + x, o);
            }
            for (; x < headDim; x++)
            {
                float o = 0;
                byte* v = values;
                for (int j = 0; j < count; j++, v += step)
                    o += weights[j] * T.Get(v, x);
                output[x] = o;
            }
        }
    }

    /// <summary>Items are rows (b, h, i): joins the chunks of keys in order.</summary>
    private readonly struct JoinedRows(in AttentionArgs args, int chunks, float* partial, int stride) : IKernelBody
    {
        private readonly AttentionArgs _a = args;
        private readonly float* _partial = partial;
        private readonly int _chunks = chunks, _stride = stride;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<V, T>(int member, long begin, long end)
            where V : unmanaged, IVector<V>
            where T : struct, IStored
        {
            float* joined = (float*)ThreadScratch.Get(BodySlot, Padded(_a.HeadDim) * sizeof(float));
            for (long row = begin; row < end; row++)
            {
                int i = (int)(row % _a.QueryLength), h = (int)(row / _a.QueryLength % _a.QueryHeads), b = (int)(row / _a.QueryLength / _a.QueryHeads);
                float* parts = _partial + row * _chunks * _stride;
                float largest = float.NegativeInfinity, sum = 0;
                for (int c = 0; c < _chunks; c++)
                    largest = MathF.Max(largest, parts[(long)c * _stride]);
                new Span<float>(joined, _a.HeadDim).Clear();
                for (int c = 0; c < _chunks; c++)
                {
                    float* part = parts + (long)c * _stride;
                    if (float.IsNegativeInfinity(part[0]))
                        continue;
                    float factor = _chunks == 1 ? 1 : MathF.Exp(part[0] - largest);
                    sum += part[1] * factor;
                    int x = 0;
                    for (; x + V.Lanes <= _a.HeadDim; x += V.Lanes)
                        V.Store(joined + x, V.Fma(V.Load(part + LanePad + x), V.All(factor), V.Load(joined + x)));
                    for (; x < _a.HeadDim; x++)
                        joined[x] += part[LanePad + x] * factor;
                }
                if (_a.Lse != null)
                    _a.LseOf(b, h)[i] = sum == 0 ? float.NegativeInfinity : largest + MathF.Log(sum);
                byte* target = _a.O.At(b, i, h, T.Size);
                float inverse = sum == 0 ? 0 : 1 / sum;
                if (!IsGrouped<V>(_a))
                {
                    StoreRow<V, T>(joined, inverse, target, _a.HeadDim);
                    continue;
                }
                for (int x = 0; x < _a.HeadDim; x += 2 * V.Lanes)
                    T.StorePair(target, x, V.Load(joined + x) * V.All(inverse), V.Load(joined + x + V.Lanes) * V.All(inverse), false);
            }
        }
    }
}
