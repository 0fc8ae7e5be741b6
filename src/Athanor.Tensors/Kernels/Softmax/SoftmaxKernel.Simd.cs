using System.Runtime.CompilerServices;
using Athanor.Tensors.Cpu;
using Athanor.Tensors.Simd;
using Athanor.Tensors.Threading;

namespace Athanor.Tensors.Kernels;

internal static unsafe partial class SoftmaxKernel
{
    private const long ChunkElements = 16 << 10;

    private static void ForwardSimd(CpuDevice device, in SoftmaxArguments a)
    {
        long stride = (a.Cols + 15) & ~15L;
        float* row = (float*)ThreadScratch.Get(0, stride * device.Team.Size * sizeof(float));
        device.Launch(new ForwardBody { A = a, Scratch = row, Stride = stride }, a.Type, a.Rows, Math.Max(1, ChunkElements / Math.Max(1, a.Cols)));
    }

    private static void BackwardSimd(CpuDevice device, in SoftmaxArguments a) =>
        device.Launch(new BackwardBody { A = a }, a.Type, a.Rows, Math.Max(1, ChunkElements / Math.Max(1, a.Cols)));

    private struct ForwardBody : IKernelBody
    {
        public SoftmaxArguments A;
        public float* Scratch;
        public long Stride;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<V, T>(int member, long begin, long end) where V : unmanaged, IVector<V> where T : struct, IStored
        {
            float* z = Scratch + member * Stride;
            long n = A.Cols;
            for (long row = begin; row < end; row++)
            {
                void* x = Cells.At(A.X, row * n, T.Size), y = Cells.At(A.Y, row * n, T.Size);
                float* mask = A.Mask == null ? null : A.Mask + row % A.MaskRows * n;
                long i = Scores<V, T>(x, mask, z, 0, out V most);
                Scores<F1, T>(x, mask, z, i, out F1 mostTail);
                float top = MathF.Max(V.MaxAcross(most), F1.MaxAcross(mostTail));
                i = Exponentials<V>(z, top, 0, out V sum);
                Exponentials<F1>(z, top, i, out F1 sumTail);
                float total = V.Sum(sum) + F1.Sum(sumTail);
                float number = A.Log ? top + MathF.Log(total) : 1 / total;
                i = Finish<V, T>(z, y, number, 0);
                Finish<F1, T>(z, y, number, i);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly long Scores<V, T>(void* x, float* mask, float* z, long i, out V most) where V : unmanaged, IVector<V> where T : struct, IStored
        {
            // A NaN may drop out of this maximum; the sum of exponentials brings it back.
            V scale = V.All(A.Scale), m0 = V.All(float.NegativeInfinity), m1 = m0;
            for (; i + 2 * V.Lanes <= A.Cols; i += 2 * V.Lanes)
            {
                V z0 = Score<V, T>(x, mask, i, scale), z1 = Score<V, T>(x, mask, i + V.Lanes, scale);
                V.Store(z + i, z0);
                V.Store(z + i + V.Lanes, z1);
                m0 = V.MaxNative(m0, z0);
                m1 = V.MaxNative(m1, z1);
            }
            for (; i + V.Lanes <= A.Cols; i += V.Lanes)
            {
                V z0 = Score<V, T>(x, mask, i, scale);
                V.Store(z + i, z0);
                m0 = V.MaxNative(m0, z0);
            }
            most = V.Max(m0, m1);
            return i;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static V Score<V, T>(void* x, float* mask, long i, V scale) where V : unmanaged, IVector<V> where T : struct, IStored
        {
            V value = T.Load<V>(x, i) * scale;
            return mask == null ? value : value + V.Load(mask + i);
        }

        /// <summary>Σ e^(z − top); for softmax the exponentials replace z.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly long Exponentials<V>(float* z, float top, long i, out V sum) where V : unmanaged, IVector<V>
        {
            V shift = V.All(top), s0 = V.Zero, s1 = V.Zero;
            bool keep = !A.Log;
            for (; i + 2 * V.Lanes <= A.Cols; i += 2 * V.Lanes)
            {
                V e0 = VectorMath.Exp(V.Load(z + i) - shift), e1 = VectorMath.Exp(V.Load(z + i + V.Lanes) - shift);
                if (keep)
                {
                    V.Store(z + i, e0);
                    V.Store(z + i + V.Lanes, e1);
                }
                s0 += e0;
                s1 += e1;
            }
            for (; i + V.Lanes <= A.Cols; i += V.Lanes)
            {
                V e0 = VectorMath.Exp(V.Load(z + i) - shift);
                if (keep)
                    V.Store(z + i, e0);
                s0 += e0;
            }
            sum = s0 + s1;
            return i;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly long Finish<V, T>(float* z, void* y, float number, long i) where V : unmanaged, IVector<V> where T : struct, IStored
        {
            V factor = V.All(number);
            for (; i + V.Lanes <= A.Cols; i += V.Lanes)
                T.Store(y, i, A.Log ? V.Load(z + i) - factor : V.Load(z + i) * factor);
            return i;
        }
    }

    private struct BackwardBody : IKernelBody
    {
        public SoftmaxArguments A;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<V, T>(int member, long begin, long end) where V : unmanaged, IVector<V> where T : struct, IStored
        {
            for (long row = begin; row < end; row++)
            {
                void* y = Cells.At(A.Y, row * A.Cols, T.Size), dy = Cells.At(A.DY, row * A.Cols, T.Size), dx = Cells.At(A.DX, row * A.Cols, T.Size);
                long i = Dot<V, T>(y, dy, 0, out V sum);
                Dot<F1, T>(y, dy, i, out F1 tail);
                float total = V.Sum(sum) + F1.Sum(tail);
                i = Finish<V, T>(y, dy, dx, total, 0);
                Finish<F1, T>(y, dy, dx, total, i);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly long Dot<V, T>(void* y, void* dy, long i, out V sum) where V : unmanaged, IVector<V> where T : struct, IStored
        {
            V s0 = V.Zero, s1 = V.Zero;
            for (; i + 2 * V.Lanes <= A.Cols; i += 2 * V.Lanes)
            {
                s0 = V.Fma(T.Load<V>(dy, i), A.Log ? V.All(1f) : T.Load<V>(y, i), s0);
                s1 = V.Fma(T.Load<V>(dy, i + V.Lanes), A.Log ? V.All(1f) : T.Load<V>(y, i + V.Lanes), s1);
            }
            for (; i + V.Lanes <= A.Cols; i += V.Lanes)
                s0 = V.Fma(T.Load<V>(dy, i), A.Log ? V.All(1f) : T.Load<V>(y, i), s0);
            sum = s0 + s1;
            return i;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly long Finish<V, T>(void* y, void* dy, void* dx, float total, long i) where V : unmanaged, IVector<V> where T : struct, IStored
        {
            V scale = V.All(A.Scale), sum = V.All(total);
            for (; i + V.Lanes <= A.Cols; i += V.Lanes)
            {
                V result = T.Load<V>(y, i), upstream = T.Load<V>(dy, i);
                V value = A.Log ? upstream - VectorMath.Exp(result) * sum : result * (upstream - sum);
                T.Store(dx, i, value * scale);
            }
            return i;
        }
    }
}
