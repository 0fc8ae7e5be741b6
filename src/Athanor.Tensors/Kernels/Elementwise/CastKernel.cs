using System.Runtime.CompilerServices;
using Athanor.Tensors.Cpu;
using Athanor.Tensors.Simd;

namespace Athanor.Tensors.Kernels;

/// <summary>
/// y = (type of y) x over n contiguous elements, any pair of types. To integers: toward zero, saturating, NaN to 0; to BF16 nearest even.
/// </summary>
internal static unsafe class CastKernel
{
    private const long ChunkElements = 32 << 10;

    public static void Cast(CpuDevice device, DType from, void* x, DType to, void* y, long n)
    {
        var state = new State { X = x, Y = y, From = from, To = to };
        if (device.Path != KernelPath.Reference && from.IsFloating() && to.IsFloating())
        {
            if (to == DType.BF16)
                device.Launch(new FloatBody<StoredBf16> { X = x, Y = y, Stream = Streaming.Pays(y, 1, n * 2 & ~63L) }, from, n, ChunkElements);
            else
                device.Launch(new FloatBody<StoredF32> { X = x, Y = y, Stream = Streaming.Pays(y, 1, n * 4 & ~63L) }, from, n, ChunkElements);
        }
        else if (device.Path == KernelPath.Reference)
        {
            Any(&state, 0, 0, n);
        }
        else
        {
            device.Team.For(n, ChunkElements, &Any, &state);
        }
    }

    private struct State
    {
        public void* X, Y;
        public DType From, To;
    }

    private static void Any(void* state, int member, long begin, long end)
    {
        var cast = (State*)state;
        Cells x = new(cast->X, cast->From), y = new(cast->Y, cast->To);
        for (long i = begin; i < end; i++)
        {
            // An exact float for every source but I32, whose nearest float is wanted.
            double value = x[i];
            y[i] = cast->To switch
            {
                DType.F32 or DType.BF16 => value,
                DType.I32 => Saturate(value, int.MinValue, int.MaxValue),
                DType.U8 => Saturate(value, byte.MinValue, byte.MaxValue),
                _ => Saturate(value, sbyte.MinValue, sbyte.MaxValue),
            };
        }
    }

    private static double Saturate(double value, double low, double high) => double.IsNaN(value) ? 0 : Math.Clamp(Math.Truncate(value), low, high);

    private struct FloatBody<TTo> : IKernelBody where TTo : struct, IStored
    {
        public void* X, Y;
        public bool Stream;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<V, T>(int member, long begin, long end) where V : unmanaged, IVector<V> where T : struct, IStored
        {
            long i = begin;
            if (Stream && V.Lanes > 1)
            {
                for (; i + V.Lanes <= end; i += V.Lanes)
                    TTo.StoreStreaming(Y, i, T.Load<V>(X, i));
            }
            for (; i + V.Lanes <= end; i += V.Lanes)
                TTo.Store(Y, i, T.Load<V>(X, i));
            for (; i < end; i++)
                TTo.Store(Y, i, T.Load<F1>(X, i));
        }
    }
}
