using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Athanor.Tensors.Cpu;
using Athanor.Tensors.Simd;

namespace Athanor.Tensors.Kernels;

internal static unsafe partial class SquaredNormKernel
{
    /// <summary>Items are elements; begin / <see cref="Chunk"/> numbers the partial sum.</summary>
    private struct Sweep : IKernelBody
    {
        public float* X;
        public double* Partials;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<V, T>(int member, long begin, long end)
            where V : unmanaged, IVector<V>
            where T : struct, IStored
        {
            for (; begin < end; begin += Chunk)
                Partials[begin / Chunk] = SumOf<V>(begin, Math.Min(begin + Chunk, end));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly double SumOf<V>(long begin, long end)
            where V : unmanaged, IVector<V>
        {
            // fp32 lanes would overflow from |x| = 2e19 on; the widths share no double vector type, so each is spelled out.
            long whole = end - (end - begin) % (2 * V.Lanes);
            double sum = V.Lanes switch
            {
                16 => Wide512(X, begin, whole),
                8 => Wide256(X, begin, whole),
                4 => Wide128(X, begin, whole),
                _ => 0,
            };
            for (long i = V.Lanes == 1 ? begin : whole; i < end; i++)
                sum += (double)X[i] * X[i];
            return sum;
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static double Wide512(float* x, long begin, long end)
        {
            Vector512<double> a = default, b = default, c = default, d = default;
            for (long i = begin; i < end; i += 32)
            {
                if ((i & (PageStreams.Step / sizeof(float) - 1)) == 0)
                    PageStreams.Ask(x + i);
                var (p, q) = Vector512.Widen(Vector512.Load(x + i));
                var (r, s) = Vector512.Widen(Vector512.Load(x + i + 16));
                a = Vector512.MultiplyAddEstimate(p, p, a);
                b = Vector512.MultiplyAddEstimate(q, q, b);
                c = Vector512.MultiplyAddEstimate(r, r, c);
                d = Vector512.MultiplyAddEstimate(s, s, d);
            }
            return Vector512.Sum((a + b) + (c + d));
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static double Wide256(float* x, long begin, long end)
        {
            Vector256<double> a = default, b = default, c = default, d = default;
            for (long i = begin; i < end; i += 16)
            {
                var (p, q) = Vector256.Widen(Vector256.Load(x + i));
                var (r, s) = Vector256.Widen(Vector256.Load(x + i + 8));
                a = Vector256.MultiplyAddEstimate(p, p, a);
                b = Vector256.MultiplyAddEstimate(q, q, b);
                c = Vector256.MultiplyAddEstimate(r, r, c);
                d = Vector256.MultiplyAddEstimate(s, s, d);
            }
            return Vector256.Sum((a + b) + (c + d));
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static double Wide128(float* x, long begin, long end)
        {
            Vector128<double> a = default, b = default, c = default, d = default;
            for (long i = begin; i < end; i += 8)
            {
                var (p, q) = Vector128.Widen(Vector128.Load(x + i));
                var (r, s) = Vector128.Widen(Vector128.Load(x + i + 4));
                a = Vector128.MultiplyAddEstimate(p, p, a);
                b = Vector128.MultiplyAddEstimate(q, q, b);
                c = Vector128.MultiplyAddEstimate(r, r, c);
                d = Vector128.MultiplyAddEstimate(s, s, d);
            }
            return Vector128.Sum((a + b) + (c + d));
        }
    }
}
