using System.Runtime.CompilerServices;
using Athanor.Tensors;
using Athanor.Tensors.Cpu;
using Athanor.Tensors.Kernels;
using Athanor.Tensors.Simd;

namespace Athanor.Benchmarks.Kernels;

/// <summary>
/// Attention the plain way, as the yardstick: whole T×T scores and weights in memory, batched matrix products of the same engine, one
/// masked softmax between them. Head-major operands, which suit it best.
/// </summary>
internal sealed unsafe class UnfusedAttention
{
    private readonly CpuDevice _device;
    private readonly DType _type;
    private readonly int _heads, _time, _width;
    private readonly void* _q, _k, _v, _o, _weights, _scores, _dO, _dQ, _dK, _dV;

    public UnfusedAttention(CpuDevice device, Buffers buffers, DType type, int heads, int time, int width)
    {
        (_device, _type, _heads, _time, _width) = (device, type, heads, time, width);
        long small = (long)heads * time * width, square = (long)heads * time * time * type.Size();
        _q = buffers.Random(type, small, 1);
        _k = buffers.Random(type, small, 1);
        _v = buffers.Random(type, small, 1);
        _dO = buffers.Random(type, small, 1);
        _o = buffers.Zero(small * type.Size());
        _dQ = buffers.Zero(small * type.Size());
        _dK = buffers.Zero(small * type.Size());
        _dV = buffers.Zero(small * type.Size());
        _weights = buffers.Zero(square);
        _scores = buffers.Zero(square);
    }

    public void Forward()
    {
        Multiply(_q, false, _k, true, _scores, _time, _time, _width);
        _device.Launch(new SoftmaxRows { X = _scores, Y = _weights, Time = _time, Scale = 1 / MathF.Sqrt(_width) }, _type, (long)_heads * _time, 16);
        Multiply(_weights, false, _v, false, _o, _time, _width, _time);
    }

    public void Backward()
    {
        Multiply(_weights, true, _dO, false, _dV, _time, _width, _time);
        Multiply(_dO, false, _v, true, _scores, _time, _time, _width);
        _device.Launch(new GradientRows { Weights = _weights, DWeights = _scores, Time = _time, Scale = 1 / MathF.Sqrt(_width) }, _type, (long)_heads * _time, 16);
        Multiply(_scores, false, _k, false, _dQ, _time, _width, _time);
        Multiply(_scores, true, _q, false, _dK, _time, _width, _time);
    }

    private void Multiply(void* a, bool transA, void* b, bool transB, void* c, int m, int n, int k) => MatMulKernel.Run(_device, new GemmArgs
    {
        M = m,
        N = n,
        K = k,
        A = a,
        Lda = transA ? m : k,
        TransA = transA,
        B = b,
        Ldb = transB ? k : n,
        TransB = transB,
        C = c,
        Ldc = n,
        InputType = _type,
        OutputType = _type,
        Batch = _heads,
        StrideA = (long)m * k,
        StrideB = (long)k * n,
        StrideC = (long)m * n,
    });

    /// <summary>Row i of a head: softmax over keys 0 … i, zeros beyond.</summary>
    private struct SoftmaxRows : IKernelBody
    {
        public void* X, Y;
        public int Time;
        public float Scale;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<V, T>(int member, long begin, long end)
            where V : unmanaged, IVector<V>
            where T : struct, IStored
        {
            for (long row = begin; row < end; row++)
            {
                int visible = (int)(row % Time) + 1, wide = visible / V.Lanes * V.Lanes;
                void* x = (byte*)X + row * Time * T.Size, y = (byte*)Y + row * Time * T.Size;
                V top = V.All(float.NegativeInfinity);
                for (int i = 0; i < wide; i += V.Lanes)
                    top = V.MaxNative(top, T.Load<V>(x, i));
                float max = V.MaxAcross(top);
                for (int i = wide; i < visible; i++)
                    max = Math.Max(max, T.Get(x, i));
                V sums = V.Zero, scale = V.All(Scale), shift = V.All(-max * Scale);
                for (int i = 0; i < wide; i += V.Lanes)
                {
                    V e = VectorMath.Exp(V.Fma(T.Load<V>(x, i), scale, shift));
                    sums += e;
                    T.Store(y, i, e);
                }
                float sum = V.Sum(sums);
                for (int i = wide; i < visible; i++)
                {
                    float e = MathF.Exp((T.Get(x, i) - max) * Scale);
                    sum += e;
                    T.Set(y, i, e);
                }
                V share = V.All(1 / sum);
                for (int i = 0; i < wide; i += V.Lanes)
                    T.Store(y, i, T.Load<V>(y, i) * share);
                for (int i = wide; i < visible; i++)
                    T.Set(y, i, T.Get(y, i) / sum);
                new Span<byte>((byte*)y + visible * T.Size, (Time - visible) * T.Size).Clear();
            }
        }
    }

    /// <summary>dS = Scale·P∘(dP − Σ P∘dP), in place of dP.</summary>
    private struct GradientRows : IKernelBody
    {
        public void* Weights, DWeights;
        public int Time;
        public float Scale;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<V, T>(int member, long begin, long end)
            where V : unmanaged, IVector<V>
            where T : struct, IStored
        {
            // Weights beyond the diagonal are zero, so whole vectors serve; Time is a multiple of every width.
            for (long row = begin; row < end; row++)
            {
                int wide = ((int)(row % Time) + V.Lanes) / V.Lanes * V.Lanes;
                void* p = (byte*)Weights + row * Time * T.Size, d = (byte*)DWeights + row * Time * T.Size;
                V products = V.Zero;
                for (int i = 0; i < wide; i += V.Lanes)
                    products = V.Fma(T.Load<V>(p, i), T.Load<V>(d, i), products);
                V mean = V.All(V.Sum(products)), scale = V.All(Scale);
                for (int i = 0; i < wide; i += V.Lanes)
                    T.Store(d, i, T.Load<V>(p, i) * (T.Load<V>(d, i) - mean) * scale);
                new Span<byte>((byte*)d + wide * T.Size, (Time - wide) * T.Size).Clear();
            }
        }
    }
}
