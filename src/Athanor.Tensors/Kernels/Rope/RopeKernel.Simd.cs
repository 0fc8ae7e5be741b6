using System.Runtime.CompilerServices;
using Athanor.Tensors.Cpu;
using Athanor.Tensors.Simd;

namespace Athanor.Tensors.Kernels;

internal static unsafe partial class RopeKernel
{
    private const long ChunkElements = 32 << 10;

    private static void RotateSimd(CpuDevice device, in RopeArguments a)
    {
        var body = new RotateBody { A = a };
        // Only whole lines are worth streaming: halves that straddle them and neighbours keep ordinary stores.
        long half = a.Rotary / 2 * a.Type.Size();
        body.Stream = a.X != a.Y && !a.Interleaved && a.YStride == a.Width && a.Rotary == a.HeadSize && half % 64 == 0 && a.Rotary / 2 % (2 * device.Lanes) == 0 && Streaming.Pays(a.Y, a.Rows, a.Width * a.Type.Size());
        device.Launch(body, a.Type, a.Rows, Math.Max(1, ChunkElements / Math.Max(1, a.Width)));
    }

    private struct RotateBody : IKernelBody
    {
        public RopeArguments A;
        public bool Stream;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<V, T>(int member, long begin, long end) where V : unmanaged, IVector<V> where T : struct, IStored
        {
            int half = A.Rotary / 2;
            for (long row = begin; row < end; row++)
            {
                long position = A.Positions != null ? A.Positions[row] : A.Offset + row % A.Period;
                void* x = Cells.At(A.X, row * A.XStride, T.Size), y = Cells.At(A.Y, row * A.YStride, T.Size);
                float* cos = A.Cos + position * half, sin = A.Sin + position * half;
                if (x != y)
                    CopyRest<T>(x, y);
                if (A.Interleaved)
                {
                    int i = Neighbours<V, T>(x, y, cos, sin);
                    NeighboursTail<T>(x, y, cos, sin, i);
                }
                else
                {
                    int i = Halves<V, T>(x, y, cos, sin, 0);
                    Halves<F1, T>(x, y, cos, sin, i);
                }
            }
        }

        /// <summary>What does not turn: the tail of each head in partial rotation, and the columns behind the heads.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly void CopyRest<T>(void* x, void* y) where T : struct, IStored
        {
            int rest = A.HeadSize - A.Rotary;
            for (int head = 0; rest > 0 && head < A.Heads; head++)
                Unsafe.CopyBlockUnaligned(Cells.At(y, head * A.HeadSize + A.Rotary, T.Size), Cells.At(x, head * A.HeadSize + A.Rotary, T.Size), (uint)(rest * T.Size));
            long behind = (long)A.Heads * A.HeadSize;
            if (A.Width > behind)
                Unsafe.CopyBlockUnaligned(Cells.At(y, behind, T.Size), Cells.At(x, behind, T.Size), (uint)((A.Width - behind) * T.Size));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly int Halves<V, T>(void* x, void* y, float* cos, float* sin, int i) where V : unmanaged, IVector<V> where T : struct, IStored
        {
            int half = A.Rotary / 2, heads = A.Heads, size = A.HeadSize;
            bool stream = Stream;
            for (; V.Lanes > 1 && i + 2 * V.Lanes <= half; i += 2 * V.Lanes)
            {
                // One set of angles, brought into the order of pairs, serves all heads of the row.
                V c0 = V.Load(cos + i), c1 = V.Load(cos + i + V.Lanes), s0 = V.Load(sin + i), s1 = V.Load(sin + i + V.Lanes);
                if (T.PairIsInterleaved)
                {
                    V.Deinterleave(c0, c1, out V cosEven, out V cosOdd);
                    V.Deinterleave(s0, s1, out V sinEven, out V sinOdd);
                    c0 = cosEven;
                    c1 = cosOdd;
                    s0 = sinEven;
                    s1 = sinOdd;
                }
                V sign = A.Backward ? V.All(-0f) : V.Zero;
                s0 = V.Xor(s0, sign);
                s1 = V.Xor(s1, sign);
                long at = i;
                for (int head = 0; head < heads; head++, at += size)
                {
                    T.LoadPair(x, at, out V p0, out V p1);
                    T.LoadPair(x, at + half, out V q0, out V q1);
                    T.StorePair(y, at, V.Fma(p0, c0, -(q0 * s0)), V.Fma(p1, c1, -(q1 * s1)), stream);
                    T.StorePair(y, at + half, V.Fma(q0, c0, p0 * s0), V.Fma(q1, c1, p1 * s1), stream);
                }
            }
            for (; i + V.Lanes <= half; i += V.Lanes)
            {
                V c = V.Load(cos + i), s = V.Load(sin + i);
                s = A.Backward ? -s : s;
                long at = i;
                for (int head = 0; head < heads; head++, at += size)
                {
                    V p = T.Load<V>(x, at), q = T.Load<V>(x, at + half);
                    T.Store(y, at, V.Fma(p, c, -(q * s)));
                    T.Store(y, at + half, V.Fma(q, c, p * s));
                }
            }
            return i;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly int Neighbours<V, T>(void* x, void* y, float* cos, float* sin) where V : unmanaged, IVector<V> where T : struct, IStored
        {
            int rotary = A.Rotary, heads = A.Heads, size = A.HeadSize, i = 0;
            if (V.Lanes == 1)
                return 0;
            if (T.PairIsInterleaved)
            {
                V turn = A.Backward ? V.All(-0f) : V.Zero;
                for (; i + 2 * V.Lanes <= rotary; i += 2 * V.Lanes)
                {
                    V c = V.Load(cos + i / 2), s = V.Xor(V.Load(sin + i / 2), turn);
                    long at = i;
                    for (int head = 0; head < heads; head++, at += size)
                    {
                        T.LoadPair(x, at, out V p, out V q);
                        T.StorePair(y, at, V.Fma(p, c, -(q * s)), V.Fma(q, c, p * s), false);
                    }
                }
            }
            // −1 in even lanes, +1 in odd ones: lane parity is iota − 2·floor(iota/2).
            V parity = V.Iota - V.Floor(V.Iota * V.All(0.5f)) * V.All(2f);
            V sign = parity * V.All(2f) - V.All(1f);
            if (A.Backward)
                sign = -sign;
            for (; i + V.Lanes <= rotary; i += V.Lanes)
            {
                V c = V.LoadTwice(cos + i / 2), s = V.LoadTwice(sin + i / 2) * sign;
                long at = i;
                for (int head = 0; head < heads; head++, at += size)
                {
                    V p = T.Load<V>(x, at);
                    T.Store(y, at, V.Fma(p, c, V.SwapPairs(p) * s));
                }
            }
            return i;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly void NeighboursTail<T>(void* x, void* y, float* cos, float* sin, int i) where T : struct, IStored
        {
            for (; i < A.Rotary; i += 2)
            {
                F1 c = F1.Load(cos + i / 2), s = F1.Load(sin + i / 2);
                s = A.Backward ? -s : s;
                long at = i;
                for (int head = 0; head < A.Heads; head++, at += A.HeadSize)
                {
                    F1 p = T.Load<F1>(x, at), q = T.Load<F1>(x, at + 1);
                    T.Store(y, at, F1.Fma(p, c, -(q * s)));
                    T.Store(y, at + 1, F1.Fma(q, c, p * s));
                }
            }
        }
    }
}
