using System.Runtime.CompilerServices;
using Athanor.Tensors.Cpu;
using Athanor.Tensors.Simd;

namespace Athanor.Tensors.Kernels;

internal static unsafe partial class CrossEntropyKernel
{
    /// <summary>Loss from the finished statistics of a row.</summary>
    internal static double LossOf(in LogitState state, in CrossEntropyTerms terms, int vocabulary)
    {
        double lse = state.LogSumExp;
        double loss = (1 - terms.LabelSmoothing) * (lse - state.Target);
        if (terms.LabelSmoothing != 0)
            loss += terms.LabelSmoothing * (lse - state.Linear / vocabulary);
        return terms.ZLoss == 0 ? loss : loss + terms.ZLoss * lse * lse;
    }

    private struct ForwardBody : IKernelBody
    {
        public CrossEntropyArgs Args;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<V, T>(int member, long begin, long end)
            where V : unmanaged, IVector<V>
            where T : struct, IStored
        {
            if (Args.Terms.IsPlain)
                Rows<V, T, PlainLogits>(default, begin, end);
            else
                Rows<V, T, ShapedLogits>(Args.Terms.Map, begin, end);
        }

        private readonly void Rows<V, T, M>(M map, long begin, long end)
            where V : unmanaged, IVector<V>
            where T : struct, IStored
            where M : struct, ILogitMap
        {
            for (long i = begin; i < end; i++)
            {
                void* row = Args.LogitsOf(i);
                LogitState state = LogitState.Empty;
                bool counts = Args.Weight(i) != 0;
                LogitRow.Accumulate<V, T, M>(row, Args.Vocabulary, map, counts && Args.Terms.LabelSmoothing != 0, ref state);
                if (Args.LogSumExp != null)
                    Args.LogSumExp[i] = (float)state.LogSumExp;
                if (Args.Losses == null)
                    continue;
                if (counts)
                    state.Target = F1.Sum(map.Map(F1.All(T.Get(row, Args.Targets[i]))));
                Args.Losses[i] = counts ? (float)LossOf(state, Args.Terms, Args.Vocabulary) : 0;
            }
        }
    }

    private struct BackwardBody : IKernelBody
    {
        public CrossEntropyArgs Args;
        public bool Stream;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<V, T>(int member, long begin, long end)
            where V : unmanaged, IVector<V>
            where T : struct, IStored
        {
            if (Args.GradientType == DType.F32)
                Choose<V, T, StoredF32>(begin, end);
            else
                Choose<V, T, StoredBf16>(begin, end);
        }

        private readonly void Choose<V, T, TOut>(long begin, long end)
            where V : unmanaged, IVector<V>
            where T : struct, IStored
            where TOut : struct, IStored
        {
            for (long i = begin; i < end; i++)
            {
                if (Args.Terms.IsPlain)
                    RowGradient<V, T, TOut, PlainLogits>(Args, i, default, 0, Args.Vocabulary, Args.LogSumExp[i], 1, Args.LogSumExp[i], Stream);
                else
                    RowGradient<V, T, TOut, ShapedLogits>(Args, i, Args.Terms.Map, 0, Args.Vocabulary, Args.LogSumExp[i], 1, Args.LogSumExp[i], Stream);
            }
        }
    }

    /// <summary>
    /// Gradient of the logits [from, from + width) of row i, p = exp(z − shift)·share; Logits and Gradient start at column <paramref name="from"/>.
    /// </summary>
    internal static void RowGradient<V, T, TOut, M>(in CrossEntropyArgs args, long i, M map, int from, int width, float shift, float share, float lse, bool stream)
        where V : unmanaged, IVector<V>
        where T : struct, IStored
        where TOut : struct, IStored
        where M : struct, ILogitMap
    {
        void* row = args.LogitsOf(i);
        void* gradient = args.GradientOf(i);
        float weight = args.Weight(i);
        if (weight == 0)
        {
            new Span<byte>(gradient, width * TOut.Size).Clear();
            return;
        }
        float c = args.Scale * weight;
        float factor = c * share * (args.Terms.ZLoss == 0 ? 1 : 1 + 2 * args.Terms.ZLoss * lse);
        float floor = c * args.Terms.LabelSmoothing / args.Vocabulary;
        int target = args.Targets[i] - from;
        bool here = (uint)target < (uint)width;
        // Read before the pass: the gradient may lie over the logits.
        var z = here ? map.Map(F1.All(T.Get(row, target))) : F1.Zero;
        LogitRow.Gradient<V, T, TOut, M>(row, gradient, 0, width, map, shift, factor, floor, stream);
        if (here)
        {
            var g = F1.Fma(VectorMath.ExpShort(z - F1.All(shift)), F1.All(factor), F1.All(-floor - c * (1 - args.Terms.LabelSmoothing)));
            TOut.Set(gradient, target, F1.Sum(M.IsPlain ? g : g * map.Slope(z)));
        }
    }
}
