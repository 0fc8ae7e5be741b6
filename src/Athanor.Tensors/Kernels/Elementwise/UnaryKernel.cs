using System.Runtime.CompilerServices;
using Athanor.Tensors.Cpu;
using Athanor.Tensors.Simd;

namespace Athanor.Tensors.Kernels;

/// <summary>Functions of one tensor. Constants a and b mean what the function's struct says.</summary>
internal enum UnaryFunction
{
    Negate, Exp, Log, Sqrt, ReciprocalSqrt, Abs, Square, Clamp, Affine, Power, Reciprocal,
    Silu, Gelu, GeluTanh, Relu, ReluSquared, Sigmoid, Tanh,
}

/// <summary>y = f(x) and dx = dy·f′ over n contiguous elements. Results may overwrite any of the inputs.</summary>
internal static unsafe partial class UnaryKernel
{
    /// <summary>Elements per work item; a multiple of every alignment.</summary>
    private const long ChunkElements = 16 << 10;

    /// <summary>Whether backward of <paramref name="function"/> takes the forward result; otherwise it takes the forward input.</summary>
    public static bool SlopeFromResult(UnaryFunction function) => function is UnaryFunction.Exp or UnaryFunction.Sqrt
        or UnaryFunction.ReciprocalSqrt or UnaryFunction.Reciprocal or UnaryFunction.Sigmoid or UnaryFunction.Tanh;

    public static void Forward(CpuDevice device, UnaryFunction function, DType type, void* x, void* y, long n, float a = 0, float b = 0) =>
        Choose(device, function, type, x, null, y, n, a, b);

    /// <param name="saved">Forward input or result, see <see cref="SlopeFromResult"/>.</param>
    public static void Backward(CpuDevice device, UnaryFunction function, DType type, void* saved, void* dy, void* dx, long n, float a = 0, float b = 0) =>
        Choose(device, function, type, saved, dy, dx, n, a, b);

    private static void Choose(CpuDevice device, UnaryFunction function, DType type, void* s, void* dy, void* y, long n, float a, float b)
    {
        switch (function)
        {
            case UnaryFunction.Negate: Do<Negate>(device, type, s, dy, y, n, a, b); break;
            case UnaryFunction.Exp: Do<Exponential>(device, type, s, dy, y, n, a, b); break;
            case UnaryFunction.Log: Do<Logarithm>(device, type, s, dy, y, n, a, b); break;
            case UnaryFunction.Sqrt: Do<SquareRoot>(device, type, s, dy, y, n, a, b); break;
            case UnaryFunction.ReciprocalSqrt: Do<ReciprocalSquareRoot>(device, type, s, dy, y, n, a, b); break;
            case UnaryFunction.Abs: Do<Absolute>(device, type, s, dy, y, n, a, b); break;
            case UnaryFunction.Square: Do<Squared>(device, type, s, dy, y, n, a, b); break;
            case UnaryFunction.Clamp: Do<Clamped>(device, type, s, dy, y, n, a, b); break;
            case UnaryFunction.Affine: Do<Affine>(device, type, s, dy, y, n, a, b); break;
            case UnaryFunction.Power: Do<Power>(device, type, s, dy, y, n, a, b); break;
            case UnaryFunction.Reciprocal: Do<Reciprocal>(device, type, s, dy, y, n, a, b); break;
            case UnaryFunction.Silu: Do<Silu>(device, type, s, dy, y, n, a, b); break;
            case UnaryFunction.Gelu: Do<Gelu>(device, type, s, dy, y, n, a, b); break;
            case UnaryFunction.GeluTanh: Do<GeluTanh>(device, type, s, dy, y, n, a, b); break;
            case UnaryFunction.Relu: Do<Relu>(device, type, s, dy, y, n, a, b); break;
            case UnaryFunction.ReluSquared: Do<ReluSquared>(device, type, s, dy, y, n, a, b); break;
            case UnaryFunction.Sigmoid: Do<Logistic>(device, type, s, dy, y, n, a, b); break;
            case UnaryFunction.Tanh: Do<HyperbolicTangent>(device, type, s, dy, y, n, a, b); break;
            default: throw new ArgumentOutOfRangeException(nameof(function), function, "Not a unary function.");
        }
    }

    private static void Do<TOp>(CpuDevice device, DType type, void* s, void* dy, void* y, long n, float a, float b) where TOp : struct, IUnaryOp
    {
        bool backward = dy != null;
        if (device.Path == KernelPath.Reference)
        {
            Reference<TOp>(new Cells(s, type), new Cells(dy, type), new Cells(y, type), backward, n, a, b);
            return;
        }
        // Whole chunks are aligned when the array is; the tail of the last one is stored element by element.
        bool stream = Streaming.Pays(y, 1, n * type.Size() & ~63L);
        if (backward)
            device.Launch(new BackwardBody<TOp> { Saved = s, DY = dy, DX = y, A = a, B = b, Stream = stream }, type, n, ChunkElements);
        else
            device.Launch(new ForwardBody<TOp> { X = s, Y = y, A = a, B = b, Stream = stream }, type, n, ChunkElements);
    }

    private static void Reference<TOp>(Cells s, Cells dy, Cells y, bool backward, long n, double a, double b) where TOp : IUnaryOp
    {
        for (long i = 0; i < n; i++)
            y[i] = backward ? dy[i] * TOp.Slope(s[i], a, b) : TOp.Apply(s[i], a, b);
    }

    private struct ForwardBody<TOp> : IKernelBody where TOp : struct, IUnaryOp
    {
        public void* X, Y;
        public float A, B;
        public bool Stream;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<V, T>(int member, long begin, long end) where V : unmanaged, IVector<V> where T : struct, IStored
        {
            long done = Part<V, T>(begin, end);
            Part<F1, T>(done, end);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly long Part<V, T>(long i, long end) where V : unmanaged, IVector<V> where T : struct, IStored
        {
            void* x = X, y = Y;
            V a = V.All(A), b = V.All(B);
            bool stream = Stream && V.Lanes > 1;
            for (; i + 2 * V.Lanes <= end; i += 2 * V.Lanes)
            {
                T.LoadPair(x, i, out V first, out V second);
                T.StorePair(y, i, TOp.Apply(first, a, b), TOp.Apply(second, a, b), stream);
            }
            for (; i + V.Lanes <= end; i += V.Lanes)
                T.Store(y, i, TOp.Apply(T.Load<V>(x, i), a, b));
            return i;
        }
    }

    private struct BackwardBody<TOp> : IKernelBody where TOp : struct, IUnaryOp
    {
        public void* Saved, DY, DX;
        public float A, B;
        public bool Stream;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<V, T>(int member, long begin, long end) where V : unmanaged, IVector<V> where T : struct, IStored
        {
            long done = Part<V, T>(begin, end);
            Part<F1, T>(done, end);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly long Part<V, T>(long i, long end) where V : unmanaged, IVector<V> where T : struct, IStored
        {
            void* s = Saved, dy = DY, dx = DX;
            V a = V.All(A), b = V.All(B);
            bool stream = Stream && V.Lanes > 1;
            for (; i + 2 * V.Lanes <= end; i += 2 * V.Lanes)
            {
                T.LoadPair(s, i, out V first, out V second);
                T.LoadPair(dy, i, out V upstream, out V upstream2);
                T.StorePair(dx, i, upstream * TOp.Slope(first, a, b), upstream2 * TOp.Slope(second, a, b), stream);
            }
            for (; i + V.Lanes <= end; i += V.Lanes)
                T.Store(dx, i, T.Load<V>(dy, i) * TOp.Slope(T.Load<V>(s, i), a, b));
            return i;
        }
    }
}
