using System.Runtime.CompilerServices;
using Athanor.Tensors.Cpu;
using Athanor.Tensors.Simd;

namespace Athanor.Tensors.Kernels;

/// <summary>Functions of two tensors.</summary>
internal enum BinaryFunction
{
    Add, Subtract, Multiply, Divide, Minimum, Maximum,
}

/// <summary>
/// y = f(a, b) under broadcasting, and its gradients at the result's shape: dy·∂f/∂a, dy·∂f/∂b (the caller sums over repeated
/// dimensions). Results are contiguous; they may overwrite an operand of the same shape.
/// </summary>
internal static unsafe class BinaryKernel
{
    private const long ChunkElements = 16 << 10;

    public static void Forward(CpuDevice device, BinaryFunction function, DType type, void* a, void* b, void* y, in Broadcast plan)
    {
        switch (function)
        {
            case BinaryFunction.Add: Do<Forwards<Sum>>(device, type, a, b, null, y, plan); break;
            case BinaryFunction.Subtract: Do<Forwards<Difference>>(device, type, a, b, null, y, plan); break;
            case BinaryFunction.Multiply: Do<Forwards<Product>>(device, type, a, b, null, y, plan); break;
            case BinaryFunction.Divide: Do<Forwards<Quotient>>(device, type, a, b, null, y, plan); break;
            case BinaryFunction.Minimum: Do<Forwards<Smaller>>(device, type, a, b, null, y, plan); break;
            default: Do<Forwards<Larger>>(device, type, a, b, null, y, plan); break;
        }
    }

    /// <summary>dy·∂f/∂a. <paramref name="dy"/> is contiguous in the result's shape.</summary>
    public static void BackwardA(CpuDevice device, BinaryFunction function, DType type, void* a, void* b, void* dy, void* da, in Broadcast plan)
    {
        switch (function)
        {
            case BinaryFunction.Add: Do<BackwardsA<Sum>>(device, type, a, b, dy, da, plan); break;
            case BinaryFunction.Subtract: Do<BackwardsA<Difference>>(device, type, a, b, dy, da, plan); break;
            case BinaryFunction.Multiply: Do<BackwardsA<Product>>(device, type, a, b, dy, da, plan); break;
            case BinaryFunction.Divide: Do<BackwardsA<Quotient>>(device, type, a, b, dy, da, plan); break;
            case BinaryFunction.Minimum: Do<BackwardsA<Smaller>>(device, type, a, b, dy, da, plan); break;
            default: Do<BackwardsA<Larger>>(device, type, a, b, dy, da, plan); break;
        }
    }

    /// <summary>dy·∂f/∂b.</summary>
    public static void BackwardB(CpuDevice device, BinaryFunction function, DType type, void* a, void* b, void* dy, void* db, in Broadcast plan)
    {
        switch (function)
        {
            case BinaryFunction.Add: Do<BackwardsB<Sum>>(device, type, a, b, dy, db, plan); break;
            case BinaryFunction.Subtract: Do<BackwardsB<Difference>>(device, type, a, b, dy, db, plan); break;
            case BinaryFunction.Multiply: Do<BackwardsB<Product>>(device, type, a, b, dy, db, plan); break;
            case BinaryFunction.Divide: Do<BackwardsB<Quotient>>(device, type, a, b, dy, db, plan); break;
            case BinaryFunction.Minimum: Do<BackwardsB<Smaller>>(device, type, a, b, dy, db, plan); break;
            default: Do<BackwardsB<Larger>>(device, type, a, b, dy, db, plan); break;
        }
    }

    /// <summary>What is computed from (a, b, dy): the function or one of its gradients.</summary>
    private interface IDirection
    {
        static abstract bool TakesUpstream { get; }
        static abstract V Apply<V>(V a, V b, V dy) where V : unmanaged, IVector<V>;
        static abstract double Apply(double a, double b, double dy);
    }

    private readonly struct Forwards<TOp> : IDirection where TOp : IBinaryOp
    {
        public static bool TakesUpstream => false;
        [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V Apply<V>(V a, V b, V dy) where V : unmanaged, IVector<V> => TOp.Apply(a, b);
        public static double Apply(double a, double b, double dy) => TOp.Apply(a, b);
    }

    private readonly struct BackwardsA<TOp> : IDirection where TOp : IBinaryOp
    {
        public static bool TakesUpstream => true;
        [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V Apply<V>(V a, V b, V dy) where V : unmanaged, IVector<V> => dy * TOp.SlopeA(a, b);
        public static double Apply(double a, double b, double dy) => dy * TOp.SlopeA(a, b);
    }

    private readonly struct BackwardsB<TOp> : IDirection where TOp : IBinaryOp
    {
        public static bool TakesUpstream => true;
        [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V Apply<V>(V a, V b, V dy) where V : unmanaged, IVector<V> => dy * TOp.SlopeB(a, b);
        public static double Apply(double a, double b, double dy) => dy * TOp.SlopeB(a, b);
    }

    private static void Do<TDirection>(CpuDevice device, DType type, void* a, void* b, void* dy, void* y, in Broadcast plan) where TDirection : struct, IDirection
    {
        if (device.Path == KernelPath.Reference)
        {
            Reference<TDirection>(new Cells(a, type), new Cells(b, type), new Cells(dy, type), new Cells(y, type), plan);
            return;
        }
        var body = new Body<TDirection> { A = a, B = b, DY = dy, Y = y, Plan = plan };
        body.Stream = Streaming.Pays(y, 1, plan.Count * type.Size() & ~63L) && plan.Inner * type.Size() % 64 == 0;
        device.Launch(body, type, plan.Count, ChunkElements);
    }

    private static void Reference<TDirection>(Cells a, Cells b, Cells dy, Cells y, in Broadcast plan) where TDirection : IDirection
    {
        for (long i = 0; i < plan.Count; i++)
        {
            plan.Locate(i / plan.Inner, out long atA, out long atB, out _);
            long inner = i % plan.Inner;
            y[i] = TDirection.Apply(a[atA + inner * plan.InnerStride(0)], b[atB + inner * plan.InnerStride(1)], TDirection.TakesUpstream ? dy[i] : 0);
        }
    }

    private struct Body<TDirection> : IKernelBody where TDirection : struct, IDirection
    {
        public void* A, B, DY, Y;
        public Broadcast Plan;
        public bool Stream;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<V, T>(int member, long begin, long end) where V : unmanaged, IVector<V> where T : struct, IStored
        {
            long inner = Plan.Inner, stepA = Plan.InnerStride(0), stepB = Plan.InnerStride(1);
            for (long i = begin; i < end;)
            {
                long row = i / inner, first = i - row * inner, count = Math.Min(inner - first, end - i);
                Plan.Locate(row, out long atA, out long atB, out _);
                void* a = Cells.At(A, atA + first * stepA, T.Size), b = Cells.At(B, atB + first * stepB, T.Size);
                void* dy = Cells.At(DY, i, T.Size), y = Cells.At(Y, i, T.Size);
                bool stream = Stream && V.Lanes > 1;
                long k = 0;
                if (stepA == 1 && stepB == 1)
                {
                    for (; k + 2 * V.Lanes <= count; k += 2 * V.Lanes)
                    {
                        T.LoadPair(a, k, out V a0, out V a1);
                        T.LoadPair(b, k, out V b0, out V b1);
                        V dy0 = V.Zero, dy1 = V.Zero;
                        if (TDirection.TakesUpstream)
                            T.LoadPair(dy, k, out dy0, out dy1);
                        T.StorePair(y, k, TDirection.Apply(a0, b0, dy0), TDirection.Apply(a1, b1, dy1), stream);
                    }
                    for (; k + V.Lanes <= count; k += V.Lanes)
                        Put<V, T>(y, k, TDirection.Apply(T.Load<V>(a, k), T.Load<V>(b, k), TDirection.TakesUpstream ? T.Load<V>(dy, k) : V.Zero), stream);
                }
                else if (stepA == 1 && stepB == 0)
                {
                    V same = V.All(T.Get(b, 0));
                    for (; k + V.Lanes <= count; k += V.Lanes)
                        Put<V, T>(y, k, TDirection.Apply(T.Load<V>(a, k), same, TDirection.TakesUpstream ? T.Load<V>(dy, k) : V.Zero), stream);
                }
                else if (stepA == 0 && stepB == 1)
                {
                    V same = V.All(T.Get(a, 0));
                    for (; k + V.Lanes <= count; k += V.Lanes)
                        Put<V, T>(y, k, TDirection.Apply(same, T.Load<V>(b, k), TDirection.TakesUpstream ? T.Load<V>(dy, k) : V.Zero), stream);
                }
                for (; k < count; k++)
                    T.Store(y, k, TDirection.Apply(T.Load<F1>(a, k * stepA), T.Load<F1>(b, k * stepB), TDirection.TakesUpstream ? T.Load<F1>(dy, k) : F1.Zero));
                i += count;
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Put<V, T>(void* y, long k, V value, bool stream) where V : unmanaged, IVector<V> where T : struct, IStored
        {
            if (stream)
                T.StoreStreaming(y, k, value);
            else
                T.Store(y, k, value);
        }
    }
}
