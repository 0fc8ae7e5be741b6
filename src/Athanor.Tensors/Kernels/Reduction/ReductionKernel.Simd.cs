using System.Runtime.CompilerServices;
using Athanor.Tensors.Cpu;
using Athanor.Tensors.Simd;
using Athanor.Tensors.Threading;

namespace Athanor.Tensors.Kernels;

internal static unsafe partial class ReductionKernel
{
    /// <summary>Elements of one piece of a long reduction.</summary>
    private const long PieceElements = 32 << 10;

    /// <summary>Columns that one item of a column reduction covers: their accumulators stay in the first-level cache.</summary>
    private const long ColumnBlock = 1024;

    private static void ForwardSimd(CpuDevice device, ReductionFunction function, in ReductionArguments a)
    {
        float* result = Statistic(device, function, a);
        var y = new Cells(a.Y, a.YType);
        for (long i = 0; i < a.Outer * a.Inner; i++)
            y[i] = result[i];
    }

    /// <summary>The reduction in fp32, in the caller's scratch.</summary>
    private static float* Statistic(CpuDevice device, ReductionFunction function, in ReductionArguments a)
    {
        long results = a.Outer * a.Inner;
        float* first = (float*)ThreadScratch.Get(0, 2 * results * sizeof(float)), second = first + results;
        switch (function)
        {
            case ReductionFunction.Sum:
                Reduce<Total>(device, a, null, first);
                return first;
            case ReductionFunction.Mean:
                Reduce<Total>(device, a, null, first);
                for (long i = 0; i < results; i++)
                    first[i] /= a.Length;
                return first;
            case ReductionFunction.Max:
                Reduce<Largest>(device, a, null, first);
                return first;
            case ReductionFunction.Min:
                Reduce<Smallest>(device, a, null, first);
                return first;
            case ReductionFunction.SumOfSquares:
                new Span<float>(second, (int)results).Clear();
                Reduce<SquaredDistance>(device, a, second, first);
                return first;
            case ReductionFunction.Variance:
                Reduce<Total>(device, a, null, first);
                for (long i = 0; i < results; i++)
                    first[i] /= a.Length;
                Reduce<SquaredDistance>(device, a, first, second);
                for (long i = 0; i < results; i++)
                    second[i] /= a.Length - a.Correction;
                return second;
            default:
                Reduce<Largest>(device, a, null, first);
                // Infinite maxima are no shift: ∞ − ∞ is NaN. Unshifted, they give the limits.
                for (long i = 0; i < results; i++)
                    first[i] = float.IsInfinity(first[i]) ? 0 : first[i];
                Reduce<ExponentialTotal>(device, a, first, second);
                for (long i = 0; i < results; i++)
                    second[i] = first[i] + MathF.Log(second[i]);
                return second;
        }
    }

    private static void Reduce<TOp>(CpuDevice device, in ReductionArguments a, float* shift, float* result) where TOp : struct, IReduction
    {
        // Shape alone decides the pieces.
        long blocks = a.Inner == 1 ? 1 : (a.Inner + ColumnBlock - 1) / ColumnBlock;
        long pieceLength = a.Inner == 1 ? PieceElements : Math.Max(32, PieceElements / Math.Min(a.Inner, ColumnBlock));
        long pieces = Math.Max(1, (a.Length + pieceLength - 1) / pieceLength), results = a.Outer * a.Inner;
        float* partials = pieces == 1 ? result : (float*)ThreadScratch.Get(1, results * pieces * sizeof(float));
        long items = a.Outer * pieces * blocks;
        long perItem = Math.Max(1, Math.Min(a.Length, pieceLength) * Math.Min(a.Inner, ColumnBlock));
        var body = new PieceBody<TOp> { A = a, Shift = shift, Partials = partials, PieceLength = pieceLength, Pieces = pieces, Blocks = blocks };
        device.Launch(body, a.Type, items, Math.Max(1, PieceElements / perItem));
        if (pieces == 1)
            return;
        for (long o = 0; o < a.Outer; o++)
        {
            for (long i = 0; i < a.Inner; i++)
            {
                F1 sum = F1.All(TOp.Start);
                for (long p = 0; p < pieces; p++)
                    sum = TOp.Join(sum, F1.Load(partials + (o * pieces + p) * a.Inner + i));
                F1.Store(result + o * a.Inner + i, sum);
            }
        }
    }

    /// <summary>Item (outer, piece, block) reduces rows of one piece, for one block of columns, into Partials [outer, piece, inner].</summary>
    private struct PieceBody<TOp> : IKernelBody where TOp : struct, IReduction
    {
        public ReductionArguments A;
        public float* Shift, Partials;
        public long PieceLength, Pieces, Blocks;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<V, T>(int member, long begin, long end) where V : unmanaged, IVector<V> where T : struct, IStored
        {
            for (long item = begin; item < end; item++)
            {
                long block = item % Blocks, piece = item / Blocks % Pieces, outer = item / Blocks / Pieces;
                long from = piece * PieceLength, to = Math.Min(from + PieceLength, A.Length);
                if (A.Inner == 1)
                {
                    float shift = Shift == null ? 0 : Shift[outer];
                    Partials[outer * Pieces + piece] = Row<V, T>(Cells.At(A.X, outer * A.Length + from, T.Size), to - from, shift);
                    continue;
                }
                long left = block * ColumnBlock, cols = Math.Min(ColumnBlock, A.Inner - left);
                void* x = Cells.At(A.X, (outer * A.Length + from) * A.Inner + left, T.Size);
                float* sums = Partials + (outer * Pieces + piece) * A.Inner + left, shifts = Shift == null ? null : Shift + outer * A.Inner + left;
                new Span<float>(sums, (int)cols).Fill(TOp.Start);
                long row = from;
                for (; row + 4 <= to; row += 4, x = Cells.At(x, 4 * A.Inner, T.Size))
                {
                    long done = FourRows<V, T>(x, A.Inner, shifts, sums, 0, cols);
                    FourRows<F1, T>(x, A.Inner, shifts, sums, done, cols);
                }
                for (; row < to; row++, x = Cells.At(x, A.Inner, T.Size))
                {
                    long done = OneRow<V, T>(x, shifts, sums, 0, cols);
                    OneRow<F1, T>(x, shifts, sums, done, cols);
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static float Row<V, T>(void* x, long n, float shift) where V : unmanaged, IVector<V> where T : struct, IStored
        {
            V s0 = V.All(TOp.Start), s1 = s0, s2 = s0, s3 = s0, by = V.All(shift);
            long i = 0;
            for (; i + 4 * V.Lanes <= n; i += 4 * V.Lanes)
            {
                s0 = TOp.Step(s0, T.Load<V>(x, i), by);
                s1 = TOp.Step(s1, T.Load<V>(x, i + V.Lanes), by);
                s2 = TOp.Step(s2, T.Load<V>(x, i + 2 * V.Lanes), by);
                s3 = TOp.Step(s3, T.Load<V>(x, i + 3 * V.Lanes), by);
            }
            for (; i + V.Lanes <= n; i += V.Lanes)
                s0 = TOp.Step(s0, T.Load<V>(x, i), by);
            F1 tail = F1.All(TOp.Across(TOp.Join(TOp.Join(s0, s1), TOp.Join(s2, s3))));
            for (; i < n; i++)
                tail = TOp.Step(tail, T.Load<F1>(x, i), F1.All(shift));
            return F1.Sum(tail);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static long FourRows<V, T>(void* x, long step, float* shifts, float* sums, long i, long n) where V : unmanaged, IVector<V> where T : struct, IStored
        {
            for (; i + V.Lanes <= n; i += V.Lanes)
            {
                V shift = shifts == null ? V.Zero : V.Load(shifts + i);
                V sum = TOp.Step(V.Load(sums + i), T.Load<V>(x, i), shift);
                sum = TOp.Step(sum, T.Load<V>(x, i + step), shift);
                sum = TOp.Step(sum, T.Load<V>(x, i + 2 * step), shift);
                V.Store(sums + i, TOp.Step(sum, T.Load<V>(x, i + 3 * step), shift));
            }
            return i;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static long OneRow<V, T>(void* x, float* shifts, float* sums, long i, long n) where V : unmanaged, IVector<V> where T : struct, IStored
        {
            for (; i + V.Lanes <= n; i += V.Lanes)
                V.Store(sums + i, TOp.Step(V.Load(sums + i), T.Load<V>(x, i), shifts == null ? V.Zero : V.Load(shifts + i)));
            return i;
        }
    }

    private static void BackwardSimd(CpuDevice device, ReductionFunction function, in ReductionArguments a)
    {
        long results = a.Outer * a.Inner;
        var body = new BackwardBody { A = a, Function = function };
        // The statistic is recomputed in fp32 rather than taken from a rounded result: e^(x − lse) would magnify its error.
        if (function == ReductionFunction.Variance)
            body.Statistic = Statistic(device, ReductionFunction.Mean, a);
        else if (function == ReductionFunction.LogSumExp)
            body.Statistic = Statistic(device, function, a);
        float scale = function switch
        {
            ReductionFunction.Mean => 1f / a.Length,
            ReductionFunction.SumOfSquares => 2,
            ReductionFunction.Variance => 2 / (a.Length - a.Correction),
            _ => 1,
        };
        body.Upstream = (float*)ThreadScratch.Get(1, results * sizeof(float));
        var dy = new Cells(a.DY, a.YType);
        for (long i = 0; i < results; i++)
            body.Upstream[i] = (float)dy[i] * scale;
        // Items are rows of the inner dimension; single rows of a last-dimension reduction are cut by the launcher instead.
        if (a.Inner == 1)
            device.Launch(body, a.Type, a.Outer * a.Length, PieceElements);
        else
            device.Launch(body, a.Type, a.Outer * a.Length, Math.Max(1, PieceElements / a.Inner));
    }

    private struct BackwardBody : IKernelBody
    {
        public ReductionArguments A;
        public ReductionFunction Function;
        public float* Upstream, Statistic;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<V, T>(int member, long begin, long end) where V : unmanaged, IVector<V> where T : struct, IStored
        {
            if (A.Inner == 1)
            {
                for (long i = begin; i < end;)
                {
                    long outer = i / A.Length, stop = Math.Min(end, (outer + 1) * A.Length);
                    V dy = V.All(Upstream[outer]), statistic = V.All(Statistic == null ? 0 : Statistic[outer]);
                    for (; i + V.Lanes <= stop; i += V.Lanes)
                        T.Store(A.DX, i, Slope<V, T>(i, statistic) * dy);
                    for (; i < stop; i++)
                        T.Store(A.DX, i, Slope<F1, T>(i, F1.All(Statistic == null ? 0 : Statistic[outer])) * F1.All(Upstream[outer]));
                }
                return;
            }
            for (long row = begin; row < end; row++)
            {
                long result = row / A.Length * A.Inner;
                long done = Row<V, T>(row * A.Inner, result, 0);
                Row<F1, T>(row * A.Inner, result, done);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly long Row<V, T>(long start, long result, long i) where V : unmanaged, IVector<V> where T : struct, IStored
        {
            for (; i + V.Lanes <= A.Inner; i += V.Lanes)
            {
                V statistic = Statistic == null ? V.Zero : V.Load(Statistic + result + i);
                T.Store(A.DX, start + i, Slope<V, T>(start + i, statistic) * V.Load(Upstream + result + i));
            }
            return i;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly V Slope<V, T>(long i, V statistic) where V : unmanaged, IVector<V> where T : struct, IStored => Function switch
        {
            ReductionFunction.Sum or ReductionFunction.Mean => V.All(1f),
            ReductionFunction.LogSumExp => VectorMath.Exp(T.Load<V>(A.X, i) - statistic),
            _ => T.Load<V>(A.X, i) - statistic,
        };
    }
}
