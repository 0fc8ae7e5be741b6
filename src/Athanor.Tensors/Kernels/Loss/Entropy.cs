using System.Runtime.CompilerServices;
using Athanor.Tensors.Cpu;
using Athanor.Tensors.Simd;

namespace Athanor.Tensors.Kernels;

/// <summary>
/// Entropy of the softmax of each row: H = −Σ p log p = log s − (Σ e^d·d) / s with d = z − max z, s = Σ e^d;
/// dx_v = −upstream·p_v(log p_v + H)·dz/dx. Takes the shape and the outputs from <see cref="CrossEntropyArgs"/>: Losses is H.
/// Backward reads H from Losses and the upstream gradient of each row from Weights; targets are not read.
/// </summary>
internal static unsafe class EntropyKernel
{
    public static void Forward(CpuDevice device, in CrossEntropyArgs args)
    {
        if (device.Path == KernelPath.Reference)
            ForwardReference(args);
        else
            device.Launch(new ForwardBody { Args = args }, args.Type, args.Rows, CrossEntropyKernel.RowsPerChunk(args.Vocabulary));
    }

    public static void Backward(CpuDevice device, in CrossEntropyArgs args)
    {
        if (device.Path == KernelPath.Reference)
            BackwardReference(args);
        else
            device.Launch(new BackwardBody { Args = args }, args.Type, args.Rows, CrossEntropyKernel.RowsPerChunk(args.Vocabulary));
    }

    private static double EntropyOf(void* x, in CrossEntropyArgs args, double lse)
    {
        double sum = 0;
        for (long v = 0; v < args.Vocabulary; v++)
        {
            double logP = CrossEntropyKernel.MapLogit(args.Terms, StoredScalar.Get(x, v, args.Type)) - lse;
            // p log p tends to 0 with p.
            sum -= double.IsNegativeInfinity(logP) ? 0 : Math.Exp(logP) * logP;
        }
        return sum;
    }

    private static void ForwardReference(in CrossEntropyArgs args)
    {
        for (long i = 0; i < args.Rows; i++)
        {
            void* x = args.LogitsOf(i);
            double lse = CrossEntropyKernel.LogSumExpReference(x, args.Vocabulary, args.Type, args.Terms);
            args.LogSumExp[i] = (float)lse;
            args.Losses[i] = (float)EntropyOf(x, args, lse);
        }
    }

    private static void BackwardReference(in CrossEntropyArgs args)
    {
        for (long i = 0; i < args.Rows; i++)
        {
            void* x = args.LogitsOf(i);
            double lse = CrossEntropyKernel.LogSumExpReference(x, args.Vocabulary, args.Type, args.Terms);
            double entropy = EntropyOf(x, args, lse), upstream = args.Scale * (double)args.Weights[i];
            for (long v = 0; v < args.Vocabulary; v++)
            {
                double value = StoredScalar.Get(x, v, args.Type);
                double logP = CrossEntropyKernel.MapLogit(args.Terms, value) - lse;
                double g = double.IsNegativeInfinity(logP) ? 0 : -upstream * Math.Exp(logP) * (logP + entropy);
                StoredScalar.Set(args.GradientOf(i), v, args.GradientType, g * CrossEntropyKernel.MapSlope(args.Terms, value));
            }
        }
    }

    private struct ForwardBody : IKernelBody
    {
        public CrossEntropyArgs Args;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<V, T>(int member, long begin, long end)
            where V : unmanaged, IVector<V>
            where T : struct, IStored
        {
            for (long i = begin; i < end; i++)
            {
                if (Args.Terms.IsPlain)
                    Row<V, T, PlainLogits>(default, i);
                else
                    Row<V, T, ShapedLogits>(Args.Terms.Map, i);
            }
        }

        private readonly void Row<V, T, M>(M map, long i)
            where V : unmanaged, IVector<V>
            where T : struct, IStored
            where M : struct, ILogitMap
        {
            void* row = Args.LogitsOf(i);
            LogitState state = LogitState.Empty;
            LogitRow.Accumulate<V, T, M>(row, Args.Vocabulary, map, false, ref state);
            double weighted = LogitRow.SumExpTimesExponent<V, T, M>(row, 0, Args.Vocabulary, map, state.Shift);
            Args.LogSumExp[i] = (float)state.LogSumExp;
            Args.Losses[i] = (float)(Math.Log(state.Sum) - weighted / state.Sum);
        }
    }

    private struct BackwardBody : IKernelBody
    {
        public CrossEntropyArgs Args;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<V, T>(int member, long begin, long end)
            where V : unmanaged, IVector<V>
            where T : struct, IStored
        {
            for (long i = begin; i < end; i++)
            {
                float upstream = Args.Scale * Args.Weights[i];
                if (Args.Terms.IsPlain)
                    LogitRow.EntropyGradient<V, T, PlainLogits>(Args.LogitsOf(i), Args.GradientOf(i), 0, Args.Vocabulary, default, Args.LogSumExp[i], Args.Losses[i], upstream);
                else
                    LogitRow.EntropyGradient<V, T, ShapedLogits>(Args.LogitsOf(i), Args.GradientOf(i), 0, Args.Vocabulary, Args.Terms.Map, Args.LogSumExp[i], Args.Losses[i], upstream);
            }
        }
    }
}
