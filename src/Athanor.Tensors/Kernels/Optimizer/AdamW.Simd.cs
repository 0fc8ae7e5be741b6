using System.Runtime.CompilerServices;
using Athanor.Tensors.Simd;

namespace Athanor.Tensors.Kernels;

internal static unsafe partial class AdamWKernel
{
    /// <summary>The storage type BF16 means that a bf16 copy is written.</summary>
    private readonly struct Sweep : IElementSweep
    {
        private readonly AdamWArgs _args;
        private readonly float _decay, _stepSize, _inverseRoot;

        public Sweep(in AdamWArgs args)
        {
            _args = args;
            _decay = (float)(1 - (double)args.LearningRate * args.WeightDecay);
            _stepSize = (float)(-args.LearningRate / (1 - Math.Pow(args.Beta1, args.Step)));
            _inverseRoot = (float)(1 / Math.Sqrt(1 - Math.Pow(args.Beta2, args.Step)));
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Elements<V, T>(long begin, long end)
            where V : unmanaged, IVector<V>
            where T : struct, IStored
        {
            // Locals: the compiler must assume that stores through the pointers change the fields.
            float* master = _args.Master, first = _args.FirstMoment, second = _args.SecondMoment, gradient = _args.Gradient;
            ushort* copy = _args.Copy;
            bool zero = _args.ZeroGradient;
            var beta1 = V.All(_args.Beta1);
            var rest1 = V.All(1 - _args.Beta1);
            var beta2 = V.All(_args.Beta2);
            var rest2 = V.All(1 - _args.Beta2);
            var epsilon = V.All(_args.Epsilon);
            var scale = V.All(_args.GradientScale);
            var decay = V.All(_decay);
            var stepSize = V.All(_stepSize);
            var inverseRoot = V.All(_inverseRoot);
            for (long i = begin; i < end; i += V.Lanes)
            {
                var g = V.Load(gradient + i) * scale;
                var m = Subnormals.Flush(V.Fma(beta1, V.Load(first + i), rest1 * g));
                var v = Subnormals.Flush(V.Fma(beta2, V.Load(second + i), rest2 * (g * g)));
                var direction = m / V.Fma(V.Sqrt(v), inverseRoot, epsilon);
                var w = V.Fma(stepSize, direction, V.Load(master + i) * decay);
                V.Store(first + i, m);
                V.Store(second + i, v);
                V.Store(master + i, w);
                if (T.Size == 2)
                    T.Store(copy, i, w);
                if (zero)
                    V.Store(gradient + i, V.Zero);
            }
        }
    }
}
