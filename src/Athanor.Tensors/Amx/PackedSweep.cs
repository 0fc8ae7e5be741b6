using System.Runtime.InteropServices;
using Athanor.Tensors.Cpu;
using Athanor.Tensors.Kernels;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Athanor.Tensors.Amx;

/// <summary>
/// Arguments of a packed sweep: sums [16 n][16 m] (or [16 n] for one m) += Σ over units u of (float)(A_u·B_u) · XScale_u[m] · Scale_u[n] − XSum_u[m] · Min_u[n].
/// A kernel changes the struct while it runs: fill all fields again before every call.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct PackedSweepArgs
{
    /// <summary>Weights, signed bytes: units of [16 n][unit length].</summary>
    public sbyte* A;

    /// <summary>Inputs, signed bytes: units of [unit length / 4][16 m][4], or [unit length] for one m.</summary>
    public sbyte* B;

    /// <summary>[units][16 n].</summary>
    public float* Scales, Mins;

    /// <summary>[blocks of 32][16 m], or [blocks] for one m.</summary>
    public float* XScales, XSums;

    /// <summary>[16 n][16 m] or [16 n].</summary>
    public float* Sums;

    /// <summary>Half the units, at least 1.</summary>
    public long Pairs;

    /// <summary>2 KB, 64-byte aligned.</summary>
    public int* Scratch;

    /// <summary>Rows in place only: bytes from row to row of A, and what is wanted soon, streams of <see cref="FetchedAhead"/> of which each unit fetches a line.</summary>
    public long AStride;
    public byte* Ahead;
    public long Apart;
}

/// <summary>The emitted kernels of products with packed weights, and their tile shapes.</summary>
/// <remarks>
/// <para>A unit's int32 sums are exact; then for each number t = float(sum)·XScale, s = fma(t, Scale, s), s = fma(−XSum, Min, s), units ascending. So a result depends
/// on its row of weights and its row of inputs alone, and vector code that does the same steps gives the same bits.</para>
/// <para>The tile of sums of a unit is written to memory and read two units later, when its product is long done. Registers: rdi arguments, rsi A, rdx B, rcx Scales,
/// r8 Mins, r9 XScales, r10 XSums, rax stride, r11 scratch and pairs by turns; vector registers 0 … 5 and 16 up, which no ABI preserves.</para>
/// <para>Rows in place: A is sixteen rows of blocks of a scale of two bytes and a unit, from the first unit on; r8 is their distance, r10 what is fetched ahead, so that
/// memory works beside the products.</para>
/// </remarks>
internal static unsafe class PackedSweep
{
    private const int InPlaceCode = 8, BlockBytes = 34;
    private static readonly nint[] Emitted = new nint[InPlaceCode + 1];
    private static readonly byte*[] Configs = new byte*[4];
    private static readonly Lock Gate = new();
    private static readonly delegate* unmanaged<byte*, void> LoadConfig =
        (delegate* unmanaged<byte*, void>)CodePages.Build(a => { a.ldtilecfg(__[OperatingSystem.IsWindows() ? rcx : rdi]); a.ret(); });

    /// <summary>Shapes the tiles of this thread for units of <paramref name="length"/> and one m or sixteen.</summary>
    public static void Configure(int length, bool single) => LoadConfig(Config(length, single));

    /// <summary>The kernel for units of 32 or 16 bytes, with or without minima, for one m or sixteen.</summary>
    public static delegate* unmanaged<PackedSweepArgs*, void> Get(int length, bool mins, bool single)
    {
        int code = (length == 16 ? 1 : 0) | (mins ? 2 : 0) | (single ? 4 : 0);
        return Get(code, length, mins, single);
    }

    /// <summary>The kernel for rows of Q8_0 where they lie and sixteen m.</summary>
    public static delegate* unmanaged<PackedSweepArgs*, void> InPlace => Get(InPlaceCode, 32, false, false);

    private static delegate* unmanaged<PackedSweepArgs*, void> Get(int code, int length, bool mins, bool single)
    {
        nint entry = Volatile.Read(ref Emitted[code]);
        return (delegate* unmanaged<PackedSweepArgs*, void>)(entry != 0 ? entry : Build(code, length, mins, single));
    }

    // Apart, because what is captured is allocated where a method begins.
    private static nint Build(int code, int length, bool mins, bool single)
    {
        lock (Gate)
        {
            if (Emitted[code] == 0)
                Volatile.Write(ref Emitted[code], CodePages.Build(a => Emit(a, length, mins, single, code == InPlaceCode)));
            return Emitted[code];
        }
    }

    private static byte* Config(int length, bool single)
    {
        int code = (length == 16 ? 1 : 0) | (single ? 2 : 0);
        if (Configs[code] != null)
            return Configs[code];
        lock (Gate)
        {
            if (Configs[code] != null)
                return Configs[code];
            byte* config = (byte*)NativeMemory.AlignedAlloc(64, 64);
            new Span<byte>(config, 64).Clear();
            config[0] = 1;
            for (int i = 0; i < 2; i++)
            {
                Shape(config, i, 16, single ? 4 : 64);
                Shape(config, 2 + i, 16, length);
                Shape(config, 4 + i, length / 4, single ? 4 : 64);
            }
            return Configs[code] = config;
        }
    }

    private static void Shape(byte* config, int tile, int rows, int bytes)
    {
        ((ushort*)(config + 16))[tile] = (ushort)bytes;
        config[48 + tile] = (byte)rows;
    }

    private static AssemblerMemoryOperand Arg(string field) => __qword_ptr[rdi + (int)Marshal.OffsetOf<PackedSweepArgs>(field)];

    private static void Emit(Assembler a, int length, bool mins, bool single, bool inPlace)
    {
        if (OperatingSystem.IsWindows())
        {
            a.push(rdi);
            a.push(rsi);
            a.mov(rdi, rcx);
        }
        a.mov(rsi, Arg(nameof(PackedSweepArgs.A)));
        a.mov(rdx, Arg(nameof(PackedSweepArgs.B)));
        a.mov(rcx, Arg(nameof(PackedSweepArgs.Scales)));
        a.mov(r8, Arg(inPlace ? nameof(PackedSweepArgs.AStride) : nameof(PackedSweepArgs.Mins)));
        a.mov(r9, Arg(nameof(PackedSweepArgs.XScales)));
        a.mov(r10, Arg(inPlace ? nameof(PackedSweepArgs.Ahead) : nameof(PackedSweepArgs.XSums)));
        a.mov(r11, Arg(nameof(PackedSweepArgs.Sums)));
        int sums = single ? 1 : 16;
        for (int row = 0; row < sums; row++)
            a.vmovups(Sum(row), __zmmword_ptr[r11 + row * 64]);
        a.mov(r11, Arg(nameof(PackedSweepArgs.Scratch)));
        Label loop = a.CreateLabel(), last = a.CreateLabel();
        Multiply(a, 0, length, single, inPlace);
        Multiply(a, 1, length, single, inPlace);
        a.dec(Arg(nameof(PackedSweepArgs.Pairs)));
        a.jz(last);
        a.Label(ref loop);
        for (int unit = 0; unit < 2; unit++)
        {
            Add(a, unit, length, mins, single);
            Multiply(a, unit, length, single, inPlace);
        }
        Advance(a, length, mins, single);
        a.dec(Arg(nameof(PackedSweepArgs.Pairs)));
        a.jnz(loop);
        a.Label(ref last);
        Add(a, 0, length, mins, single);
        Add(a, 1, length, mins, single);
        a.mov(r11, Arg(nameof(PackedSweepArgs.Sums)));
        for (int row = 0; row < sums; row++)
            a.vmovups(__zmmword_ptr[r11 + row * 64], Sum(row));
        a.vzeroupper();
        if (OperatingSystem.IsWindows())
        {
            a.pop(rsi);
            a.pop(rdi);
        }
        a.ret();
    }

    private static AssemblerRegisterZMM Sum(int row) => new(Register.ZMM16 + row);

    private static void Multiply(Assembler a, int unit, int length, bool single, bool inPlace)
    {
        var (c, left, right) = unit == 0 ? (tmm0, tmm2, tmm4) : (tmm1, tmm3, tmm5);
        a.mov(eax, length);
        if (inPlace)
            a.tileloadd(left, __[rsi + r8 * 1]);
        else
            a.tileloadd(left, __[rsi + rax * 1]);
        if (single)
            a.mov(eax, 4);
        else
            a.mov(eax, 64);
        a.tileloadd(right, __[rdx + rax * 1]);
        a.tilezero(c);
        a.tdpbssd(c, left, right);
        a.tilestored(__[r11 + rax * 1 + unit * 1024], c);
        if (inPlace)
            Fetch(a);
        a.add(rsi, inPlace ? BlockBytes : 16 * length);
        a.add(rdx, single ? length : 16 * length);
    }

    /// <summary>A line of each of nine streams, as many as sixteen blocks have; then the next line.</summary>
    private static void Fetch(Assembler a)
    {
        a.mov(rax, Arg(nameof(PackedSweepArgs.Apart)));
        a.lea(r11, __[rax + rax * 2]);
        a.prefetcht0(__[r10]);
        for (int four = 0; four < 2; four++)
        {
            a.prefetcht0(__[r10 + rax]);
            a.prefetcht0(__[r10 + rax * 2]);
            a.prefetcht0(__[r10 + r11]);
            a.prefetcht0(__[r10 + rax * 4]);
            if (four == 0)
                a.lea(r10, __[r10 + rax * 4]);
        }
        a.shl(rax, 2);
        a.sub(r10, rax);
        a.add(r10, 64);
        a.mov(r11, Arg(nameof(PackedSweepArgs.Scratch)));
    }

    /// <summary>Takes the sums of a unit in; scales are addressed from the pair's begin.</summary>
    private static void Add(Assembler a, int unit, int length, bool mins, bool single)
    {
        int scales = unit * 64, block = length == 16 ? 0 : unit * (single ? 4 : 64);
        if (single)
        {
            a.vcvtdq2ps(zmm0, __zmmword_ptr[r11 + unit * 1024]);
            a.vmulps(zmm0, zmm0, __dword_bcst[r9 + block]);
            a.vfmadd231ps(Sum(0), zmm0, __zmmword_ptr[rcx + scales]);
            if (mins)
            {
                a.vmovups(zmm1, __zmmword_ptr[r8 + scales]);
                a.vfnmadd231ps(Sum(0), zmm1, __dword_bcst[r10 + block]);
            }
            return;
        }
        a.vmovups(zmm4, __zmmword_ptr[r9 + block]);
        if (mins)
            a.vmovups(zmm5, __zmmword_ptr[r10 + block]);
        for (int row = 0; row < 16; row++)
        {
            var t = new AssemblerRegisterZMM(Register.ZMM0 + (row & 3));
            a.vcvtdq2ps(t, __zmmword_ptr[r11 + unit * 1024 + row * 64]);
            a.vmulps(t, t, zmm4);
            a.vfmadd231ps(Sum(row), t, __dword_bcst[rcx + scales + row * 4]);
            if (mins)
                a.vfnmadd231ps(Sum(row), zmm5, __dword_bcst[r8 + scales + row * 4]);
        }
    }

    private static void Advance(Assembler a, int length, bool mins, bool single)
    {
        int blocks = (length == 16 ? 1 : 2) * (single ? 4 : 64);
        a.add(rcx, 128);
        a.add(r9, blocks);
        if (mins)
        {
            a.add(r8, 128);
            a.add(r10, blocks);
        }
    }
}
