using System.Runtime.CompilerServices;
using Athanor.Tensors.Simd;

namespace Athanor.Tensors.Kernels;

internal static unsafe partial class SgdKernel
{
    /// <summary>The storage type BF16 means that a bf16 copy is written.</summary>
    private struct Sweep : IElementSweep
    {
        public SgdArgs Args;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Elements<V, T>(long begin, long end)
            where V : unmanaged, IVector<V>
            where T : struct, IStored
        {
            float* master = Args.Master, momentum = Args.Momentum, gradient = Args.Gradient;
            ushort* copy = Args.Copy;
            bool zero = Args.ZeroGradient, nesterov = Args.Nesterov;
            var scale = V.All(Args.GradientScale);
            var decay = V.All(Args.WeightDecay);
            var factor = V.All(Args.MomentumFactor);
            var stepSize = V.All(-Args.LearningRate);
            for (long i = begin; i < end; i += V.Lanes)
            {
                var w = V.Load(master + i);
                var g = V.Fma(decay, w, V.Load(gradient + i) * scale);
                var direction = g;
                if (momentum != null)
                {
                    var b = Subnormals.Flush(V.Fma(factor, V.Load(momentum + i), g));
                    V.Store(momentum + i, b);
                    direction = nesterov ? V.Fma(factor, b, g) : b;
                }
                w = V.Fma(stepSize, direction, w);
                V.Store(master + i, w);
                if (T.Size == 2)
                    T.Store(copy, i, w);
                if (zero)
                    V.Store(gradient + i, V.Zero);
            }
        }
    }
}
