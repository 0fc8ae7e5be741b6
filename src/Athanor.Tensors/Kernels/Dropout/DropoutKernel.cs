using System.Runtime.CompilerServices;
using Athanor.Tensors.Cpu;
using Athanor.Tensors.Simd;

namespace Athanor.Tensors.Kernels;

/// <summary>
/// Dropout (Srivastava et al. 2014): y = x/(1 − p) where the element's random number is at least p, else 0. The numbers come from
/// (seed, stream), so backward is the same call on the gradient and nothing is stored. Same bytes on every path, width and thread count.
/// </summary>
internal static unsafe class DropoutKernel
{
    private const long ChunkBlocks = 256;

    /// <summary>Over n contiguous elements; y may be x.</summary>
    public static void Apply(CpuDevice device, DType type, void* x, void* y, long n, float probability, ulong seed, ulong stream)
    {
        // p = 1 drops everything; the scale then multiplies nothing but must not be infinite.
        float scale = probability < 1 ? 1 / (1 - probability) : 0;
        if (device.Path == KernelPath.Reference)
        {
            Cells source = new(x, type), target = new(y, type);
            for (long i = 0; i < n; i++)
                target[i] = RandomNumber(seed, stream, i) >= probability ? source[i] * scale : 0;
            return;
        }
        var body = new Body { X = x, Y = y, N = n, Probability = probability, Scale = scale, Seed = seed, Stream = stream, Streams = Streaming.Pays(y, 1, n * type.Size() & ~63L) };
        device.Launch(body, type, (n + Philox.Block - 1) / Philox.Block, ChunkBlocks);
    }

    /// <summary>The number in [0, 1) that belongs to element <paramref name="i"/> of a stream.</summary>
    public static float RandomNumber(ulong seed, ulong stream, long i)
    {
        Philox.Words(seed, stream, (ulong)(i / Philox.Block * 16 + i % 16), out uint w0, out uint w1, out uint w2, out uint w3);
        return Philox.Uniform((i % Philox.Block / 16) switch { 0 => w0, 1 => w1, 2 => w2, _ => w3 });
    }

    /// <summary>Items are blocks of 64 elements.</summary>
    private struct Body : IKernelBody
    {
        public void* X, Y;
        public long N;
        public float Probability, Scale;
        public ulong Seed, Stream;
        public bool Streams;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<V, T>(int member, long begin, long end) where V : unmanaged, IVector<V> where T : struct, IStored
        {
            V p = V.All(Probability), scale = V.All(Scale);
            for (long block = begin; block < end; block++)
            {
                long first = block * Philox.Block;
                if (first + Philox.Block > N)
                {
                    for (long i = first; i < N; i++)
                        T.Set(Y, i, RandomNumber(Seed, Stream, i) >= Probability ? T.Get(X, i) * Scale : 0);
                    break;
                }
                for (int lane = 0; lane < 16; lane += V.Lanes)
                {
                    Philox.Uniform(Seed, Stream, (ulong)(block * 16 + lane), out V u0, out V u1, out V u2, out V u3);
                    long i = first + lane;
                    Put<V, T>(i, u0, p, scale);
                    Put<V, T>(i + 16, u1, p, scale);
                    Put<V, T>(i + 32, u2, p, scale);
                    Put<V, T>(i + 48, u3, p, scale);
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly void Put<V, T>(long i, V u, V p, V scale) where V : unmanaged, IVector<V> where T : struct, IStored
        {
            V value = V.And(V.LessOrEqual(p, u), T.Load<V>(X, i) * scale);
            if (Streams && V.Lanes > 1)
                T.StoreStreaming(Y, i, value);
            else
                T.Store(Y, i, value);
        }
    }
}
