using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Athanor.Tensors.Simd;

namespace Athanor.Tensors.Kernels;

/// <remarks>
/// The query heads of a key head are streamed together, four rows at a time: each key and value is read and widened once for four rows.
/// Numbers of queries, keys and results stay in the order of <see cref="IStored.LoadPair"/>, which costs no lane moves.
/// </remarks>
internal static unsafe partial class FlashAttention
{
    /// <summary>Rows that share what is read.</summary>
    private const int GroupedRows = 4;

    /// <summary>Whether rows go through <see cref="StreamedRows.Grouped"/>: several to a key head, and a head dim of whole pairs of registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsGrouped<V>(in AttentionArgs a)
        where V : unmanaged, IVector<V>
        => V.Lanes > 1 && a.Group * a.QueryLength > 1 && a.HeadDim % (2 * V.Lanes) == 0;

    private readonly partial struct StreamedRows
    {
        /// <summary>Keys between two looks at the running maximum: their values wait in the second-level cache, where rows a power of two apart share few sets.</summary>
        private const int GroupedKeys = 128;

        /// <summary>Values that are brought to the first-level cache ahead of the one in use.</summary>
        private const int FetchValues = 8;

        /// <summary>Floats of scratch for <see cref="Grouped"/>: queries, results, scores, sums to be reduced.</summary>
        private static long GroupedFloats(int headDim) => GroupedRows * (2L * headDim + GroupedKeys) + 16 * 16;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Grouped<V, T>(int b, int g, int chunk, float* scratch)
            where V : unmanaged, IVector<V>
            where T : struct, IStored
        {
            int rows = _a.Group * _a.QueryLength, headDim = _a.HeadDim, from = chunk * StreamedKeys, until = Math.Min(from + StreamedKeys, _a.KeyLength);
            float* queries = scratch, outputs = queries + GroupedRows * headDim, scores = outputs + GroupedRows * headDim, room = scores + GroupedRows * GroupedKeys;
            float* largest = stackalloc float[GroupedRows], sums = stackalloc float[GroupedRows], factors = stackalloc float[GroupedRows];
            for (int row = 0; row < rows; row += GroupedRows)
            {
                int first = until, end = from;
                for (int r = 0; r < GroupedRows; r++)
                {
                    // Missing rows repeat the last one and are not stored.
                    (int h, int i) = RowOf(g, Math.Min(row + r, rows - 1));
                    VisibleKeys visible = AttentionMask.Row(_a, b, i);
                    first = Math.Min(first, Math.Max(from, FirstOf(visible)));
                    end = Math.Max(end, Math.Min(until, Math.Max(visible.End0, visible.End1)));
                    Query<V, T>(_a.Q.At(b, i, h, T.Size), queries + r * headDim);
                    (largest[r], sums[r]) = (float.NegativeInfinity, 0);
                }
                new Span<float>(outputs, GroupedRows * headDim).Clear();
                for (int key = first; key < end; key += GroupedKeys)
                {
                    int count = Math.Min(GroupedKeys, end - key);
                    byte* keys = _a.K.At(b, key, g, T.Size), values = _a.V.At(b, key, g, T.Size);
                    GroupDots<V, T>(queries, keys, count, scores, room, row == 0 ? values : null);
                    for (int r = 0; r < GroupedRows; r++)
                    {
                        (int h, int i) = RowOf(g, Math.Min(row + r, rows - 1));
                        VisibleKeys visible = AttentionMask.Row(_a, b, i);
                        bool plain = !_a.HasBias && ((key >= visible.Start1 && key + count <= visible.End1) || (key >= visible.Start0 && key + count <= visible.End0));
                        float* s = scores + r * GroupedKeys;
                        float old = largest[r], now = MathF.Max(old, plain ? Largest<V>(s, count) : Biased(visible, h, i, key, count, s));
                        factors[r] = 1;
                        if (float.IsNegativeInfinity(now))
                        {
                            new Span<float>(s, count).Clear();
                            continue;
                        }
                        if (now != old)
                            factors[r] = MathF.Exp(old - now);
                        largest[r] = now;
                        sums[r] = sums[r] * factors[r] + Weights<V>(s, count, now);
                    }
                    GroupCombine<V, T>(scores, values, count, outputs, factors);
                }
                for (int r = 0; r < Math.Min(GroupedRows, rows - row); r++)
                {
                    (int h, int i) = RowOf(g, row + r);
                    float* result = Result(b, h, i, chunk);
                    (result[0], result[1]) = (largest[r], sums[r]);
                    new ReadOnlySpan<float>(outputs + r * headDim, headDim).CopyTo(new Span<float>(result + LanePad, headDim));
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private (int H, int I) RowOf(int g, int row) => (g * _a.Group + row / _a.QueryLength, row % _a.QueryLength);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private float* Result(int b, int h, int i, int chunk) =>
            _partial + ((((long)b * _a.QueryHeads + h) * _a.QueryLength + i) * _chunks + chunk) * _stride;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Query<V, T>(byte* source, float* target)
            where V : unmanaged, IVector<V>
            where T : struct, IStored
        {
            var scale = V.All(_a.Scale);
            for (int x = 0; x < _a.HeadDim; x += 2 * V.Lanes)
            {
                T.LoadPair(source, x, out V even, out V odd);
                V.Store(target + x, even * scale);
                V.Store(target + x + V.Lanes, odd * scale);
            }
        }

        /// <summary>scores[r, j] = queries[r] · keys[j], four by four. With <paramref name="values"/> also fetches keys and values ahead.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void GroupDots<V, T>(float* queries, byte* keys, int count, float* scores, float* room, byte* values)
            where V : unmanaged, IVector<V>
            where T : struct, IStored
        {
            int headDim = _a.HeadDim;
            long step = _a.K.Time * T.Size;
            float* sums = stackalloc float[16];
            for (int j = 0; j < count; j += 4, keys += 4 * step)
            {
                int many = Math.Min(4, count - j);
                if (values != null)
                    Fetch<T>(keys, values, step, j);
                byte* k0 = keys, k1 = keys + Math.Min(1, many - 1) * step, k2 = keys + Math.Min(2, many - 1) * step, k3 = keys + (many - 1) * step;
                V s00 = V.Zero, s01 = V.Zero, s02 = V.Zero, s03 = V.Zero;
                V s10 = V.Zero, s11 = V.Zero, s12 = V.Zero, s13 = V.Zero;
                V s20 = V.Zero, s21 = V.Zero, s22 = V.Zero, s23 = V.Zero;
                V s30 = V.Zero, s31 = V.Zero, s32 = V.Zero, s33 = V.Zero;
                float* q = queries;
                for (int x = 0; x < headDim; x += 2 * V.Lanes, q += 2 * V.Lanes)
                {
                    T.LoadPair(k0, x, out V e0, out V o0);
                    T.LoadPair(k1, x, out V e1, out V o1);
                    T.LoadPair(k2, x, out V e2, out V o2);
                    T.LoadPair(k3, x, out V e3, out V o3);
                    V f = V.Load(q);
                    V.AddProduct(ref s00, f, e0); V.AddProduct(ref s01, f, e1); V.AddProduct(ref s02, f, e2); V.AddProduct(ref s03, f, e3);
                    f = V.Load(q + V.Lanes);
                    V.AddProduct(ref s00, f, o0); V.AddProduct(ref s01, f, o1); V.AddProduct(ref s02, f, o2); V.AddProduct(ref s03, f, o3);
                    f = V.Load(q + headDim);
                    V.AddProduct(ref s10, f, e0); V.AddProduct(ref s11, f, e1); V.AddProduct(ref s12, f, e2); V.AddProduct(ref s13, f, e3);
                    f = V.Load(q + headDim + V.Lanes);
                    V.AddProduct(ref s10, f, o0); V.AddProduct(ref s11, f, o1); V.AddProduct(ref s12, f, o2); V.AddProduct(ref s13, f, o3);
                    f = V.Load(q + 2 * headDim);
                    V.AddProduct(ref s20, f, e0); V.AddProduct(ref s21, f, e1); V.AddProduct(ref s22, f, e2); V.AddProduct(ref s23, f, e3);
                    f = V.Load(q + 2 * headDim + V.Lanes);
                    V.AddProduct(ref s20, f, o0); V.AddProduct(ref s21, f, o1); V.AddProduct(ref s22, f, o2); V.AddProduct(ref s23, f, o3);
                    f = V.Load(q + 3 * headDim);
                    V.AddProduct(ref s30, f, e0); V.AddProduct(ref s31, f, e1); V.AddProduct(ref s32, f, e2); V.AddProduct(ref s33, f, e3);
                    f = V.Load(q + 3 * headDim + V.Lanes);
                    V.AddProduct(ref s30, f, o0); V.AddProduct(ref s31, f, o1); V.AddProduct(ref s32, f, o2); V.AddProduct(ref s33, f, o3);
                }
                Four(room, s00, s01, s02, s03);
                Four(room + 4 * V.Lanes, s10, s11, s12, s13);
                Four(room + 8 * V.Lanes, s20, s21, s22, s23);
                Four(room + 12 * V.Lanes, s30, s31, s32, s33);
                for (int done = 0; done < 16; done += V.Lanes)
                    V.Store(sums + done, SumOfEach<V>(room + done * V.Lanes));
                for (int r = 0; r < GroupedRows; r++)
                {
                    float* to = scores + r * GroupedKeys + j;
                    if (many == 4)
                        F128.Store(to, F128.Load(sums + r * 4));
                    for (int i = many & 3; --i >= 0;)
                        to[i] = sums[r * 4 + i];
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Fetch<T>(byte* keys, byte* values, long step, int j)
            where T : struct, IStored
        {
            if (!Sse.IsSupported)
                return;
            for (int r = 0; r < 4; r++)
            {
                byte* k = keys + (FetchAhead + r) * step, v = values + (j + FetchAhead + r) * _a.V.Time * T.Size;
                for (int line = 0; line < _a.HeadDim * T.Size; line += 64)
                {
                    Sse.Prefetch0(k + line);
                    Sse.Prefetch1(v + line);
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Four<V>(float* room, V a, V b, V c, V d)
            where V : unmanaged, IVector<V>
        {
            V.Store(room, a);
            V.Store(room + V.Lanes, b);
            V.Store(room + 2 * V.Lanes, c);
            V.Store(room + 3 * V.Lanes, d);
        }

        /// <summary>Lane i: the sum of the lanes of register i of as many registers as there are lanes; overwrites them.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static V SumOfEach<V>(float* room)
            where V : unmanaged, IVector<V>
        {
            for (int left = V.Lanes; left > 1; left >>= 1)
            {
                for (int i = 0; i < left; i += 2)
                {
                    V.Deinterleave(V.Load(room + i * V.Lanes), V.Load(room + (i + 1) * V.Lanes), out V even, out V odd);
                    V.Store(room + (i >> 1) * V.Lanes, even + odd);
                }
            }
            return V.Load(room);
        }

        /// <summary>outputs[r] = factors[r]·outputs[r] + Σ weights[r, j]·values[j], in strips of two pairs of registers of the head dim.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void GroupCombine<V, T>(float* weights, byte* values, int count, float* outputs, float* factors)
            where V : unmanaged, IVector<V>
            where T : struct, IStored
        {
            int headDim = _a.HeadDim, x = 0;
            long step = _a.V.Time * T.Size;
            float* w1 = weights + GroupedKeys, w2 = w1 + GroupedKeys, w3 = w2 + GroupedKeys;
            for (; x + 4 * V.Lanes <= headDim; x += 4 * V.Lanes)
            {
                float* to = outputs + x;
                Take(to, factors[0], out V o00, out V o01, out V o02, out V o03);
                Take(to + headDim, factors[1], out V o10, out V o11, out V o12, out V o13);
                Take(to + 2 * headDim, factors[2], out V o20, out V o21, out V o22, out V o23);
                Take(to + 3 * headDim, factors[3], out V o30, out V o31, out V o32, out V o33);
                byte* v = values;
                for (int j = 0; j < count; j++, v += step)
                {
                    if (Sse.IsSupported)
                    {
                        for (int line = 0; line < 4 * V.Lanes * T.Size; line += 64)
                            Sse.Prefetch0(v + FetchValues * step + x * T.Size + line);
                    }
                    T.LoadPair(v, x, out V e0, out V e1);
                    T.LoadPair(v, x + 2 * V.Lanes, out V e2, out V e3);
                    V p = V.All(weights[j]);
                    V.AddProduct(ref o00, p, e0); V.AddProduct(ref o01, p, e1); V.AddProduct(ref o02, p, e2); V.AddProduct(ref o03, p, e3);
                    p = V.All(w1[j]);
                    V.AddProduct(ref o10, p, e0); V.AddProduct(ref o11, p, e1); V.AddProduct(ref o12, p, e2); V.AddProduct(ref o13, p, e3);
                    p = V.All(w2[j]);
                    V.AddProduct(ref o20, p, e0); V.AddProduct(ref o21, p, e1); V.AddProduct(ref o22, p, e2); V.AddProduct(ref o23, p, e3);
                    p = V.All(w3[j]);
                    V.AddProduct(ref o30, p, e0); V.AddProduct(ref o31, p, e1); V.AddProduct(ref o32, p, e2); V.AddProduct(ref o33, p, e3);
                }
                Four(to, o00, o01, o02, o03);
                Four(to + headDim, o10, o11, o12, o13);
                Four(to + 2 * headDim, o20, o21, o22, o23);
                Four(to + 3 * headDim, o30, o31, o32, o33);
            }
            for (; x < headDim; x += 2 * V.Lanes)
            {
                for (int r = 0; r < GroupedRows; r++)
                {
                    float* to = outputs + r * headDim + x;
                    V even = V.Load(to) * V.All(factors[r]), odd = V.Load(to + V.Lanes) * V.All(factors[r]);
                    byte* v = values;
                    for (int j = 0; j < count; j++, v += step)
                    {
                        T.LoadPair(v, x, out V e, out V o);
                        V p = V.All(weights[r * GroupedKeys + j]);
                        V.AddProduct(ref even, p, e);
                        V.AddProduct(ref odd, p, o);
                    }
                    V.Store(to, even);
                    V.Store(to + V.Lanes, odd);
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Take<V>(float* from, float factor, out V a, out V b, out V c, out V d)
            where V : unmanaged, IVector<V>
        {
            V f = V.All(factor);
            a = V.Load(from) * f;
            b = V.Load(from + V.Lanes) * f;
            c = V.Load(from + 2 * V.Lanes) * f;
            d = V.Load(from + 3 * V.Lanes) * f;
        }
    }
}
