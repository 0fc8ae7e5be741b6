using System.Runtime.CompilerServices;
using Athanor.Tensors.Cpu;
using Athanor.Tensors.Simd;
using Athanor.Tensors.Threading;

namespace Athanor.Tensors.Kernels;

internal static unsafe partial class SelectiveScanKernel
{
    private static void BackwardSimd(CpuDevice device, in SelectiveScanArgs args)
    {
        float* a = Transposed(args);
        int parts = (args.Channels + Part - 1) / Part, states = args.States;
        // Sums over channels and over the batch are kept apart by part and row, and added in order afterwards.
        long steps = (long)args.Batch * args.Time, perStep = 2L * states, perRow = (states + 2L) * args.Channels;
        float* stepSums = (float*)ThreadScratch.Get(1, (parts * steps * perStep + args.Batch * perRow) * sizeof(float)), rowSums = stepSums + parts * steps * perStep;
        new Span<float>(rowSums, (int)(args.Batch * perRow)).Clear();
        var body = new BackwardBody { Args = args, A = a, Parts = parts, StepSums = stepSums, RowSums = rowSums };
        device.Launch(body, args.Type, (long)args.Batch * parts, 1);
        device.Launch(new CombineBody { Args = args, Parts = parts, StepSums = stepSums }, args.Type, steps, 64);
        for (long d = 0; d < args.Channels; d++)
        {
            for (int n = 0; n < states + 2; n++)
            {
                double sum = 0;
                for (long b = 0; b < args.Batch; b++)
                    sum += rowSums[b * perRow + n * (long)args.Channels + d];
                if (n < states && args.AGradient != null)
                    args.AGradient[d * states + n] += (float)sum;
                else if (n == states && args.SkipGradient != null)
                    args.SkipGradient[d] += (float)sum;
                else if (n == states + 1 && args.DeltaBiasGradient != null)
                    args.DeltaBiasGradient[d] += (float)sum;
            }
        }
    }

    private struct BackwardBody : IKernelBody
    {
        public SelectiveScanArgs Args;
        public float* A, StepSums, RowSums;
        public int Parts;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<V, T>(int member, long begin, long end)
            where V : unmanaged, IVector<V>
            where T : struct, IStored
        {
            const int Chunk = SelectiveScanArgs.Chunk;
            int states = Args.States;
            long block = (long)Part * states;
            // States of a chunk, its decay factors, the running gradient, lane sums of dB and dC, B and C of a step.
            float* h = (float*)ThreadScratch.Get(3, ((2L * Chunk + 2) * Part + 2 * 16 + 2) * states * sizeof(float)), decay = h + (Chunk + 1) * block, dh = decay + Chunk * block;
            float* lanes = dh + block, bt = lanes + 2L * 16 * states, ct = bt + states;
            for (long item = begin; item < end; item++)
            {
                long b = item / Parts, part = item - b * Parts;
                int left = (int)part * Part, width = Math.Min(Part, Args.Channels - left);
                for (int n = 0; n < states; n++)
                {
                    var row = new Span<float>(dh + n * Part, width);
                    if (Args.FinalStateGradient == null)
                        row.Clear();
                    else
                        new Span<float>(Args.FinalStateGradient + (b * states + n) * Args.Channels + left, width).CopyTo(row);
                }
                float* rowSums = RowSums + b * (states + 2L) * Args.Channels;
                for (int chunk = Args.Chunks - 1; chunk >= 0; chunk--)
                {
                    int from = chunk * Chunk, to = Math.Min(from + Chunk, Args.Time);
                    for (int n = 0; n < states; n++)
                    {
                        float* boundary = Args.Boundaries + ((b * Args.Chunks + chunk) * states + n) * Args.Channels + left;
                        new Span<float>(boundary, width).CopyTo(new Span<float>(h + n * Part, width));
                    }
                    for (int t = from; t < to; t++)
                    {
                        Widen<T>(Args, b * Args.Time + t, bt, ct);
                        float* at = h + (t - from) * block;
                        Step<V, T>(Args, A, b * Args.Time + t, Args.Clears(b, t), left, left, left + width, at, at + block, decay + (t - from) * block, bt, null);
                    }
                    for (int t = to - 1; t >= from; t--)
                    {
                        long step = b * Args.Time + t;
                        Widen<T>(Args, step, bt, ct);
                        float* sums = StepSums + (part * Args.Batch * Args.Time + step) * 2 * states;
                        new Span<float>(sums, 2 * states).Clear();
                        float* at = h + (t - from) * block;
                        StepBack<V, T>(Args, A, step, left, left, left + width, at, at + block, decay + (t - from) * block, dh, bt, ct, lanes, sums, rowSums);
                    }
                }
                for (int n = 0; n < states && Args.InitialStateGradient != null; n++)
                    new Span<float>(dh + n * Part, width).CopyTo(new Span<float>(Args.InitialStateGradient + (b * states + n) * Args.Channels + left, width));
            }
        }
    }

    /// <summary>Adds dB and dC of the parts up, in their order.</summary>
    private struct CombineBody : IKernelBody
    {
        public SelectiveScanArgs Args;
        public float* StepSums;
        public int Parts;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<V, T>(int member, long begin, long end)
            where V : unmanaged, IVector<V>
            where T : struct, IStored
        {
            int states = Args.States;
            long perPart = (long)Args.Batch * Args.Time * 2 * states;
            for (long step = begin; step < end; step++)
            {
                for (int n = 0; n < 2 * states; n++)
                {
                    float sum = 0;
                    for (int part = 0; part < Parts; part++)
                        sum += StepSums[part * perPart + step * 2 * states + n];
                    void* target = n < states ? Args.BGradient : Args.CGradient;
                    if (target != null)
                        T.Set(target, step * states + (n < states ? n : n - states), sum);
                }
            }
        }
    }

    /// <summary>Backward of one step: <paramref name="dh"/> goes from the state after it to the state before it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void StepBack<V, T>(in SelectiveScanArgs args, float* a, long step, long left, long begin, long end,
        float* before, float* after, float* decay, float* dh, float* b, float* c, float* lanes, float* sums, float* rowSums)
        where V : unmanaged, IVector<V>
        where T : struct, IStored
    {
        int states = args.States;
        long channels = args.Channels, offset = step * channels * T.Size, d = begin;
        if (begin + V.Lanes <= end)
        {
            new Span<float>(lanes, 2 * V.Lanes * states).Clear();
            for (; d + V.Lanes <= end; d += V.Lanes)
            {
                var u = T.Load<V>((byte*)args.U + offset, d);
                var dy = T.Load<V>((byte*)args.YGradient + offset, d);
                V delta = Delta<V, T>(args, (byte*)args.Delta + offset, d, out V slope);
                var deltaU = delta * u;
                var du = args.Skip == null ? V.Zero : dy * V.Load(args.Skip + d);
                var dDelta = V.Zero;
                float* sum = lanes;
                long s = d - left;
                for (int n = 0; n < states; n++, s += Part, sum += 2 * V.Lanes)
                {
                    var bn = V.All(b[n]);
                    var g = V.Fma(dy, V.All(c[n]), V.Load(dh + s));
                    V.Store(sum, V.Fma(g, deltaU, V.Load(sum)));
                    V.Store(sum + V.Lanes, V.Fma(dy, V.Load(after + s), V.Load(sum + V.Lanes)));
                    var back = g * V.Load(decay + s);
                    var kept = back * V.Load(before + s);
                    float* dA = rowSums + n * channels + d;
                    V.Store(dA, V.Fma(kept, delta, V.Load(dA)));
                    var gb = g * bn;
                    dDelta += V.Fma(kept, V.Load(a + n * channels + d), gb * u);
                    du = V.Fma(gb, delta, du);
                    V.Store(dh + s, back);
                }
                dDelta *= slope;
                float* dSkip = rowSums + states * channels + d, dBias = dSkip + channels;
                V.Store(dSkip, V.Fma(dy, u, V.Load(dSkip)));
                V.Store(dBias, V.Load(dBias) + dDelta);
                if (args.UGradient != null)
                    T.Store((byte*)args.UGradient + offset, d, du);
                if (args.DeltaGradient != null)
                    T.Store((byte*)args.DeltaGradient + offset, d, dDelta);
            }
            for (int n = 0; n < states; n++)
            {
                sums[n] += V.Sum(V.Load(lanes + 2L * n * V.Lanes));
                sums[states + n] += V.Sum(V.Load(lanes + (2L * n + 1) * V.Lanes));
            }
        }
        if (V.Lanes > 1 && d < end)
            StepBack<F1, T>(args, a, step, left, d, end, before, after, decay, dh, b, c, lanes, sums, rowSums);
    }
}
