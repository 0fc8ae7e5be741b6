using System.Runtime.CompilerServices;
using Athanor.Tensors.Simd;

namespace Athanor.Tensors.Kernels;

/// <summary>Running softmax statistics of one row, over the part of the vocabulary seen so far.</summary>
internal struct LogitState
{
    /// <summary>A logit so near to the largest that no exponential against it overflows; −∞ while there was none.</summary>
    public float Max;

    /// <summary>The target's logit, 0 until it is met.</summary>
    public float Target;

    /// <summary>Σ exp(z − <see cref="Shift"/>).</summary>
    public double Sum;

    /// <summary>Σ z, kept only when label smoothing asks for it.</summary>
    public double Linear;

    /// <summary>What a row of exponentials must still be multiplied with.</summary>
    public float Factor;

    public static LogitState Empty => new() { Max = float.NegativeInfinity };

    /// <summary>What exponents are taken against: a large logit, or 0 while every logit is −∞ (−∞ − −∞ is no number).</summary>
    public readonly float Shift => Max == float.NegativeInfinity ? 0 : Max;

    /// <summary>log Σ exp z; −∞ when every logit is −∞, NaN with a NaN or +∞ among them.</summary>
    public readonly double LogSumExp => Shift + Math.Log(Sum);
}

/// <summary>The passes over one row of logits that every loss of this folder is made of.</summary>
internal static unsafe class LogitRow
{
    // Where the largest logit of a block is looked for, the block is still in the first-level cache when its exponentials are taken.
    // The size fixes the order of summation: results do not depend on who computes a row.
    public const int Block = 4096;

    // A block's sum up to here shows that none of its logits is more than 11 above the shift.
    private const float MostWithoutSearch = 1 << 16;

    /// <summary>Adds logits row[0 … n) to the statistics.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Accumulate<V, T, M>(void* row, long n, M map, bool linear, ref LogitState state)
        where V : unmanaged, IVector<V>
        where T : struct, IStored
        where M : struct, ILogitMap
    {
        for (long begin = 0; begin < n; begin += Block)
        {
            long end = Math.Min(begin + Block, n);
            if (linear)
                state.Linear += SumOf<V, T, M>(row, begin, end, map);
            // Blocks of a row are mostly alike: the shift of those before serves, and the search for the largest is saved.
            if (state.Sum > 0 && SumExp<V, T, M>(row, begin, end, map, state.Shift) is var sum and <= MostWithoutSearch)
            {
                state.Sum += sum;
                continue;
            }
            // The map rises, so the largest x gives the largest z.
            float max = F1.Sum(map.Map(F1.All(MaxOf<V, T>(row, begin, end))));
            if (max > state.Max)
            {
                // Before the first finite logit the sum is 0, or NaN for good.
                if (state.Max != float.NegativeInfinity)
                    state.Sum *= Math.Exp(state.Max - max);
                state.Max = max;
            }
            state.Sum += SumExp<V, T, M>(row, begin, end, map, state.Shift);
        }
    }

    /// <summary>
    /// row = e with e[v] = exp(x[v] − shift) / correction, the shift being the largest x; returns Σ e before rounding. The correction is
    /// 1 but for the last bits.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Exponentiate<V, T>(void* row, long n, out float shift, out float correction)
        where V : unmanaged, IVector<V>
        where T : struct, IStored
    {
        float max = MaxOf<V, T>(row, 0, n);
        shift = max == float.NegativeInfinity ? 0 : max;
        correction = 1;
        double sum = 0;
        long i = 0;
        if (LogitRowPacked.Serves<V, T>())
        {
            // Parts, so that fp32 sums stay short; whole steps until the last.
            for (long end = Math.Min(Block, n); i + 32 <= n; end = Math.Min(i + Block, n))
                sum += LogitRowPacked.Exponentiate((ushort*)row, ref i, end, shift, out correction);
        }
        for (; i + V.Lanes <= n;)
        {
            V part = V.Zero;
            long end = Math.Min(i + Block, n);
            for (; i + V.Lanes <= end; i += V.Lanes)
            {
                V e = VectorMath.ExpShort(T.Load<V>(row, i) - V.All(shift)) * V.All(1 / correction);
                part += e;
                T.Store(row, i, e);
            }
            sum += V.Sum(part);
        }
        for (; i < n; i++)
        {
            float e = F1.Sum(VectorMath.ExpShort(F1.All(T.Get(row, i) - shift))) / correction;
            sum += e;
            T.Set(row, i, e);
        }
        return sum;
    }

    /// <summary>
    /// gradient[v] = (exp(z[v] − shift)·factor − floor)·dz/dx, in place if wanted: the types may differ when the target is not wider.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Gradient<V, TIn, TOut, M>(void* row, void* gradient, long begin, long n, M map, float shift, float factor, float floor, bool stream)
        where V : unmanaged, IVector<V>
        where TIn : struct, IStored
        where TOut : struct, IStored
        where M : struct, ILogitMap
    {
        long i = begin;
        if (M.IsPlain && LogitRowPacked.Serves<V, TIn>() && LogitRowPacked.Serves<V, TOut>() && floor == 0 && float.IsFinite(shift) && float.IsFinite(factor) && n >= 2 * V.Lanes)
        {
            LogitRowPacked.Gradient((ushort*)row, (ushort*)gradient, n, shift, factor, stream && row != gradient);
            return;
        }
        var shiftV = V.All(shift);
        var factorV = V.All(factor);
        var floorV = V.All(-floor);
        for (; i + V.Lanes <= n; i += V.Lanes)
        {
            var z = map.Map(TIn.Load<V>(row, i));
            var g = V.Fma(VectorMath.ExpShort(z - shiftV), factorV, floorV);
            TOut.Store(gradient, i, M.IsPlain ? g : g * map.Slope(z));
        }
        if (V.Lanes > 1 && i < n)
            Gradient<F1, TIn, TOut, M>(row, gradient, i, n, map, shift, factor, floor, false);
    }

    /// <summary>
    /// Entropy pass: gradient[v] = −upstream·p·(log p + H)·dz/dx with log p = z − lse.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void EntropyGradient<V, T, M>(void* row, void* gradient, long begin, long n, M map, float lse, float entropy, float upstream)
        where V : unmanaged, IVector<V>
        where T : struct, IStored
        where M : struct, ILogitMap
    {
        var lseV = V.All(lse);
        var entropyV = V.All(entropy);
        var scale = V.All(-upstream);
        long i = begin;
        for (; i + V.Lanes <= n; i += V.Lanes)
        {
            var z = map.Map(T.Load<V>(row, i));
            var logP = V.MaxNative(V.All(-200f), z - lseV);
            var g = VectorMath.ExpShort(logP) * (logP + entropyV) * scale;
            T.Store(gradient, i, M.IsPlain ? g : g * map.Slope(z));
        }
        if (V.Lanes > 1 && i < n)
            EntropyGradient<F1, T, M>(row, gradient, i, n, map, lse, entropy, upstream);
    }

    /// <summary>Σ e^d·d over the row, d = z − shift; a logit of −∞ adds 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double SumExpTimesExponent<V, T, M>(void* row, long begin, long n, M map, float shift)
        where V : unmanaged, IVector<V>
        where T : struct, IStored
        where M : struct, ILogitMap
    {
        var shiftV = V.All(shift);
        double total = 0;
        long i = begin;
        while (i + V.Lanes <= n)
        {
            V sum = V.Zero;
            long end = Math.Min(i + Block, n);
            for (; i + V.Lanes <= end; i += V.Lanes)
            {
                var d = V.MaxNative(V.All(-200f), map.Map(T.Load<V>(row, i)) - shiftV);
                sum = V.Fma(VectorMath.ExpShort(d), d, sum);
            }
            total += V.Sum(sum);
        }
        if (V.Lanes > 1 && i < n)
            total += SumExpTimesExponent<F1, T, M>(row, i, n, map, shift);
        return total;
    }

    // NaN is skipped here: the exponentials of the same block bring it into the sum.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float MaxOf<V, T>(void* row, long begin, long end)
        where V : unmanaged, IVector<V>
        where T : struct, IStored
    {
        long i = begin;
        float packed = float.NegativeInfinity;
        if (LogitRowPacked.Serves<V, T>())
            packed = LogitRowPacked.Max((ushort*)row, ref i, end);
        V a = V.All(packed), b = a, c = a, d = a;
        for (; i + 4 * V.Lanes <= end; i += 4 * V.Lanes)
        {
            a = V.MaxNative(T.Load<V>(row, i), a);
            b = V.MaxNative(T.Load<V>(row, i + V.Lanes), b);
            c = V.MaxNative(T.Load<V>(row, i + 2 * V.Lanes), c);
            d = V.MaxNative(T.Load<V>(row, i + 3 * V.Lanes), d);
        }
        for (; i + V.Lanes <= end; i += V.Lanes)
            a = V.MaxNative(T.Load<V>(row, i), a);
        float max = V.MaxAcross(V.MaxNative(V.MaxNative(a, b), V.MaxNative(c, d)));
        return V.Lanes > 1 && i < end ? Math.Max(max, MaxOf<F1, T>(row, i, end)) : max;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float SumExp<V, T, M>(void* row, long begin, long end, M map, float shift)
        where V : unmanaged, IVector<V>
        where T : struct, IStored
        where M : struct, ILogitMap
    {
        if (M.IsPlain && LogitRowPacked.Serves<V, T>())
            return LogitRowPacked.SumExp((ushort*)row + begin, end - begin, shift);
        long i = begin;
        var s = V.All(shift);
        V a = V.Zero, b = a;
        for (; i + 2 * V.Lanes <= end; i += 2 * V.Lanes)
        {
            a += VectorMath.ExpShort(map.Map(T.Load<V>(row, i)) - s);
            b += VectorMath.ExpShort(map.Map(T.Load<V>(row, i + V.Lanes)) - s);
        }
        for (; i + V.Lanes <= end; i += V.Lanes)
            a += VectorMath.ExpShort(map.Map(T.Load<V>(row, i)) - s);
        float sum = V.Sum(a + b);
        return V.Lanes > 1 && i < end ? sum + SumExp<F1, T, M>(row, i, end, map, shift) : sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float SumOf<V, T, M>(void* row, long begin, long end, M map)
        where V : unmanaged, IVector<V>
        where T : struct, IStored
        where M : struct, ILogitMap
    {
        V a = V.Zero;
        long i = begin;
        for (; i + V.Lanes <= end; i += V.Lanes)
            a += map.Map(T.Load<V>(row, i));
        float sum = V.Sum(a);
        return V.Lanes > 1 && i < end ? sum + SumOf<F1, T, M>(row, i, end, map) : sum;
    }
}
