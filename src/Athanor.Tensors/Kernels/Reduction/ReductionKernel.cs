using Athanor.Tensors.Cpu;

namespace Athanor.Tensors.Kernels;

/// <summary>Reductions along one dimension.</summary>
internal enum ReductionFunction
{
    Sum, Mean, Max, Min, SumOfSquares, Variance, LogSumExp,
}

/// <summary>
/// A reduction of x seen as [Outer, Length, Inner] over the middle to y [Outer, Inner]. Several axes reduce as one when they are
/// neighbours.
/// </summary>
internal unsafe struct ReductionArguments
{
    public DType Type;
    public long Outer, Length, Inner;
    public void* X;

    /// <summary>Result (forward), of <see cref="YType"/>.</summary>
    public void* Y;
    public DType YType;

    /// <summary>Subtracted from Length in the divisor of the variance: 0 or 1.</summary>
    public float Correction;

    /// <summary>Upstream gradient [Outer, Inner] of <see cref="YType"/> and result in the shape of x (backward).</summary>
    public void* DY, DX;

    /// <summary>Position of the maximum or minimum along Length, for their gradient.</summary>
    public int* Index;
}

/// <summary>
/// Sums, extremes, variance, log-sum-exp. Long dimensions are cut into pieces of a fixed size and the pieces joined in order, so
/// that the number of threads never changes a result. fp32 accumulation in several lanes.
/// </summary>
internal static unsafe partial class ReductionKernel
{
    public static void Forward(CpuDevice device, ReductionFunction function, in ReductionArguments a)
    {
        if (device.Path == KernelPath.Reference)
            ForwardReference(function, a);
        else
            ForwardSimd(device, function, a);
    }

    /// <summary>
    /// The gradient of x: dy for sums, dy/n for means, 2x·dy, 2(x − mean)/(n − correction)·dy, softmax(x)·dy; for extremes dy goes to
    /// the element at Index.
    /// </summary>
    public static void Backward(CpuDevice device, ReductionFunction function, in ReductionArguments a)
    {
        if (function is ReductionFunction.Max or ReductionFunction.Min)
            BackwardExtreme(device, a);
        else if (device.Path == KernelPath.Reference)
            BackwardReference(function, a);
        else
            BackwardSimd(device, function, a);
    }

    /// <summary>
    /// First position of the largest (or smallest) element along the middle dimension; the first NaN when there is one. An
    /// empty dimension is the caller's error.
    /// </summary>
    public static void ArgExtreme(CpuDevice device, bool largest, in ReductionArguments a)
    {
        var state = new ArgState { A = a, Largest = largest };
        if (device.Path == KernelPath.Reference)
            ArgPart(&state, 0, 0, a.Outer * a.Inner);
        else
            device.Team.For(a.Outer * a.Inner, Math.Max(1, PieceElements / Math.Max(1, a.Length)), &ArgPart, &state);
    }

    private struct ArgState
    {
        public ReductionArguments A;
        public bool Largest;
    }

    private static void ArgPart(void* state, int member, long begin, long end)
    {
        var arg = (ArgState*)state;
        long inner = arg->A.Inner, length = arg->A.Length;
        for (long result = begin; result < end; result++)
        {
            long start = result / inner * length * inner + result % inner;
            arg->A.Index[result] = (int)(arg->A.Type == DType.F32
                ? FirstExtreme<Simd.StoredF32>(arg->A.X, start, length, inner, arg->Largest)
                : FirstExtreme<Simd.StoredBf16>(arg->A.X, start, length, inner, arg->Largest));
        }
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.AggressiveOptimization)]
    private static long FirstExtreme<T>(void* x, long start, long n, long step, bool largest) where T : struct, Simd.IStored
    {
        float best = T.Get(x, start);
        long at = 0;
        for (long i = 1; i < n && !float.IsNaN(best); i++)
        {
            float value = T.Get(x, start + i * step);
            if (largest ? !(value <= best) : !(value >= best))
                (best, at) = (value, i);
        }
        return at;
    }

    private static void BackwardExtreme(CpuDevice device, in ReductionArguments a)
    {
        CopyKernel.Fill(device, a.Type, a.DX, a.Outer * a.Length * a.Inner, 0);
        Cells dy = new(a.DY, a.YType), dx = new(a.DX, a.Type);
        for (long result = 0; result < a.Outer * a.Inner; result++)
            dx[(result / a.Inner * a.Length + a.Index[result]) * a.Inner + result % a.Inner] = dy[result];
    }
}
