using System.Runtime.CompilerServices;
using Athanor.Tensors.Cpu;
using Athanor.Tensors.Simd;

namespace Athanor.Tensors.Kernels;

/// <summary>
/// Running sums along an axis: y[o, a, i] = Σ x[o, b, i] over b ≤ a, b &lt; a when exclusive; b ≥ a or b &gt; a when reversed
/// (the backward pass of the sum is the reversed sum of the gradient).
/// </summary>
internal unsafe struct CumulativeSumArgs
{
    /// <summary>Input and output [Outer, Axis, Inner].</summary>
    public int Outer, Axis, Inner;
    public void* Input, Output;
    public DType Type;
    public bool Exclusive, Reversed;
}

/// <summary>See <see cref="CumulativeSumArgs"/>. Sums are fp64 (Inner = 1) or compensated fp32, so that long rows keep their precision.</summary>
internal static unsafe class CumulativeSumKernel
{
    private const int Columns = 64;

    public static void Run(CpuDevice device, in CumulativeSumArgs args)
    {
        if (args.Axis == 0 || args.Inner == 0)
            return;
        if (device.Path == KernelPath.Reference)
        {
            for (long o = 0; o < args.Outer; o++)
            {
                for (long i = 0; i < args.Inner; i++)
                    Line(args, o, i);
            }
            return;
        }
        int parts = (args.Inner + Columns - 1) / Columns;
        long work = (long)args.Axis * Math.Min(args.Inner, Columns);
        device.Launch(new Body { Args = args, Parts = parts }, args.Type, (long)args.Outer * parts, Math.Clamp(16384 / work, 1, 256));
    }

    private static void Line(in CumulativeSumArgs args, long o, long i)
    {
        double sum = 0;
        for (long a = 0; a < args.Axis; a++)
        {
            long at = (o * args.Axis + (args.Reversed ? args.Axis - 1 - a : a)) * args.Inner + i;
            double x = StoredScalar.Get(args.Input, at, args.Type);
            StoredScalar.Set(args.Output, at, args.Type, args.Exclusive ? sum : sum + x);
            sum += x;
        }
    }

    private struct Body : IKernelBody
    {
        public CumulativeSumArgs Args;
        public int Parts;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<V, T>(int member, long begin, long end)
            where V : unmanaged, IVector<V>
            where T : struct, IStored
        {
            for (long item = begin; item < end; item++)
            {
                long o = item / Parts, left = (item - o * Parts) * Columns, right = Math.Min(left + Columns, Args.Inner);
                if (Args.Inner == 1)
                    Scalars<T>(Args, o);
                else
                    Vectors<V, T>(Args, o, left, right);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Scalars<T>(in CumulativeSumArgs args, long o)
        where T : struct, IStored
    {
        double sum = 0;
        long at = args.Reversed ? (o + 1) * args.Axis - 1 : o * args.Axis, step = args.Reversed ? -1 : 1;
        bool exclusive = args.Exclusive;
        for (long a = 0; a < args.Axis; a++, at += step)
        {
            double before = sum;
            sum += T.Get(args.Input, at);
            T.Set(args.Output, at, (float)(exclusive ? before : sum));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Vectors<V, T>(in CumulativeSumArgs args, long o, long left, long right)
        where V : unmanaged, IVector<V>
        where T : struct, IStored
    {
        long i = left;
        for (; i + V.Lanes <= right; i += V.Lanes)
        {
            V sum = V.Zero, carry = V.Zero;
            long at = (o * args.Axis + (args.Reversed ? args.Axis - 1 : 0)) * args.Inner + i, step = args.Reversed ? -args.Inner : args.Inner;
            for (long a = 0; a < args.Axis; a++, at += step)
            {
                var x = T.Load<V>(args.Input, at);
                if (args.Exclusive)
                    T.Store(args.Output, at, sum);
                // Kahan: carry is what the last addition lost. Infinities lose nothing (and ∞ − ∞ must not become the carry).
                var y = x - carry;
                var t = sum + y;
                var lost = (t - sum) - y;
                carry = V.And(V.Equal(lost - lost, V.Zero), lost);
                sum = t;
                if (!args.Exclusive)
                    T.Store(args.Output, at, sum);
            }
        }
        if (V.Lanes > 1 && i < right)
            Vectors<F1, T>(args, o, i, right);
    }
}
