using System.Runtime.CompilerServices;
using Athanor.Tensors.Cpu;
using Athanor.Tensors.Simd;
using Athanor.Tensors.Threading;

namespace Athanor.Tensors.Kernels;

internal static unsafe partial class NormKernel
{
    /// <summary>Elements that one work item covers, about 10 µs: enough to hide the fork, few enough to balance.</summary>
    private const long ChunkElements = 32 << 10;

    private static void ForwardSimd<TKind>(CpuDevice device, in NormForward a) where TKind : IKind
    {
        float* weights = (float*)ThreadScratch.Get(0, 2 * a.Cols * sizeof(float));
        var body = new ForwardBody<TKind>
        {
            A = a,
            Gamma = SmallVectors.AsF32(a.Gamma, a.WeightType, a.Cols, weights, 1),
            Beta = a.Beta == null ? null : SmallVectors.AsF32(a.Beta, a.WeightType, a.Cols, weights + a.Cols, 0),
        };
        long rowBytes = a.Cols * a.Type.Size();
        body.Stream = Streaming.Pays(a.Y, a.Rows, rowBytes) && (a.Residual == null || (nuint)a.H % 64 == 0);
        long members = device.Team.Size;
        if (body.Stream && a.Residual != null)
        {
            // The row waits here between the passes: reading h back after a streaming store would fetch it from memory.
            body.RowBytes = (rowBytes + 63) & ~63L;
            body.Row = ThreadScratch.Get(1, body.RowBytes * members);
        }
        device.Launch(body, a.Type, a.Rows, Math.Max(1, ChunkElements / Math.Max(1, a.Cols)));
    }

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
            for (long row = begin; row < end; row++)
            {
                long start = row * cols;
                void* h = Cells.At(A.X, start, T.Size);
                void* stored = null;
                if (A.Residual != null)
                {
                    stored = Cells.At(A.H, start, T.Size);
                    h = Stream ? Row + member * RowBytes : stored;
                    long i = Add<V, T>(Cells.At(A.X, start, T.Size), Cells.At(A.Residual, start, T.Size), h, 0, cols);
                    Add<F1, T>(Cells.At(A.X, start, T.Size), Cells.At(A.Residual, start, T.Size), h, i, cols);
                    stored = Stream ? stored : null;
                }
                float mean = 0;
                if (TKind.SubtractsMean)
                {
                    mean = Sum<V, T>(h, cols) / cols;
                    A.Mean[row] = mean;
                }
                float rstd = 1 / MathF.Sqrt(SquaredDeviations<V, T, TKind>(h, cols, mean) / cols + A.Epsilon);
                A.Rstd[row] = rstd;
                void* y = Cells.At(A.Y, start, T.Size);
                long done = Scale<V, T>(h, stored, y, mean, rstd, 0);
                Scale<F1, T>(h, stored, y, mean, rstd, done);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly long Scale<V, T>(void* h, void* stored, void* y, float mean, float rstd, long i) where V : unmanaged, IVector<V> where T : struct, IStored
        {
            V scale = V.All(rstd), center = V.All(mean);
            bool stream = Stream && V.Lanes > 1;
            float* gamma = Gamma, beta = Beta;
            long n = A.Cols;
            for (; i + V.Lanes <= n; i += V.Lanes)
            {
                V value = T.Load<V>(h, i);
                if (stored != null)
                {
                    if (stream)
                        T.StoreStreaming(stored, i, value);
                    else
                        T.Store(stored, i, value);
                }
                V normal = TKind.SubtractsMean ? (value - center) * scale : value * scale;
                V result = beta == null ? normal * V.Load(gamma + i) : V.Fma(normal, V.Load(gamma + i), V.Load(beta + i));
                if (stream)
                    T.StoreStreaming(y, i, result);
                else
                    T.Store(y, i, result);
            }
            return i;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static long Add<V, T>(void* x, void* r, void* h, long i, long n) where V : unmanaged, IVector<V> where T : struct, IStored
    {
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
            s0 += T.Load<V>(x, i);
            s1 += T.Load<V>(x, i + V.Lanes);
            s2 += T.Load<V>(x, i + 2 * V.Lanes);
            s3 += T.Load<V>(x, i + 3 * V.Lanes);
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
            s0 = Square<V, T, TKind>(x, i, center, s0);
            s1 = Square<V, T, TKind>(x, i + V.Lanes, center, s1);
            s2 = Square<V, T, TKind>(x, i + 2 * V.Lanes, center, s2);
            s3 = Square<V, T, TKind>(x, i + 3 * V.Lanes, center, s3);
        }
        for (; i + V.Lanes <= n; i += V.Lanes)
            s0 = Square<V, T, TKind>(x, i, center, s0);
        F1 tail = F1.Zero;
        for (; i < n; i++)
            tail = Square<F1, T, TKind>(x, i, F1.All(mean), tail);
        return V.Sum(s0 + s1 + (s2 + s3)) + F1.Sum(tail);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Square<V, T, TKind>(void* x, long i, V center, V sum) where V : unmanaged, IVector<V> where T : struct, IStored where TKind : IKind
    {
        V d = TKind.SubtractsMean ? T.Load<V>(x, i) - center : T.Load<V>(x, i);
        return V.Fma(d, d, sum);
    }
}
