using System.Runtime.CompilerServices;
using Athanor.Tensors.Cpu;
using Athanor.Tensors.Simd;
using Athanor.Tensors.Threading;

namespace Athanor.Tensors.Kernels;

internal static unsafe partial class FlashAttention
{
    /// <summary>Blocks of the vector path: so many queries across the lanes at most, so many keys down.</summary>
    internal const int SimdQueries = 64, SimdKeys = 64;

    /// <summary>Vectors of scratch are padded for the widest register, so that all widths cut the work alike.</summary>
    private const int LanePad = 16;

    private static int Padded(int n) => (n + LanePad - 1) & ~(LanePad - 1);

    private static void ForwardSimd(CpuDevice device, in AttentionArgs a)
    {
        int lanes = Math.Min(SimdQueries, Padded(a.QueryLength));
        int blocks = (a.QueryLength + lanes - 1) / lanes;
        device.Launch(new ForwardBlocks(a, lanes, blocks), a.Type, (long)a.Batch * a.QueryHeads * blocks, 1);
    }

    /// <summary>The one block of few queries.</summary>
    internal static ForwardBlocks OneBlock(in AttentionArgs a, out int lanes) => new(a, lanes = Math.Min(SimdQueries, Padded(a.QueryLength)), 1);

    /// <summary>Items are query blocks: each is independent of the others.</summary>
    internal readonly struct ForwardBlocks(in AttentionArgs args, int lanes, int blocks) : IKernelBody
    {
        private readonly AttentionArgs _a = args;
        private readonly int _lanes = lanes, _blocks = blocks;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<V, T>(int member, long begin, long end)
            where V : unmanaged, IVector<V>
            where T : struct, IStored
        {
            float* scratch = (float*)ThreadScratch.Get(BodySlot, ScratchBytes(_lanes, _a.HeadDim));
            for (long item = begin; item < end; item++)
            {
                long head = item / _blocks;
                Block<V, T>((int)(head / _a.QueryHeads), (int)(head % _a.QueryHeads), (int)(item % _blocks) * _lanes, scratch);
            }
        }

        /// <summary>Bytes of scratch for <see cref="Block"/>.</summary>
        public static long ScratchBytes(int lanes, int headDim) => ((long)lanes * (2 * Padded(headDim) + SimdKeys + 7) + 2L * SimdKeys * Padded(headDim)) * sizeof(float);

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Block<V, T>(int b, int h, int first, float* scratch)
            where V : unmanaged, IVector<V>
            where T : struct, IStored
        {
            int n = _lanes, dims = Padded(_a.HeadDim), count = Math.Min(n, _a.QueryLength - first), g = h / _a.Group;
            float* queries = scratch, scores = queries + n * dims, output = scores + n * SimdKeys, bounds = output + n * dims;
            float* largest = bounds + 4 * n, sums = largest + n, shrink = sums + n, keyRows = shrink + n, valueRows = keyRows + SimdKeys * dims;
            var mask = QueryBlockMask.Create(_a, b, first, count, n, bounds);
            var rule = new ScoreRule(_a, h, first, mask, 1);
            TransposeRows<T>(_a.Q.At(b, first, h, T.Size), _a.Q.Time, count, _a.HeadDim, n, _a.Scale, queries);
            new Span<float>(output, n * dims).Clear();
            new Span<float>(sums, n).Clear();
            new Span<float>(largest, n).Fill(float.NegativeInfinity);
            // Blocks of keys begin at multiples of their size, so that sums do not depend on which queries stand together.
            for (int from = mask.FirstKey - mask.FirstKey % SimdKeys; from < mask.EndKey; from += SimdKeys)
            {
                int keys = Math.Min(SimdKeys, mask.EndKey - from);
                BlockKind kind = mask.Kind(from, from + keys);
                if (kind == BlockKind.Skipped)
                    continue;
                RowBlock k, v;
                if (_a.InPlace(SimdKeys))
                {
                    k = Rows<V, T>(_a.KeyAt(b, from, g, T.Size), _a.K.Time, keys, _a.HeadDim, dims, keyRows);
                    v = Rows<V, T>(_a.ValueAt(b, from, g, T.Size), _a.V.Time, keys, _a.HeadDim, dims, valueRows);
                }
                else
                {
                    CacheRows.Widen<V>(_a, _a.K, _a.KeyScales, g, from, keys, dims, keyRows);
                    CacheRows.Widen<V>(_a, _a.V, _a.ValueScales, g, from, keys, dims, valueRows);
                    (k, v) = (new(keyRows, dims), new(valueRows, dims));
                }
                BlockProduct.Run<V>(keys, n, _a.HeadDim, k.Pointer, k.Stride, 1, queries, n, scores, n, false);
                Softmax<V>(rule, from, keys, kind == BlockKind.Partial, _a.HasBias, scores, largest, sums, shrink);
                for (int i = 0; i < count; i++)
                {
                    if (shrink[i] == 1)
                        continue;
                    var factor = V.All(shrink[i]);
                    for (int x = 0; x < dims; x += V.Lanes)
                        V.Store(output + i * dims + x, V.Load(output + i * dims + x) * factor);
                }
                BlockProduct.Run<V>(count, WholeVectors<V>(_a.HeadDim), keys, scores, 1, n, v.Pointer, v.Stride, output, dims, true);
            }
            Finish<V, T>(b, h, first, count, output, dims, largest, sums);
        }

        /// <summary>Scores become weights relative to the running maximum.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Softmax<V>(in ScoreRule rule, int firstKey, int keys, bool masked, bool biased, float* scores, float* largest, float* sums, float* shrink)
            where V : unmanaged, IVector<V>
        {
            int n = _lanes;
            for (int lane = 0; lane < n; lane += V.Lanes)
            {
                float* column = scores + lane;
                var old = V.Load(largest + lane);
                var m = old;
                if (masked || biased)
                {
                    for (int j = 0; j < keys; j++)
                    {
                        var s = rule.Apply(V.Load(column + j * n), firstKey + j, lane, masked, float.NegativeInfinity, out _, out _);
                        V.Store(column + j * n, s);
                        m = V.MaxNative(m, s);
                    }
                }
                else
                {
                    for (int j = 0; j < keys; j++)
                        m = V.MaxNative(m, V.Load(column + j * n));
                }
                V.Store(largest + lane, m);
                // A lane that has seen no key yet: exp(−∞ − 0) is the zero it needs, −∞ − −∞ would not be.
                m = V.Select(V.Equal(m, V.All(float.NegativeInfinity)), V.Zero, m);
                var factor = VectorMath.Exp(old - m);
                var sum = V.Load(sums + lane) * factor;
                V.Store(shrink + lane, factor);
                for (int j = 0; j < keys; j++)
                {
                    var p = VectorMath.Exp(V.Load(column + j * n) - m);
                    V.Store(column + j * n, p);
                    sum += p;
                }
                V.Store(sums + lane, sum);
            }
        }

        private void Finish<V, T>(int b, int h, int first, int count, float* output, int dims, float* largest, float* sums)
            where V : unmanaged, IVector<V>
            where T : struct, IStored
        {
            for (int i = 0; i < count; i++)
            {
                // NaN is not 0: it stays.
                float inverse = sums[i] == 0 ? 0 : 1 / sums[i];
                if (_a.Lse != null)
                    _a.LseOf(b, h)[first + i] = sums[i] == 0 ? float.NegativeInfinity : largest[i] + MathF.Log(sums[i]);
                StoreRow<V, T>(output + i * dims, inverse, _a.O.At(b, first + i, h, T.Size), _a.HeadDim);
            }
        }
    }

    /// <summary>Rows of fp32: in place, or a padded copy.</summary>
    private readonly struct RowBlock(float* pointer, long stride)
    {
        public readonly float* Pointer = pointer;
        public readonly long Stride = stride;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int WholeVectors<V>(int n) where V : unmanaged, IVector<V> => (n + V.Lanes - 1) / V.Lanes * V.Lanes;

    /// <summary>[rows][dims] fp32 with zeros behind the head dim; fp32 rows of whole vectors are used where they lie.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static RowBlock Rows<V, T>(byte* source, long stride, int rows, int headDim, int dims, float* copy, float scale = 1)
        where V : unmanaged, IVector<V>
        where T : struct, IStored
    {
        if (T.Size == 4 && headDim % V.Lanes == 0 && scale == 1)
            return new((float*)source, stride);
        var factor = V.All(scale);
        for (int r = 0; r < rows; r++)
        {
            byte* from = source + r * stride * T.Size;
            float* to = copy + r * dims;
            int x = 0;
            for (; x + V.Lanes <= headDim; x += V.Lanes)
                V.Store(to + x, T.Load<V>(from, x) * factor);
            for (; x < headDim; x++)
                to[x] = T.Get(from, x) * scale;
            for (; x < dims; x++)
                to[x] = 0;
        }
        return new(copy, dims);
    }

    /// <summary>[headDim][lanes] fp32 of rows times <paramref name="scale"/>; lanes beyond the rows are zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TransposeRows<T>(byte* source, long stride, int rows, int headDim, int lanes, float scale, float* target)
        where T : struct, IStored
    {
        if (rows < lanes)
            new Span<float>(target, headDim * lanes).Clear();
        for (int r = 0; r < rows; r++)
        {
            byte* from = source + r * stride * T.Size;
            float* to = target + r;
            for (int x = 0; x < headDim; x++, to += lanes)
                *to = T.Get(from, x) * scale;
        }
    }

    /// <summary>One row of results times a factor, rounded to the storage type.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void StoreRow<V, T>(float* row, float factor, byte* target, int headDim)
        where V : unmanaged, IVector<V>
        where T : struct, IStored
    {
        int x = 0;
        for (; x + V.Lanes <= headDim; x += V.Lanes)
            T.Store(target, x, V.Load(row + x) * V.All(factor));
        for (; x < headDim; x++)
            T.Set(target, x, row[x] * factor);
    }
}
