using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Athanor.Tensors.Cpu;
using Athanor.Tensors.Simd;
using Athanor.Tensors.Threading;

namespace Athanor.Tensors.Kernels;

internal static unsafe partial class NormKernel
{
    /// <summary>Elements that one work item covers, about 10 µs: enough to hide the fork, few enough to balance.</summary>
    private const long ChunkElements = 32 << 10;

    /// <summary>
    /// Rows whose statistics are taken before the first of them is written: the chain of sum, root and division of one row then runs
    /// beside the reading of the next. They must stay in the first-level cache.
    /// </summary>
    private const int MostRowsAtOnce = 4;

    private static long RowsAtOnce(long cols) => Math.Clamp(4096 / Math.Max(1, cols), 1, MostRowsAtOnce);

    private static void ForwardSimd<TKind>(CpuDevice device, in NormForward a) where TKind : IKind
    {
        float* weights = (float*)ThreadScratch.Get(0, 2 * a.Cols * sizeof(float));
        var body = new ForwardBody<TKind>
        {
            A = a,
            Gamma = SmallVectors.InPairs(a.Gamma, a.WeightType, a.Cols, weights, 1, PairLanes(device, a.Type)),
            Beta = a.Beta == null ? null : SmallVectors.InPairs(a.Beta, a.WeightType, a.Cols, weights + a.Cols, 0, PairLanes(device, a.Type)),
        };
        long rowBytes = a.Cols * a.Type.Size();
        body.Stream = Streaming.Pays(a.Y, a.Rows, rowBytes) && (a.Residual == null || (nuint)a.H % 64 == 0);
        long members = device.Team.Size;
        if (body.Stream && a.Residual != null)
        {
            // The row waits here between the passes: reading h back after a streaming store would fetch it from memory.
            body.RowBytes = (rowBytes + 63) & ~63L;
            body.Row = ThreadScratch.Get(1, body.RowBytes * MostRowsAtOnce * members);
        }
        device.Launch(body, a.Type, a.Rows, Math.Max(1, ChunkElements / Math.Max(1, a.Cols)));
    }

    /// <summary>Lanes of the interleaved pairs in which rows of that type are read; 0 where they are read in order.</summary>
    private static int PairLanes(CpuDevice device, DType type) => type == DType.BF16 && device.Lanes > 1 ? device.Lanes : 0;

    private struct ForwardBody<TKind> : IKernelBody where TKind : IKind
    {
        public NormForward A;
        public float* Gamma, Beta;
        public byte* Row;
        public long RowBytes;
        public bool Stream;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<V, T>(int member, long begin, long end) where V : unmanaged, IVector<V> where T : struct, IStored
        {
            long cols = A.Cols;
            long block = RowsAtOnce(cols);
            for (long first = begin; first < end; first += block)
            {
                long last = Math.Min(first + block, end);
                for (long row = first; row < last; row++)
                {
                    long start = row * cols;
                    void* h = Input(member, row - first, start, T.Size);
                    if (A.Residual != null)
                    {
                        long i = Add<V, T>(Cells.At(A.X, start, T.Size), Cells.At(A.Residual, start, T.Size), h, 0, cols);
                        Add<F1, T>(Cells.At(A.X, start, T.Size), Cells.At(A.Residual, start, T.Size), h, i, cols);
                    }
                    float mean = 0;
                    if (TKind.SubtractsMean)
                    {
                        mean = Sum<V, T>(h, cols) / cols;
                        A.Mean[row] = mean;
                    }
                    A.Rstd[row] = 1 / MathF.Sqrt(SquaredDeviations<V, T, TKind>(h, cols, mean) / cols + A.Epsilon);
                }
                for (long row = first; row < last; row++)
                {
                    long start = row * cols;
                    void* h = Input(member, row - first, start, T.Size), y = Cells.At(A.Y, start, T.Size);
                    void* stored = Stream && A.Residual != null ? Cells.At(A.H, start, T.Size) : null;
                    float mean = TKind.SubtractsMean ? A.Mean[row] : 0;
                    // This pass reads nothing from memory: it fetches the row that the next block's first pass will want.
                    bool more = row + block < end;
                    byte* nextX = more ? (byte*)Cells.At(A.X, start + block * cols, T.Size) : (byte*)h;
                    byte* nextResidual = more && A.Residual != null ? (byte*)Cells.At(A.Residual, start + block * cols, T.Size) : (byte*)h;
                    long done = Scale<V, T>(h, stored, y, mean, A.Rstd[row], 0, nextX, nextResidual);
                    Scale<F1, T>(h, stored, y, mean, A.Rstd[row], done, nextX, nextResidual);
                }
            }
        }

        /// <summary>Where the row that is normalised lies between the two passes.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly void* Input(int member, long slot, long start, int size) =>
            A.Residual == null ? Cells.At(A.X, start, size) : Stream ? Row + (member * MostRowsAtOnce + slot) * RowBytes : Cells.At(A.H, start, size);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly long Scale<V, T>(void* h, void* stored, void* y, float mean, float rstd, long i, byte* nextX, byte* nextResidual) where V : unmanaged, IVector<V> where T : struct, IStored
        {
            V scale = V.All(rstd), center = V.All(mean);
            bool stream = Stream && V.Lanes > 1;
            float* gamma = Gamma, beta = Beta;
            long n = A.Cols;
            for (; i + 2 * V.Lanes <= n; i += 2 * V.Lanes)
            {
                if (Sse.IsSupported)
                {
                    Sse.Prefetch0(nextX + i * T.Size);
                    Sse.Prefetch0(nextResidual + i * T.Size);
                }
                T.LoadPair(h, i, out V first, out V second);
                if (stored != null)
                    T.StorePair(stored, i, first, second, stream);
                V normal = TKind.SubtractsMean ? (first - center) * scale : first * scale, normal2 = TKind.SubtractsMean ? (second - center) * scale : second * scale;
                // Weights lie in the order of pairs.
                if (beta == null)
                    T.StorePair(y, i, normal * V.Load(gamma + i), normal2 * V.Load(gamma + i + V.Lanes), stream);
                else
                    T.StorePair(y, i, V.Fma(normal, V.Load(gamma + i), V.Load(beta + i)), V.Fma(normal2, V.Load(gamma + i + V.Lanes), V.Load(beta + i + V.Lanes)), stream);
            }
            if (V.Lanes > 1)
                return i;
            for (; i < n; i++)
            {
                V value = T.Load<V>(h, i);
                if (stored != null)
                    T.Store(stored, i, value);
                V normal = TKind.SubtractsMean ? (value - center) * scale : value * scale;
                T.Store(y, i, beta == null ? normal * V.Load(gamma + i) : V.Fma(normal, V.Load(gamma + i), V.Load(beta + i)));
            }
            return i;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static long Add<V, T>(void* x, void* r, void* h, long i, long n) where V : unmanaged, IVector<V> where T : struct, IStored
    {
        for (; i + 2 * V.Lanes <= n; i += 2 * V.Lanes)
        {
            T.LoadPair(x, i, out V x0, out V x1);
            T.LoadPair(r, i, out V r0, out V r1);
            T.StorePair(h, i, x0 + r0, x1 + r1, false);
        }
        for (; i + V.Lanes <= n; i += V.Lanes)
            T.Store(h, i, T.Load<V>(x, i) + T.Load<V>(r, i));
        return i;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Sum<V, T>(void* x, long n) where V : unmanaged, IVector<V> where T : struct, IStored
    {
        V s0 = V.Zero, s1 = V.Zero, s2 = V.Zero, s3 = V.Zero;
        long i = 0;
        for (; i + 4 * V.Lanes <= n; i += 4 * V.Lanes)
        {
            T.LoadPair(x, i, out V x0, out V x1);
            T.LoadPair(x, i + 2 * V.Lanes, out V x2, out V x3);
            s0 += x0;
            s1 += x1;
            s2 += x2;
            s3 += x3;
        }
        for (; i + V.Lanes <= n; i += V.Lanes)
            s0 += T.Load<V>(x, i);
        float tail = 0;
        for (; i < n; i++)
            tail += T.Get(x, i);
        return V.Sum(s0 + s1 + (s2 + s3)) + tail;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float SquaredDeviations<V, T, TKind>(void* x, long n, float mean)
        where V : unmanaged, IVector<V> where T : struct, IStored where TKind : IKind
    {
        V s0 = V.Zero, s1 = V.Zero, s2 = V.Zero, s3 = V.Zero, center = V.All(mean);
        long i = 0;
        for (; i + 4 * V.Lanes <= n; i += 4 * V.Lanes)
        {
            T.LoadPair(x, i, out V x0, out V x1);
            T.LoadPair(x, i + 2 * V.Lanes, out V x2, out V x3);
            s0 = Square<V, TKind>(x0, center, s0);
            s1 = Square<V, TKind>(x1, center, s1);
            s2 = Square<V, TKind>(x2, center, s2);
            s3 = Square<V, TKind>(x3, center, s3);
        }
        for (; i + V.Lanes <= n; i += V.Lanes)
            s0 = Square<V, TKind>(T.Load<V>(x, i), center, s0);
        F1 tail = F1.Zero;
        for (; i < n; i++)
            tail = Square<F1, TKind>(T.Load<F1>(x, i), F1.All(mean), tail);
        return V.Sum(s0 + s1 + (s2 + s3)) + F1.Sum(tail);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Square<V, TKind>(V x, V center, V sum) where V : unmanaged, IVector<V> where TKind : IKind
    {
        V d = TKind.SubtractsMean ? x - center : x;
        return V.Fma(d, d, sum);
    }
}
