using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Athanor.Tensors.Cpu;
using Athanor.Tensors.Simd;

namespace Athanor.Tensors.Kernels;

/// <summary>Activation of the gate in a gated feed-forward layer.</summary>
internal enum GateFunction
{
    /// <summary>SwiGLU.</summary>
    Silu,

    /// <summary>GeGLU with the exact GELU.</summary>
    Gelu,

    /// <summary>GeGLU with the tanh approximation.</summary>
    GeluTanh,

    /// <summary>ReGLU.</summary>
    Relu,
}

/// <summary>
/// Arguments of y = f(gate)·up over [Rows, Cols]. Gate and up are rows of their own tensors or halves of one [Rows, 2·Cols] buffer
/// (stride 2·Cols, up = gate + Cols). Strides are in elements; y is contiguous.
/// </summary>
internal unsafe struct GatedArguments
{
    public DType Type;
    public long Rows, Cols;
    public void* Gate, Up;
    public long GateStride, UpStride;

    /// <summary>Forward result.</summary>
    public void* Y;

    /// <summary>Backward: upstream gradient [Rows, Cols] and results with their strides; results may be Gate and Up themselves.</summary>
    public void* DY, DGate, DUp;
    public long DGateStride, DUpStride;
}

/// <summary>
/// Gated linear units (Shazeer 2020, arXiv 2002.05202). Backward recomputes f and f′ from the inputs: dgate = dy·up·f′(gate),
/// dup = dy·f(gate).
/// </summary>
internal static unsafe class GatedKernel
{
    private const long ChunkElements = 16 << 10;

    // Elements between what is read and what is fetched.
    private const long Ahead = 1024;

    public static void Forward(CpuDevice device, GateFunction function, in GatedArguments a)
    {
        switch (function)
        {
            case GateFunction.Silu: Forward<Silu>(device, a); break;
            case GateFunction.Gelu: Forward<Gelu>(device, a); break;
            case GateFunction.GeluTanh: Forward<GeluTanh>(device, a); break;
            default: Forward<Relu>(device, a); break;
        }
    }

    public static void Backward(CpuDevice device, GateFunction function, in GatedArguments a)
    {
        switch (function)
        {
            case GateFunction.Silu: Backward<Silu>(device, a); break;
            case GateFunction.Gelu: Backward<Gelu>(device, a); break;
            case GateFunction.GeluTanh: Backward<GeluTanh>(device, a); break;
            default: Backward<Relu>(device, a); break;
        }
    }

    private static long RowsPerChunk(in GatedArguments a) => Math.Max(1, ChunkElements / Math.Max(1, a.Cols));

    private static void Forward<TOp>(CpuDevice device, in GatedArguments a) where TOp : struct, IActivation
    {
        if (device.Path == KernelPath.Reference)
        {
            Cells gate = new(a.Gate, a.Type), up = new(a.Up, a.Type), y = new(a.Y, a.Type);
            for (long r = 0; r < a.Rows; r++)
            {
                for (long c = 0; c < a.Cols; c++)
                    y[r * a.Cols + c] = TOp.Apply(gate[r * a.GateStride + c], 0, 0) * up[r * a.UpStride + c];
            }
            return;
        }
        var body = new ForwardBody<TOp> { A = a, Stream = Streaming.Pays(a.Y, a.Rows, a.Cols * a.Type.Size()) };
        device.Launch(body, a.Type, a.Rows, RowsPerChunk(a));
    }

    private static void Backward<TOp>(CpuDevice device, in GatedArguments a) where TOp : struct, IActivation
    {
        if (device.Path == KernelPath.Reference)
        {
            Cells gate = new(a.Gate, a.Type), up = new(a.Up, a.Type), dy = new(a.DY, a.Type), dGate = new(a.DGate, a.Type), dUp = new(a.DUp, a.Type);
            for (long r = 0; r < a.Rows; r++)
            {
                for (long c = 0; c < a.Cols; c++)
                {
                    double g = gate[r * a.GateStride + c], u = up[r * a.UpStride + c], upstream = dy[r * a.Cols + c];
                    double slope = TOp.Slope(TOp.SlopeFromResult ? TOp.Apply(g, 0, 0) : g, 0, 0);
                    dGate[r * a.DGateStride + c] = upstream * u * slope;
                    dUp[r * a.DUpStride + c] = upstream * TOp.Apply(g, 0, 0);
                }
            }
            return;
        }
        int size = a.Type.Size();
        bool aligned = a.DGateStride * size % 64 == 0 && a.DUpStride * size % 64 == 0 && (nuint)a.DUp % 64 == 0;
        var body = new BackwardBody<TOp> { A = a, Stream = aligned && Streaming.Pays(a.DGate, 2 * a.Rows, a.Cols * size) };
        device.Launch(body, a.Type, a.Rows, RowsPerChunk(a));
    }

    /// <summary>
    /// Fetches what comes after element i of a row of n, in the next row where this one ends: the processor's own prefetchers stop at
    /// every page, and exponentials leave them too little time to start again.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Fetch(void* row, long i, long n, long stride, int size)
    {
        if (Sse.IsSupported)
            Sse.Prefetch0((byte*)row + (i + Ahead < n ? i + Ahead : i + Ahead - n + stride) * size);
    }

    // The storage type decides the precision: the test is folded away.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Value<TOp, V, T>(V x) where TOp : struct, IActivation where V : unmanaged, IVector<V> where T : struct, IStored =>
        typeof(T) == typeof(StoredBf16) ? TOp.CoarseValue(x) : TOp.Apply(x, V.Zero, V.Zero);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V ValueAndSlope<TOp, V, T>(V x, out V slope) where TOp : struct, IActivation where V : unmanaged, IVector<V> where T : struct, IStored =>
        typeof(T) == typeof(StoredBf16) ? TOp.CoarseValueAndSlope(x, out slope) : TOp.ValueAndSlope(x, out slope);

    private struct ForwardBody<TOp> : IKernelBody where TOp : struct, IActivation
    {
        public GatedArguments A;
        public bool Stream;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<V, T>(int member, long begin, long end) where V : unmanaged, IVector<V> where T : struct, IStored
        {
            for (long row = begin; row < end; row++)
            {
                void* gate = Cells.At(A.Gate, row * A.GateStride, T.Size), up = Cells.At(A.Up, row * A.UpStride, T.Size), y = Cells.At(A.Y, row * A.Cols, T.Size);
                long done = Part<V, T>(gate, up, y, 0, A.Cols, A.GateStride, A.UpStride, Stream);
                Part<F1, T>(gate, up, y, done, A.Cols, A.GateStride, A.UpStride, false);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static long Part<V, T>(void* gate, void* up, void* y, long i, long n, long gateStride, long upStride, bool stream) where V : unmanaged, IVector<V> where T : struct, IStored
        {
            for (; i + 2 * V.Lanes <= n; i += 2 * V.Lanes)
            {
                Fetch(gate, i, n, gateStride, T.Size);
                Fetch(up, i, n, upStride, T.Size);
                T.LoadPair(gate, i, out V g0, out V g1);
                T.LoadPair(up, i, out V u0, out V u1);
                T.StorePair(y, i, Value<TOp, V, T>(g0) * u0, Value<TOp, V, T>(g1) * u1, stream);
            }
            for (; i + V.Lanes <= n; i += V.Lanes)
                T.Store(y, i, Value<TOp, V, T>(T.Load<V>(gate, i)) * T.Load<V>(up, i));
            return i;
        }
    }

    private struct BackwardBody<TOp> : IKernelBody where TOp : struct, IActivation
    {
        public GatedArguments A;
        public bool Stream;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<V, T>(int member, long begin, long end) where V : unmanaged, IVector<V> where T : struct, IStored
        {
            for (long row = begin; row < end; row++)
            {
                long done = Part<V, T>(row, 0, Stream);
                Part<F1, T>(row, done, false);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly long Part<V, T>(long row, long i, bool stream) where V : unmanaged, IVector<V> where T : struct, IStored
        {
            void* gate = Cells.At(A.Gate, row * A.GateStride, T.Size), up = Cells.At(A.Up, row * A.UpStride, T.Size), dy = Cells.At(A.DY, row * A.Cols, T.Size);
            void* dGate = Cells.At(A.DGate, row * A.DGateStride, T.Size), dUp = Cells.At(A.DUp, row * A.DUpStride, T.Size);
            long n = A.Cols;
            for (; i + 2 * V.Lanes <= n; i += 2 * V.Lanes)
            {
                Fetch(dy, i, n, n, T.Size);
                Fetch(gate, i, n, A.GateStride, T.Size);
                Fetch(up, i, n, A.UpStride, T.Size);
                T.LoadPair(dy, i, out V upstream, out V upstream2);
                T.LoadPair(gate, i, out V g0, out V g1);
                T.LoadPair(up, i, out V u0, out V u1);
                V value0 = ValueAndSlope<TOp, V, T>(g0, out V slope0), value1 = ValueAndSlope<TOp, V, T>(g1, out V slope1);
                T.StorePair(dGate, i, upstream * u0 * slope0, upstream2 * u1 * slope1, stream);
                T.StorePair(dUp, i, upstream * value0, upstream2 * value1, stream);
            }
            for (; i + V.Lanes <= n; i += V.Lanes)
            {
                V upstream = T.Load<V>(dy, i), value = ValueAndSlope<TOp, V, T>(T.Load<V>(gate, i), out V slope);
                T.Store(dGate, i, upstream * T.Load<V>(up, i) * slope);
                T.Store(dUp, i, upstream * value);
            }
            return i;
        }
    }
}
