using System.Runtime.CompilerServices;
using Athanor.Tensors.Simd;

namespace Athanor.Tensors.Kernels;

internal static unsafe partial class LionKernel
{
    /// <summary>The storage type BF16 means that a bf16 copy is written.</summary>
    private struct Sweep : IElementSweep
    {
        public LionArgs Args;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Elements<V, T>(long begin, long end)
            where V : unmanaged, IVector<V>
            where T : struct, IStored
        {
            float* master = Args.Master, momentum = Args.Momentum, gradient = Args.Gradient;
            ushort* copy = Args.Copy;
            bool zero = Args.ZeroGradient;
            var beta1 = V.All(Args.Beta1);
            var rest1 = V.All(1 - Args.Beta1);
            var beta2 = V.All(Args.Beta2);
            var rest2 = V.All(1 - Args.Beta2);
            var scale = V.All(Args.GradientScale);
            var decay = V.All((float)(1 - (double)Args.LearningRate * Args.WeightDecay));
            var stepSize = V.All(-Args.LearningRate);
            for (long i = begin; i < end; i += V.Lanes)
            {
                var g = V.Load(gradient + i) * scale;
                var m = V.Load(momentum + i);
                var c = V.Fma(beta1, m, rest1 * g);
                // ±1 by c's own sign bit; zero and NaN are what they are.
                var sign = V.Or(V.And(c, V.All(-0f)), V.All(1f));
                sign = V.Select(V.Less(V.Zero, V.Abs(c)), sign, c);
                var w = V.Fma(stepSize, sign, V.Load(master + i) * decay);
                V.Store(momentum + i, Subnormals.Flush(V.Fma(beta2, m, rest2 * g)));
                V.Store(master + i, w);
                if (T.Size == 2)
                    T.Store(copy, i, w);
                if (zero)
                    V.Store(gradient + i, V.Zero);
            }
        }
    }
}
