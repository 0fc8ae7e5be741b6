using System.Runtime.CompilerServices;
using Athanor.Tensors.Cpu;
using Athanor.Tensors.Simd;

namespace Athanor.Tensors.Kernels;

internal static unsafe partial class AdamW8Kernel
{
    /// <summary>Items are blocks; the storage type BF16 means that a bf16 copy is written.</summary>
    private struct Sweep : IKernelBody
    {
        private readonly AdamW8Args _args;
        private readonly float _decay, _stepSize, _inverseRoot;
        private DynamicTables _firstTables, _secondTables;

        public Sweep(in AdamW8Args args)
        {
            _args = args;
            _decay = (float)(1 - (double)args.LearningRate * args.WeightDecay);
            _stepSize = (float)(-args.LearningRate / (1 - Math.Pow(args.Beta1, args.Step)));
            _inverseRoot = (float)(1 / Math.Sqrt(1 - Math.Pow(args.Beta2, args.Step)));
            _firstTables = DynamicTables.Of<SignedMap>();
            _secondTables = DynamicTables.Of<UnsignedMap>();
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<V, T>(int member, long begin, long end)
            where V : unmanaged, IVector<V>
            where T : struct, IStored
        {
            // The new moments of one block, between the pass that finds its scale and the pass that rounds.
            float* first = stackalloc float[Block];
            float* second = stackalloc float[Block];
            for (long block = begin; block < end; block++)
            {
                long start = block * Block;
                int count = (int)Math.Min(Block, _args.Count - start), whole = count - count % V.Lanes;
                float firstMax = 0, secondMax = 0;
                Update<V, T>(start, 0, whole, block, first, second, ref firstMax, ref secondMax);
                Update<F1, T>(start, whole, count, block, first, second, ref firstMax, ref secondMax);
                _args.FirstScales[block] = firstMax < SmallestScale ? 0 : firstMax;
                _args.SecondScales[block] = secondMax < SmallestScale ? 0 : secondMax;
                float firstUnit = firstMax < SmallestScale ? 0 : 1 / firstMax, secondUnit = secondMax < SmallestScale ? 0 : 1 / secondMax;
                fixed (DynamicTables* firstTables = &_firstTables, secondTables = &_secondTables)
                {
                    Round<V, SignedMap>(_args.FirstCodes + start, first, 0, whole, firstUnit, firstTables);
                    Round<F1, SignedMap>(_args.FirstCodes + start, first, whole, count, firstUnit, firstTables);
                    Round<V, UnsignedMap>(_args.SecondCodes + start, second, 0, whole, secondUnit, secondTables);
                    Round<F1, UnsignedMap>(_args.SecondCodes + start, second, whole, count, secondUnit, secondTables);
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Update<V, T>(long start, int begin, int end, long block, float* first, float* second, ref float firstMax, ref float secondMax)
            where V : unmanaged, IVector<V>
            where T : struct, IStored
        {
            if (begin == end)
                return;
            float* master = _args.Master + start, gradient = _args.Gradient + start;
            byte* firstCodes = _args.FirstCodes + start, secondCodes = _args.SecondCodes + start;
            ushort* copy = _args.Copy;
            bool zero = _args.ZeroGradient;
            var beta1 = V.All(_args.Beta1 * _args.FirstScales[block]);
            var rest1 = V.All(1 - _args.Beta1);
            var beta2 = V.All(_args.Beta2 * _args.SecondScales[block]);
            var rest2 = V.All(1 - _args.Beta2);
            var epsilon = V.All(_args.Epsilon);
            var scale = V.All(_args.GradientScale);
            var decay = V.All(_decay);
            var stepSize = V.All(_stepSize);
            var inverseRoot = V.All(_inverseRoot);
            V largestFirst = V.Zero, largestSecond = V.Zero, poisonFirst = V.Zero, poisonSecond = V.Zero;
            fixed (DynamicTables* firstTables = &_firstTables, secondTables = &_secondTables)
            {
                for (int j = begin; j < end; j += V.Lanes)
                {
                    var g = V.Load(gradient + j) * scale;
                    var m = V.Fma(beta1, DynamicCodes.Decode<V, SignedMap>(firstCodes + j, firstTables), rest1 * g);
                    var v = V.Fma(beta2, DynamicCodes.Decode<V, UnsignedMap>(secondCodes + j, secondTables), rest2 * (g * g));
                    var direction = m / V.Fma(V.Sqrt(v), inverseRoot, epsilon);
                    var w = V.Fma(stepSize, direction, V.Load(master + j) * decay);
                    // The machine's maximum drops NaN, and the one that keeps it costs three more instructions: 0·m finds NaN in one.
                    largestFirst = V.MaxNative(V.Abs(m), largestFirst);
                    largestSecond = V.MaxNative(v, largestSecond);
                    poisonFirst = V.Fma(m, V.Zero, poisonFirst);
                    poisonSecond = V.Fma(v, V.Zero, poisonSecond);
                    V.Store(first + j, m);
                    V.Store(second + j, v);
                    V.Store(master + j, w);
                    if (T.Size == 2)
                        T.Store(copy, start + j, w);
                    if (zero)
                        V.Store(gradient + j, V.Zero);
                }
            }
            firstMax = MathF.Max(firstMax, V.MaxAcross(largestFirst) + V.Sum(poisonFirst));
            secondMax = MathF.Max(secondMax, V.MaxAcross(largestSecond) + V.Sum(poisonSecond));
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void Round<V, TMap>(byte* codes, float* values, int begin, int end, float unit, DynamicTables* tables)
            where V : unmanaged, IVector<V>
            where TMap : IDynamicMap
        {
            var units = V.All(unit);
            for (int j = begin; j < end; j += V.Lanes)
                DynamicCodes.Encode<V, TMap>(codes + j, V.Load(values + j) * units, tables);
        }
    }
}
