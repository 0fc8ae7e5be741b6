using System.Runtime.CompilerServices;
using Athanor.Tensors.Cpu;
using Athanor.Tensors.Simd;

namespace Athanor.Tensors.Kernels;

internal static unsafe partial class MuonKernel
{
    /// <summary>Items are elements.</summary>
    private struct MomentumSweep : IKernelBody
    {
        public MuonArgs Args;
        public float* Update;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<V, T>(int member, long begin, long end)
            where V : unmanaged, IVector<V>
            where T : struct, IStored
        {
            long whole = end - (end - begin) % V.Lanes;
            Elements<V>(begin, whole);
            Elements<F1>(whole, end);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly void Elements<V>(long begin, long end) where V : unmanaged, IVector<V>
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

    /// <summary>Items are elements; the storage type is that of x and target.</summary>
    private struct CombineSweep : IKernelBody
    {
        public CombineArgs Args;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<V, T>(int member, long begin, long end)
            where V : unmanaged, IVector<V>
            where T : struct, IStored
        {
            long whole = end - (end - begin) % V.Lanes;
            Elements<V, T>(begin, whole);
            Elements<F1, T>(whole, end);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly void Elements<V, T>(long begin, long end)
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

    /// <summary>Items are elements; the storage type is that of x.</summary>
    private struct ApplySweep : IKernelBody
    {
        public MuonArgs Args;
        public void* X;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<V, T>(int member, long begin, long end)
            where V : unmanaged, IVector<V>
            where T : struct, IStored
        {
            long whole = end - (end - begin) % V.Lanes;
            Elements<V, T>(begin, whole);
            Elements<F1, T>(whole, end);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly void Elements<V, T>(long begin, long end)
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
