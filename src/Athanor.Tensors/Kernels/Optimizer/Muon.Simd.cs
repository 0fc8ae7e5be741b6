using System.Runtime.CompilerServices;
using Athanor.Tensors.Simd;

namespace Athanor.Tensors.Kernels;

internal static unsafe partial class MuonKernel
{
    /// <summary>The storage type is not used.</summary>
    private struct MomentumSweep : IElementSweep
    {
        public MuonArgs Args;
        public float* Update;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Elements<V, T>(long begin, long end)
            where V : unmanaged, IVector<V>
            where T : struct, IStored
        {
            float* momentum = Args.Momentum, gradient = Args.Gradient, update = Update;
            bool zero = Args.ZeroGradient, nesterov = Args.Nesterov;
            var factor = V.All(Args.MomentumFactor);
            var fresh = V.All((1 - Args.MomentumFactor) * Args.GradientScale);
            for (long i = begin; i < end; i += V.Lanes)
            {
                var g = V.Load(gradient + i) * fresh;
                var m = Subnormals.Flush(V.Fma(factor, V.Load(momentum + i), g));
                V.Store(momentum + i, m);
                V.Store(update + i, nesterov ? V.Fma(factor, m, g) : m);
                if (zero)
                    V.Store(gradient + i, V.Zero);
            }
        }
    }

    /// <summary>The storage type is that of x and target.</summary>
    private struct CombineSweep : IElementSweep
    {
        public CombineArgs Args;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Elements<V, T>(long begin, long end)
            where V : unmanaged, IVector<V>
            where T : struct, IStored
        {
            void* target = Args.Target, x = Args.X;
            float* y = Args.Y;
            var xFactor = V.All(Args.XFactor);
            var yFactor = V.All(Args.YFactor);
            for (long i = begin; i < end; i += V.Lanes)
            {
                var sum = V.Load(y + i) * yFactor;
                T.Store(target, i, x == null ? sum : V.Fma(xFactor, T.Load<V>(x, i), sum));
            }
        }
    }

    /// <summary>The storage type is that of x.</summary>
    private struct ApplySweep : IElementSweep
    {
        public MuonArgs Args;
        public void* X;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Elements<V, T>(long begin, long end)
            where V : unmanaged, IVector<V>
            where T : struct, IStored
        {
            float* master = Args.Master;
            ushort* copy = Args.Copy;
            void* x = X;
            var decay = V.All((float)(1 - (double)Args.LearningRate * Args.WeightDecay));
            var stepSize = V.All(-Args.LearningRate * Args.UpdateScale);
            for (long i = begin; i < end; i += V.Lanes)
            {
                var w = V.Fma(stepSize, T.Load<V>(x, i), V.Load(master + i) * decay);
                V.Store(master + i, w);
                if (copy != null)
                    V.StoreBf16(copy + i, w);
            }
        }
    }
}
