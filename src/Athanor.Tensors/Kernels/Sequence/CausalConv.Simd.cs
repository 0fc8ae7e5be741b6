using System.Runtime.CompilerServices;
using Athanor.Tensors.Cpu;
using Athanor.Tensors.Simd;
using Athanor.Tensors.Threading;

namespace Athanor.Tensors.Kernels;

internal static unsafe partial class CausalConvKernel
{
    // Channels of one part of the backward pass: its da for all of time stays in the second-level cache.
    private const int Part = 64, StepsPerItem = 32;

    private static void ForwardSimd(CpuDevice device, in CausalConvArgs args)
    {
        float* taps = Transposed(args);
        int pieces = (args.Time + StepsPerItem - 1) / StepsPerItem;
        device.Launch(new ForwardBody { Args = args, Taps = taps, Pieces = pieces }, args.Type, (long)args.Batch * pieces, 1);
    }

    private static void BackwardSimd(CpuDevice device, in CausalConvArgs args)
    {
        float* taps = Transposed(args);
        int parts = (args.Channels + Part - 1) / Part;
        // Weight gradients per row of the batch, added up in order afterwards.
        long perRow = (args.Width + 1L) * args.Channels;
        float* partial = (float*)ThreadScratch.Get(1, args.Batch * perRow * sizeof(float));
        device.Launch(new BackwardBody { Args = args, Taps = taps, Parts = parts, Partial = partial }, args.Type, (long)args.Batch * parts, 1);
        for (int d = 0; d < args.Channels; d++)
        {
            for (int k = 0; k <= args.Width; k++)
            {
                double sum = 0;
                for (long b = 0; b < args.Batch; b++)
                    sum += partial[b * perRow + (long)k * args.Channels + d];
                if (k < args.Width && args.WeightGradient != null)
                    args.WeightGradient[(long)d * args.Width + args.Width - 1 - k] += (float)sum;
                else if (k == args.Width && args.BiasGradient != null)
                    args.BiasGradient[d] += (float)sum;
            }
        }
    }

    /// <summary>Weights as [tap, channel] with tap 0 the current step, and the bias as the last row.</summary>
    private static float* Transposed(in CausalConvArgs args)
    {
        float* taps = (float*)ThreadScratch.Get(0, (args.Width + 1L) * args.Channels * sizeof(float));
        for (long d = 0; d < args.Channels; d++)
        {
            for (int k = 0; k < args.Width; k++)
                taps[(long)k * args.Channels + d] = args.Weight[d * args.Width + args.Width - 1 - k];
            taps[(long)args.Width * args.Channels + d] = args.Bias == null ? 0 : args.Bias[d];
        }
        return taps;
    }

    /// <summary>Row of inputs at step t, which may lie in the initial state.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void* InputRow(in CausalConvArgs args, long b, int t) => t >= 0
        ? (byte*)args.X + (b * args.Time + t) * args.Channels * args.Type.Size()
        : (byte*)args.InitialState + (b * (args.Width - 1) + args.Width - 1 + t) * args.Channels * args.Type.Size();

    private struct ForwardBody : IKernelBody
    {
        public CausalConvArgs Args;
        public float* Taps;
        public int Pieces;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<V, T>(int member, long begin, long end)
            where V : unmanaged, IVector<V>
            where T : struct, IStored
        {
            void** inputs = stackalloc void*[MaxWidth];
            for (long item = begin; item < end; item++)
            {
                long b = item / Pieces;
                int from = (int)(item - b * Pieces) * StepsPerItem, to = Math.Min(from + StepsPerItem, Args.Time);
                for (int t = from; t < to; t++)
                {
                    int reach = Args.Reach(b, t);
                    for (int k = 0; k <= reach; k++)
                        inputs[k] = InputRow(Args, b, t - k);
                    Step<V, T>(Args, Taps, inputs, reach, (byte*)Args.Y + (b * Args.Time + t) * Args.Channels * T.Size, 0);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Activation<V, T>(in CausalConvArgs args, float* taps, void** inputs, int reach, long d)
        where V : unmanaged, IVector<V>
        where T : struct, IStored
    {
        var a = V.Load(taps + (long)args.Width * args.Channels + d);
        for (int k = 0; k <= reach; k++)
            a = V.Fma(V.Load(taps + (long)k * args.Channels + d), T.Load<V>(inputs[k], d), a);
        return a;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Step<V, T>(in CausalConvArgs args, float* taps, void** inputs, int reach, void* y, long d)
        where V : unmanaged, IVector<V>
        where T : struct, IStored
    {
        for (; d + V.Lanes <= args.Channels; d += V.Lanes)
        {
            V a = Activation<V, T>(args, taps, inputs, reach, d);
            T.Store(y, d, args.Silu ? a * VectorMath.Sigmoid(a) : a);
        }
        if (V.Lanes > 1 && d < args.Channels)
            Step<F1, T>(args, taps, inputs, reach, y, d);
    }

    private struct BackwardBody : IKernelBody
    {
        public CausalConvArgs Args;
        public float* Taps, Partial;
        public int Parts;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<V, T>(int member, long begin, long end)
            where V : unmanaged, IVector<V>
            where T : struct, IStored
        {
            var da = (float*)ThreadScratch.Get(3, (long)Args.Time * Part * sizeof(float));
            for (long item = begin; item < end; item++)
            {
                long b = item / Parts;
                int left = (int)(item - b * Parts) * Part, right = Math.Min(left + Part, Args.Channels);
                float* partial = Partial + b * (Args.Width + 1L) * Args.Channels;
                for (int k = 0; k <= Args.Width; k++)
                    new Span<float>(partial + (long)k * Args.Channels + left, right - left).Clear();
                ActivationGradients<V, T>(Args, Taps, b, left, left, right, da, partial);
                if (Args.XGradient != null || Args.InitialStateGradient != null)
                    InputGradients<V, T>(Args, Taps, b, left, left, right, da);
            }
        }
    }

    /// <summary>da for every step into scratch [Time, Part], and the row's weight gradients.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ActivationGradients<V, T>(in CausalConvArgs args, float* taps, long b, long left, long begin, long right, float* da, float* partial)
        where V : unmanaged, IVector<V>
        where T : struct, IStored
    {
        void** inputs = stackalloc void*[MaxWidth];
        long d = begin;
        long whole = begin + (right - begin) / V.Lanes * V.Lanes;
        for (int t = 0; t < args.Time && whole > begin; t++)
        {
            int reach = args.Reach(b, t);
            for (int k = 0; k <= reach; k++)
                inputs[k] = InputRow(args, b, t - k);
            void* dy = (byte*)args.YGradient + (b * args.Time + t) * args.Channels * T.Size;
            for (d = begin; d < whole; d += V.Lanes)
            {
                var g = T.Load<V>(dy, d);
                if (args.Silu)
                {
                    V a = Activation<V, T>(args, taps, inputs, reach, d);
                    var s = VectorMath.Sigmoid(a);
                    g *= s * V.Fma(a, V.All(1f) - s, V.All(1f));
                }
                V.Store(da + (long)t * Part + d - left, g);
                float* bias = partial + (long)args.Width * args.Channels + d;
                V.Store(bias, V.Load(bias) + g);
                for (int k = 0; k <= reach; k++)
                {
                    float* dw = partial + (long)k * args.Channels + d;
                    V.Store(dw, V.Fma(g, T.Load<V>(inputs[k], d), V.Load(dw)));
                }
            }
        }
        if (V.Lanes > 1 && whole < right)
            ActivationGradients<F1, T>(args, taps, b, left, whole, right, da, partial);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void InputGradients<V, T>(in CausalConvArgs args, float* taps, long b, long left, long begin, long right, float* da)
        where V : unmanaged, IVector<V>
        where T : struct, IStored
    {
        int* taken = stackalloc int[MaxWidth];
        long whole = begin + (right - begin) / V.Lanes * V.Lanes;
        int keep = args.Width - 1;
        for (int t = args.InitialStateGradient == null ? 0 : -keep; t < args.Time && whole > begin; t++)
        {
            int used = 0;
            for (int k = Math.Max(0, -t); k <= keep && t + k < args.Time; k++)
            {
                if (args.Reach(b, t + k) >= k)
                    taken[used++] = k;
            }
            void* target = t >= 0
                ? args.XGradient == null ? null : (byte*)args.XGradient + (b * args.Time + t) * args.Channels * T.Size
                : (byte*)args.InitialStateGradient + (b * keep + keep + t) * args.Channels * T.Size;
            if (target == null)
                continue;
            for (long d = begin; d < whole; d += V.Lanes)
            {
                V sum = V.Zero;
                for (int j = 0; j < used; j++)
                    sum = V.Fma(V.Load(taps + (long)taken[j] * args.Channels + d), V.Load(da + (long)(t + taken[j]) * Part + d - left), sum);
                T.Store(target, d, sum);
            }
        }
        if (V.Lanes > 1 && whole < right)
            InputGradients<F1, T>(args, taps, b, left, whole, right, da);
    }
}
