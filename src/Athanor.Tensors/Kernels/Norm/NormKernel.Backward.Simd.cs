using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Athanor.Tensors.Cpu;
using Athanor.Tensors.Simd;
using Athanor.Tensors.Threading;

namespace Athanor.Tensors.Kernels;

internal static unsafe partial class NormKernel
{
    /// <summary>Most partial sums of the weight gradients: bounds the scratch and the combining pass, and is the same for every team.</summary>
    private const long MostPartials = 128;

    private static void BackwardSimd<TKind>(CpuDevice device, in NormBackward a) where TKind : IKind
    {
        long chunk = Math.Max(Math.Max(1, ChunkElements / Math.Max(1, a.Cols)), (a.Rows + MostPartials - 1) / MostPartials);
        long chunks = (a.Rows + chunk - 1) / chunk;
        // Whole cache lines per partial keep members off each other's lines.
        long stride = (a.Cols + 15) & ~15L;
        float* scratch = (float*)ThreadScratch.Get(0, (2 + 2 * chunks) * stride * sizeof(float));
        int lanes = PairLanes(device, a.Type);
        var body = new BackwardBody<TKind>
        {
            A = a,
            Chunk = chunk,
            Stride = stride,
            Gamma = SmallVectors.InPairs(a.Gamma, a.WeightType, a.Cols, scratch, 1, lanes),
            GammaPartials = a.DGamma == null ? null : scratch + stride,
            BetaPartials = a.DBeta == null ? null : scratch + (1 + chunks) * stride,
            Stream = Streaming.Pays(a.DH, a.Rows, a.Cols * a.Type.Size()),
        };
        device.Launch(body, a.Type, a.Rows, chunk);
        var combine = new CombineBody { Chunks = chunks, Stride = stride, Target = scratch + (1 + 2 * chunks) * stride };
        if (a.DGamma != null)
            AddUp(device, combine with { Partials = body.GammaPartials }, a.DGamma, a.Cols, lanes);
        if (a.DBeta != null)
            AddUp(device, combine with { Partials = body.BetaPartials }, a.DBeta, a.Cols, lanes);
    }

    private static void AddUp(CpuDevice device, in CombineBody combine, float* gradient, long cols, int lanes)
    {
        device.Launch(combine, DType.F32, cols, 1024);
        SmallVectors.AddInPairs(gradient, combine.Target, cols, lanes);
    }

    private struct BackwardBody<TKind> : IKernelBody where TKind : IKind
    {
        public NormBackward A;
        public float* Gamma, GammaPartials, BetaPartials;
        public long Chunk, Stride;
        public bool Stream;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<V, T>(int member, long begin, long end) where V : unmanaged, IVector<V> where T : struct, IStored
        {
            long cols = A.Cols;
            float* dGamma = GammaPartials == null ? null : GammaPartials + begin / Chunk * Stride;
            float* dBeta = BetaPartials == null ? null : BetaPartials + begin / Chunk * Stride;
            if (dGamma != null)
                new Span<float>(dGamma, (int)cols).Clear();
            if (dBeta != null)
                new Span<float>(dBeta, (int)cols).Clear();
            long block = RowsAtOnce(cols);
            float* means = stackalloc float[2 * MostRowsAtOnce];
            for (long first = begin; first < end; first += block)
            {
                long last = Math.Min(first + block, end);
                for (long row = first; row < last;)
                {
                    bool two = row + 1 < last;
                    GatherRows<V, T>(row, two, dGamma, dBeta, row + block + (two ? 1 : 0) < end ? block * cols * T.Size : 0, means + 2 * (row - first));
                    row += two ? 2 : 1;
                }
                for (long row = first; row < last; row++)
                {
                    void* h = Cells.At(A.H, row * cols, T.Size), dy = Cells.At(A.DY, row * cols, T.Size), dh = Cells.At(A.DH, row * cols, T.Size);
                    void* next = A.DHNext == null ? null : Cells.At(A.DHNext, row * cols, T.Size);
                    float mean = TKind.SubtractsMean ? A.Mean[row] : 0, meanG = means[2 * (row - first)], meanProduct = means[2 * (row - first) + 1];
                    // Each pass fetches one of the inputs of the next block: memory has no pause.
                    long ahead = row + block < end ? block * cols * T.Size : 0;
                    long i = Finish<V, T>(h, dy, next, dh, mean, A.Rstd[row], meanG, meanProduct, 0, ahead);
                    Finish<F1, T>(h, dy, next, dh, mean, A.Rstd[row], meanG, meanProduct, i, ahead);
                }
            }
        }

        /// <summary>
        /// What the gradient of one row or of two neighbours needs: the means of g and of g·x̂, one behind the other. Two rows read the weights
        /// and update their gradients once.
        /// </summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly void GatherRows<V, T>(long row, bool two, float* dGamma, float* dBeta, long ahead, float* means)
            where V : unmanaged, IVector<V> where T : struct, IStored
        {
            long cols = A.Cols;
            if (two)
            {
                long i = GatherTwo<V, T>(row, dGamma, dBeta, ahead, out V sum0, out V product0, out V sum1, out V product1);
                Gather<F1, T>(row, dGamma, dBeta, i, ahead, out F1 sumTail, out F1 productTail);
                SetMeans(means, row, V.Sum(sum0) + F1.Sum(sumTail), V.Sum(product0) + F1.Sum(productTail));
                Gather<F1, T>(row + 1, dGamma, dBeta, i, ahead, out sumTail, out productTail);
                SetMeans(means + 2, row + 1, V.Sum(sum1) + F1.Sum(sumTail), V.Sum(product1) + F1.Sum(productTail));
            }
            else
            {
                long i = Gather<V, T>(row, dGamma, dBeta, 0, ahead, out V sum, out V product);
                Gather<F1, T>(row, dGamma, dBeta, i, ahead, out F1 sumTail, out F1 productTail);
                SetMeans(means, row, V.Sum(sum) + F1.Sum(sumTail), V.Sum(product) + F1.Sum(productTail));
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly void SetMeans(float* means, long row, float sum, float product)
        {
            means[0] = sum / A.Cols;
            // ρ, which x̂ holds once, enters here.
            means[1] = product * A.Rstd[row] / A.Cols;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly long Gather<V, T>(long row, float* dGamma, float* dBeta, long i, long ahead, out V sum, out V product)
            where V : unmanaged, IVector<V> where T : struct, IStored
        {
            void* h = Cells.At(A.H, row * A.Cols, T.Size), dy = Cells.At(A.DY, row * A.Cols, T.Size);
            V scale = V.All(A.Rstd[row]), center = Center<V>(row), s0 = V.Zero, s1 = V.Zero, p0 = V.Zero, p1 = V.Zero;
            long n = A.Cols;
            for (; i + 2 * V.Lanes <= n; i += 2 * V.Lanes)
            {
                Fetch((byte*)h + ahead + i * T.Size);
                T.LoadPair(h, i, out V h0, out V h1);
                T.LoadPair(dy, i, out V dy0, out V dy1);
                GatherOne(h0, dy0, dGamma, dBeta, center, scale, i, ref s0, ref p0);
                GatherOne(h1, dy1, dGamma, dBeta, center, scale, i + V.Lanes, ref s1, ref p1);
            }
            for (; V.Lanes == 1 && i < n; i++)
                GatherOne(T.Load<V>(h, i), T.Load<V>(dy, i), dGamma, dBeta, center, scale, i, ref s0, ref p0);
            sum = s0 + s1;
            product = p0 + p1;
            return i;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly void GatherOne<V>(V h, V upstream, float* dGamma, float* dBeta, V center, V scale, long i, ref V sum, ref V product)
            where V : unmanaged, IVector<V>
        {
            V gamma = V.Load(Gamma + i), both = upstream * (TKind.SubtractsMean ? h - center : h);
            if (TKind.SubtractsMean)
                sum = V.Fma(upstream, gamma, sum);
            product = V.Fma(both, gamma, product);
            if (dGamma != null)
                V.Store(dGamma + i, V.Fma(both, scale, V.Load(dGamma + i)));
            if (dBeta != null)
                V.Store(dBeta + i, upstream + V.Load(dBeta + i));
        }

        /// <summary>The same sums as <see cref="Gather"/> row by row, in the same order.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly long GatherTwo<V, T>(long row, float* dGamma, float* dBeta, long ahead, out V sum0, out V product0, out V sum1, out V product1)
            where V : unmanaged, IVector<V> where T : struct, IStored
        {
            long n = A.Cols, i = 0;
            byte* h = (byte*)Cells.At(A.H, row * n, T.Size), dy = (byte*)Cells.At(A.DY, row * n, T.Size), h2 = h + n * T.Size, dy2 = dy + n * T.Size;
            V scale0 = V.All(A.Rstd[row]), scale1 = V.All(A.Rstd[row + 1]), center0 = Center<V>(row), center1 = Center<V>(row + 1);
            V s00 = V.Zero, s01 = V.Zero, s10 = V.Zero, s11 = V.Zero, p00 = V.Zero, p01 = V.Zero, p10 = V.Zero, p11 = V.Zero;
            for (; i + 2 * V.Lanes <= n; i += 2 * V.Lanes)
            {
                Fetch(h + ahead + i * T.Size);
                Fetch(h2 + ahead + i * T.Size);
                T.LoadPair(h, i, out V x00, out V x01);
                T.LoadPair(dy, i, out V dy00, out V dy01);
                T.LoadPair(h2, i, out V x10, out V x11);
                T.LoadPair(dy2, i, out V dy10, out V dy11);
                GatherBoth(x00, dy00, x10, dy10, dGamma, dBeta, center0, center1, scale0, scale1, i, ref s00, ref p00, ref s10, ref p10);
                GatherBoth(x01, dy01, x11, dy11, dGamma, dBeta, center0, center1, scale0, scale1, i + V.Lanes, ref s01, ref p01, ref s11, ref p11);
            }
            sum0 = s00 + s01;
            product0 = p00 + p01;
            sum1 = s10 + s11;
            product1 = p10 + p11;
            return i;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly void GatherBoth<V>(V h0, V dy0, V h1, V dy1, float* dGamma, float* dBeta, V center0, V center1, V scale0, V scale1, long i,
            ref V sum0, ref V product0, ref V sum1, ref V product1)
            where V : unmanaged, IVector<V>
        {
            V gamma = V.Load(Gamma + i), both0 = dy0 * (TKind.SubtractsMean ? h0 - center0 : h0), both1 = dy1 * (TKind.SubtractsMean ? h1 - center1 : h1);
            if (TKind.SubtractsMean)
            {
                sum0 = V.Fma(dy0, gamma, sum0);
                sum1 = V.Fma(dy1, gamma, sum1);
            }
            product0 = V.Fma(both0, gamma, product0);
            product1 = V.Fma(both1, gamma, product1);
            if (dGamma != null)
                V.Store(dGamma + i, V.Fma(both1, scale1, V.Fma(both0, scale0, V.Load(dGamma + i))));
            if (dBeta != null)
                V.Store(dBeta + i, dy1 + (dy0 + V.Load(dBeta + i)));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly V Center<V>(long row) where V : unmanaged, IVector<V> => TKind.SubtractsMean ? V.All(A.Mean[row]) : V.Zero;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Fetch(byte* address)
        {
            if (Sse.IsSupported)
                Sse.Prefetch0(address);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly long Finish<V, T>(void* h, void* dy, void* next, void* dh, float mean, float rstd, float meanG, float meanProduct, long i, long ahead)
            where V : unmanaged, IVector<V> where T : struct, IStored
        {
            // ρ·(g − m − x̂·c) = ρ·g − ρ·m − (h − μ)·ρ²·c
            V scale = V.All(rstd), center = V.All(mean), shift = V.All(-rstd * meanG), slope = V.All(-rstd * rstd * meanProduct);
            bool stream = Stream && V.Lanes > 1;
            float* gamma = Gamma;
            long n = A.Cols;
            for (; i + 2 * V.Lanes <= n; i += 2 * V.Lanes)
            {
                Fetch((byte*)dy + ahead + i * T.Size);
                T.LoadPair(h, i, out V h0, out V h1);
                T.LoadPair(dy, i, out V dy0, out V dy1);
                V first = TKind.SubtractsMean ? V.Fma(h0 - center, slope, shift) : h0 * slope, second = TKind.SubtractsMean ? V.Fma(h1 - center, slope, shift) : h1 * slope;
                first = V.Fma(dy0 * V.Load(gamma + i), scale, first);
                second = V.Fma(dy1 * V.Load(gamma + i + V.Lanes), scale, second);
                if (next != null)
                {
                    T.LoadPair(next, i, out V next0, out V next1);
                    first += next0;
                    second += next1;
                }
                T.StorePair(dh, i, first, second, stream);
            }
            for (; V.Lanes == 1 && i < n; i++)
            {
                V value = TKind.SubtractsMean ? V.Fma(T.Load<V>(h, i) - center, slope, shift) : T.Load<V>(h, i) * slope;
                value = V.Fma(T.Load<V>(dy, i) * V.Load(gamma + i), scale, value);
                if (next != null)
                    value += T.Load<V>(next, i);
                T.Store(dh, i, value);
            }
            return i;
        }
    }

    /// <summary>Target[c] = Σ over chunks of Partials[chunk, c], in chunk order. Items are columns.</summary>
    private struct CombineBody : IKernelBody
    {
        public float* Partials, Target;
        public long Chunks, Stride;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<V, T>(int member, long begin, long end) where V : unmanaged, IVector<V> where T : struct, IStored
        {
            long done = Columns<V>(begin, end);
            Columns<F1>(done, end);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly long Columns<V>(long i, long end) where V : unmanaged, IVector<V>
        {
            for (; i + V.Lanes <= end; i += V.Lanes)
            {
                V sum = V.Zero;
                for (long k = 0; k < Chunks; k++)
                    sum += V.Load(Partials + k * Stride + i);
                V.Store(Target + i, sum);
            }
            return i;
        }
    }
}
