using System.Runtime.CompilerServices;
using Athanor.Tensors.Cpu;
using Athanor.Tensors.Simd;
using Athanor.Tensors.Threading;

namespace Athanor.Tensors.Kernels;

internal static unsafe partial class SelectiveScanKernel
{
    // Channels that one item of work carries through time: their states and one chunk of history fit the second-level cache.
    private const int Part = 64;

    private static void ForwardSimd(CpuDevice device, in SelectiveScanArgs args)
    {
        float* a = Transposed(args);
        int parts = (args.Channels + Part - 1) / Part;
        device.Launch(new ForwardBody { Args = args, A = a, Parts = parts }, args.Type, (long)args.Batch * parts, 1);
    }

    /// <summary>A as [States, Channels].</summary>
    private static float* Transposed(in SelectiveScanArgs args)
    {
        float* a = (float*)ThreadScratch.Get(0, (long)args.States * args.Channels * sizeof(float));
        for (long d = 0; d < args.Channels; d++)
        {
            for (long n = 0; n < args.States; n++)
                a[n * args.Channels + d] = args.A[d * args.States + n];
        }
        return a;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Delta<V, T>(in SelectiveScanArgs args, void* row, long d, out V slope)
        where V : unmanaged, IVector<V>
        where T : struct, IStored
    {
        var x = T.Load<V>(row, d);
        if (args.DeltaBias != null)
            x += V.Load(args.DeltaBias + d);
        slope = V.All(1f);
        if (!args.Softplus)
            return x;
        slope = VectorMath.Sigmoid(x);
        return VectorMath.Softplus(x);
    }

    /// <summary>B and C of one step as fp32.</summary>
    private static void Widen<T>(in SelectiveScanArgs args, long row, float* b, float* c)
        where T : struct, IStored
    {
        for (int n = 0; n < args.States; n++)
        {
            b[n] = T.Get(args.B, row * args.States + n);
            c[n] = T.Get(args.C, row * args.States + n);
        }
    }

    private struct ForwardBody : IKernelBody
    {
        public SelectiveScanArgs Args;
        public float* A;
        public int Parts;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<V, T>(int member, long begin, long end)
            where V : unmanaged, IVector<V>
            where T : struct, IStored
        {
            int states = Args.States;
            float* h = (float*)ThreadScratch.Get(3, (Part + 2L) * states * sizeof(float)), bt = h + (long)Part * states, ct = bt + states;
            for (long item = begin; item < end; item++)
            {
                long b = item / Parts;
                int left = (int)(item - b * Parts) * Part, width = Math.Min(Part, Args.Channels - left);
                for (int n = 0; n < states; n++)
                {
                    var row = new Span<float>(h + n * Part, width);
                    if (Args.InitialState == null)
                        row.Clear();
                    else
                        new Span<float>(Args.InitialState + (b * states + n) * Args.Channels + left, width).CopyTo(row);
                }
                for (int t = 0; t < Args.Time; t++)
                {
                    if (Args.Boundaries != null && t % SelectiveScanArgs.Chunk == 0)
                        Save(h, Args.Boundaries + (b * Args.Chunks + t / SelectiveScanArgs.Chunk) * states * Args.Channels, left, width);
                    long step = b * Args.Time + t;
                    Widen<T>(Args, step, bt, ct);
                    Step<V, T>(Args, A, step, Args.Clears(b, t), left, left, left + width, h, h, null, bt, ct);
                }
                if (Args.FinalState != null)
                    Save(h, Args.FinalState + b * states * Args.Channels, left, width);
            }
        }

        private readonly void Save(float* h, float* target, int left, int width)
        {
            for (int n = 0; n < Args.States; n++)
                new Span<float>(h + n * Part, width).CopyTo(new Span<float>(target + (long)n * Args.Channels + left, width));
        }
    }

    /// <summary>
    /// One step for channels [begin, end): state <paramref name="before"/> to <paramref name="after"/> (both [States, Part]), the decay factors into
    /// <paramref name="decay"/> unless null; y only when <paramref name="c"/> is given.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Step<V, T>(in SelectiveScanArgs args, float* a, long step, bool clears, long left, long begin, long end,
        float* before, float* after, float* decay, float* b, float* c)
        where V : unmanaged, IVector<V>
        where T : struct, IStored
    {
        int states = args.States;
        long channels = args.Channels;
        void* uRow = (byte*)args.U + step * channels * T.Size, deltaRow = (byte*)args.Delta + step * channels * T.Size;
        long d = begin;
        for (; d + V.Lanes <= end; d += V.Lanes)
        {
            var u = T.Load<V>(uRow, d);
            var x = T.Load<V>(deltaRow, d);
            if (args.DeltaBias != null)
                x += V.Load(args.DeltaBias + d);
            var delta = args.Softplus ? VectorMath.Softplus(x) : x;
            var du = delta * u;
            var y = args.Skip == null ? V.Zero : V.Load(args.Skip + d) * u;
            float* at = a + d;
            long s = d - left;
            for (int n = 0; n < states; n++, s += Part, at += channels)
            {
                var keep = clears ? V.Zero : VectorMath.ExpShort(delta * V.Load(at));
                var h = V.Fma(keep, V.Load(before + s), du * V.All(b[n]));
                V.Store(after + s, h);
                if (decay != null)
                    V.Store(decay + s, keep);
                if (c != null)
                    y = V.Fma(V.All(c[n]), h, y);
            }
            if (c != null)
                T.Store((byte*)args.Y + step * channels * T.Size, d, y);
        }
        if (V.Lanes > 1 && d < end)
            Step<F1, T>(args, a, step, clears, left, d, end, before, after, decay, b, c);
    }
}
