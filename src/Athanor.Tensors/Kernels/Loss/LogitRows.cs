using System.Runtime.CompilerServices;
using Athanor.Tensors.Cpu;
using Athanor.Tensors.Simd;

namespace Athanor.Tensors.Kernels;

/// <summary>
/// Rows of logits z as fp32 and their log Σ exp z in double: log p of any id is the fp32 of z − lse, to the bit what <see cref="CrossEntropyKernel"/>
/// and the fused loss give for that id as target.
/// </summary>
internal static unsafe class LogitRowsKernel
{
    /// <summary>Fills <paramref name="values"/> [Rows, Vocabulary] and, unless null, <paramref name="logSumExp"/> [Rows]; reads shape, logits and terms of the arguments.</summary>
    public static void Run(CpuDevice device, in CrossEntropyArgs args, float* values, double* logSumExp)
    {
        if (device.Path == KernelPath.Reference)
            Reference(args, values, logSumExp);
        else
            device.Launch(new Body { Args = args, Values = values, LogSumExp = logSumExp }, args.Type, args.Rows, CrossEntropyKernel.RowsPerChunk(args.Vocabulary));
    }

    private static void Reference(in CrossEntropyArgs args, float* values, double* logSumExp)
    {
        for (long i = 0; i < args.Rows; i++)
        {
            void* row = args.LogitsOf(i);
            for (long v = 0; v < args.Vocabulary; v++)
                values[i * args.Vocabulary + v] = (float)CrossEntropyKernel.MapLogit(args.Terms, StoredScalar.Get(row, v, args.Type));
            if (logSumExp != null)
                logSumExp[i] = CrossEntropyKernel.LogSumExpReference(row, args.Vocabulary, args.Type, args.Terms);
        }
    }

    private struct Body : IKernelBody
    {
        public CrossEntropyArgs Args;
        public float* Values;
        public double* LogSumExp;

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
                if (LogSumExp != null)
                {
                    LogitState state = LogitState.Empty;
                    LogitRow.Accumulate<V, T, M>(row, Args.Vocabulary, map, false, ref state);
                    LogSumExp[i] = state.LogSumExp;
                }
                float* values = Values + i * Args.Vocabulary;
                long v = 0;
                for (; v + V.Lanes <= Args.Vocabulary; v += V.Lanes)
                    V.Store(values + v, map.Map(T.Load<V>(row, v)));
                for (; v < Args.Vocabulary; v++)
                    values[v] = F1.Sum(map.Map(F1.All(T.Get(row, v))));
            }
        }
    }
}
