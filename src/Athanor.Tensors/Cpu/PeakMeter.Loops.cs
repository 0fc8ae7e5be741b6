using System.Runtime.CompilerServices;
using Athanor.Tensors.Amx;
using Athanor.Tensors.Simd;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Athanor.Tensors.Cpu;

public sealed unsafe partial class PeakMeter
{
    // One tile product is 16 × 16 × 32 multiply-adds (64 deep for int8).
    private const double TileFlops = 16 * 16 * 32 * 2;
    private const int TileBytes = 4096, TileIterations = 10_000, ItemsPerMember = 4;
    private const int FmaIterations = 40_000, FmaAccumulators = 12;
    private const int BlockFloats = 64, BlocksPerChunk = 4096, PageFloats = 1024, PagesAtOnce = 8;

    private static readonly Lazy<nint> RegistersBf16 = new(() => BuildRegisterLoop((a, sum) => a.tdpbf16ps(sum, tmm6, tmm7)));
    private static readonly Lazy<nint> RegistersInt8 = new(() => BuildRegisterLoop((a, sum) => a.tdpbssd(sum, tmm6, tmm7)));
    private static readonly Lazy<nint> SquareLoop = new(BuildSquareLoop);

    private struct TileJob
    {
        public nint Loop;
        public byte* Tiles;
    }

    private double RunTiles(nint loop, int productsPerIteration, double flops)
    {
        var job = new TileJob { Loop = loop, Tiles = _tiles };
        int items = ItemsPerMember * _device.Threads;
        _device.Team.For(items, 1, &TilePart, &job);
        return (double)items * TileIterations * productsPerIteration * flops;
    }

    private static void TilePart(void* state, int member, long begin, long end)
    {
        var job = (TileJob*)state;
        AmxTiles.Configure();
        for (long item = begin; item < end; item++)
            ((delegate* unmanaged<long, byte*, void>)job->Loop)(TileIterations, job->Tiles);
        AmxTiles.Release();
    }

    private static (AssemblerRegister64 Iterations, AssemblerRegister64 Tiles) Arguments =>
        OperatingSystem.IsWindows() ? (rcx, rdx) : (rdi, rsi);

    private static nint BuildRegisterLoop(Action<Assembler, AssemblerRegisterTMM> product) => CodePages.Build(a =>
    {
        var (iterations, tiles) = Arguments;
        a.mov(eax, 64);
        ZeroSums(a);
        a.tileloadd(tmm6, __[tiles + rax * 1]);
        a.tileloadd(tmm7, __[tiles + rax * 1 + 1024]);
        Label loop = a.CreateLabel();
        a.Label(ref loop);
        for (int turn = 0; turn < 4; turn++)
        {
            foreach (AssemblerRegisterTMM sum in Sums())
                product(a, sum);
        }
        a.dec(iterations);
        a.jnz(loop);
        a.ret();
    });

    private static nint BuildSquareLoop() => CodePages.Build(a =>
    {
        var (iterations, tiles) = Arguments;
        a.mov(eax, 64);
        ZeroSums(a);
        Label loop = a.CreateLabel();
        a.Label(ref loop);
        a.tileloadd(tmm4, __[tiles + rax * 1]);
        a.tileloadd(tmm6, __[tiles + rax * 1 + 1024]);
        a.tileloadd(tmm7, __[tiles + rax * 1 + 2048]);
        a.tileloadd(tmm5, __[tiles + rax * 1 + 3072]);
        a.tdpbf16ps(tmm0, tmm4, tmm6);
        a.tdpbf16ps(tmm1, tmm4, tmm7);
        a.tdpbf16ps(tmm2, tmm5, tmm6);
        a.tdpbf16ps(tmm3, tmm5, tmm7);
        a.dec(iterations);
        a.jnz(loop);
        a.ret();
    });

    private static AssemblerRegisterTMM[] Sums() => [tmm0, tmm1, tmm2, tmm3];

    private static void ZeroSums(Assembler a)
    {
        foreach (AssemblerRegisterTMM sum in Sums())
            a.tilezero(sum);
    }

    private double RunFma()
    {
        int items = ItemsPerMember * _device.Threads;
        _device.Launch(new FmaBody(), DType.F32, items, 1);
        return 2.0 * FmaAccumulators * _device.Lanes * FmaIterations * items;
    }

    /// <summary>Twelve sums hide four cycles of latency on two ports and fit the sixteen registers of AVX2.</summary>
    private struct FmaBody : IKernelBody
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<V, T>(int member, long begin, long end)
            where V : unmanaged, IVector<V>
            where T : struct, IStored
        {
            float* sink = stackalloc float[16];
            for (long item = begin; item < end; item++)
            {
                V x = V.All(0.999f), y = V.All(1e-3f), s0 = y, s1 = y, s2 = y, s3 = y, s4 = y, s5 = y, s6 = y, s7 = y, s8 = y, s9 = y, s10 = y, s11 = y;
                for (int i = 0; i < FmaIterations; i++)
                {
                    s0 = V.Fma(s0, x, y);
                    s1 = V.Fma(s1, x, y);
                    s2 = V.Fma(s2, x, y);
                    s3 = V.Fma(s3, x, y);
                    s4 = V.Fma(s4, x, y);
                    s5 = V.Fma(s5, x, y);
                    s6 = V.Fma(s6, x, y);
                    s7 = V.Fma(s7, x, y);
                    s8 = V.Fma(s8, x, y);
                    s9 = V.Fma(s9, x, y);
                    s10 = V.Fma(s10, x, y);
                    s11 = V.Fma(s11, x, y);
                }
                V.Store(sink, s0 + s1 + s2 + s3 + s4 + s5 + (s6 + s7 + s8 + s9 + s10 + s11));
            }
        }
    }

    private double RunMemory(Peak peak)
    {
        if (_x == null)
            AllocateArrays();
        long blocks = _floats / BlockFloats;
        double bytes = (double)_floats * sizeof(float);
        switch (peak)
        {
            case Peak.MemoryRead:
                _device.Launch(new ReadBody { X = _x }, DType.F32, blocks, BlocksPerChunk);
                return bytes;
            case Peak.MemoryCopy:
                _device.Launch(new CopyBody { X = _x, Target = _target }, DType.F32, blocks, BlocksPerChunk);
                return 2 * bytes;
            default:
                _device.Launch(new TriadBody { X = _x, Y = _y, Target = _target }, DType.F32, blocks, BlocksPerChunk);
                return 3 * bytes;
        }
    }

    private void AllocateArrays()
    {
        nuint bytes = (nuint)_floats * sizeof(float);
        _x = (float*)Os.AllocatePages(bytes);
        _y = (float*)Os.AllocatePages(bytes);
        _target = (float*)Os.AllocatePages(bytes);
        if (_x == null || _y == null || _target == null)
            throw new TensorMemoryException("the arrays of the memory limits", 3 * (long)bytes, 0, 0);
        // Untouched pages would all be the one page of zeros, which never leaves the cache.
        new Span<float>(_x, (int)_floats).Fill(1);
        new Span<float>(_y, (int)_floats).Fill(2);
        new Span<float>(_target, (int)_floats).Fill(3);
    }

    /// <summary>Eight pages at once: the machine's own fetching ahead starts anew in every page, so that a single stream reads a third slower.</summary>
    private struct ReadBody : IKernelBody
    {
        public float* X;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<V, T>(int member, long begin, long end)
            where V : unmanaged, IVector<V>
            where T : struct, IStored
        {
            float* sink = stackalloc float[16];
            V s0 = V.Zero, s1 = s0, s2 = s0, s3 = s0;
            float* x = X + begin * BlockFloats, last = X + end * BlockFloats;
            for (; x + PagesAtOnce * PageFloats <= last; x += PagesAtOnce * PageFloats)
            {
                for (int i = 0; i < PageFloats; i += V.Lanes)
                {
                    s0 += V.Load(x + i) + V.Load(x + i + 4 * PageFloats);
                    s1 += V.Load(x + i + PageFloats) + V.Load(x + i + 5 * PageFloats);
                    s2 += V.Load(x + i + 2 * PageFloats) + V.Load(x + i + 6 * PageFloats);
                    s3 += V.Load(x + i + 3 * PageFloats) + V.Load(x + i + 7 * PageFloats);
                }
            }
            for (; x < last; x += V.Lanes)
                s0 += V.Load(x);
            V.Store(sink, s0 + s1 + (s2 + s3));
        }
    }

    private struct CopyBody : IKernelBody
    {
        public float* X, Target;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<V, T>(int member, long begin, long end)
            where V : unmanaged, IVector<V>
            where T : struct, IStored
        {
            for (long i = begin * BlockFloats; i < end * BlockFloats; i += 2 * V.Lanes)
            {
                V.StoreStreaming(Target + i, V.Load(X + i));
                V.StoreStreaming(Target + i + V.Lanes, V.Load(X + i + V.Lanes));
            }
        }
    }

    private struct TriadBody : IKernelBody
    {
        public float* X, Y, Target;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<V, T>(int member, long begin, long end)
            where V : unmanaged, IVector<V>
            where T : struct, IStored
        {
            V three = V.All(3);
            for (long i = begin * BlockFloats; i < end * BlockFloats; i += V.Lanes)
                V.StoreStreaming(Target + i, V.Fma(three, V.Load(Y + i), V.Load(X + i)));
        }
    }
}
