using System.Runtime.InteropServices;
using Athanor.Tensors.Blocks;
using Athanor.Tensors.Cpu;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Athanor.Tensors.Kernels;

/// <summary>Arguments of a <see cref="SingleSweep"/>: sums[16] = Σ over units of (float)(row·input) · XScale · scale of the row's unit, less XSum · its minimum.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct SingleSweepArgs
{
    /// <summary>Sixteen rows of blocks, and bytes from row to row.</summary>
    public byte* Rows;
    public long RowBytes;

    /// <summary>The input, signed bytes, for 32 columns its scale and the scale times the sum of the bytes.</summary>
    public sbyte* X;
    public float* XScales, XSums;

    /// <summary>For 32 columns minus eight times the sum of the bytes.</summary>
    public int* XEights;

    /// <summary>Blocks of a row, at least 1.</summary>
    public long Blocks;

    /// <summary>What comes next: see <see cref="FetchedAhead"/>.</summary>
    public byte* Ahead;
    public long Apart;

    public float* Sums;

    /// <summary>512 bytes, 64-byte aligned.</summary>
    public int* Scratch;
}

/// <summary>The emitted kernels of sixteen rows of weights, where they lie, times one input: four products of bytes an instruction in registers of 512 bits, which C# has no name for.</summary>
/// <remarks>
/// <para>The bytes of a weight are unsigned for that instruction, so sums start at what makes up for it, or nibbles' end with it. A block's sums are exact; then for each row t = float(sum)·XScale,
/// s = fma(t, scale, s), in the order of blocks: the bits of all other kernels.</para>
/// <para>A register holds 32 bytes of two rows (Q8_0) or sixteen of four (the others); sums of neighbours in three or two steps leave the sixteen rows in their order.</para>
/// <para>Registers: rcx, rdx, r8, r9 rows 0, 4, 8, 12; r10, r11 row length and three times it; rsi X, rdi XScales, rbp XSums or XEights, rax Ahead, rbx, r12 its streams' distance and
/// three times it, r13 blocks left, r14 short-lived, r15 Scratch; vector registers 0 … 5 and 16 up, which no ABI preserves.</para>
/// </remarks>
internal static unsafe partial class SingleSweep
{
    private const uint WordOnes = 0x00010001;
    private static readonly Lazy<nint> Q8_0 = Kernel(BlockFormat.Q8_0, BytesOfBlock), Q4_0 = Kernel(BlockFormat.Q4_0, NibblesOfBlock), Q4_K = Kernel(BlockFormat.Q4_K, BlockOfQ4_K), Q6_K = Kernel(BlockFormat.Q6_K, BlockOfQ6_K);

    /// <summary>The kernel of a format whose rows are multiplied as bytes.</summary>
    public static delegate* unmanaged[SuppressGCTransition]<SingleSweepArgs*, void> Get(BlockFormat format) => (delegate* unmanaged[SuppressGCTransition]<SingleSweepArgs*, void>)(format switch
    {
        BlockFormat.Q8_0 => Q8_0.Value,
        BlockFormat.Q4_0 => Q4_0.Value,
        BlockFormat.Q4_K => Q4_K.Value,
        _ => Q6_K.Value,
    });

    private static readonly AssemblerRegister64[] Saved = OperatingSystem.IsWindows() ? [rbx, rbp, r12, r13, r14, r15, rsi, rdi] : [rbx, rbp, r12, r13, r14, r15];
    private static readonly AssemblerRegister64[] Bases = [rcx, rdx, r8, r9];

    // Kept throughout; what else lives long is named by the format.
    private static readonly AssemblerRegisterZMM Sums = zmm16, RowOffsets = zmm17, Mask = zmm18, Offset = zmm19, UpperNibble = zmm29;

    private static Lazy<nint> Kernel(BlockFormat format, Action<Assembler> block) => new(() => CodePages.Build(a => Emit(a, format, block)));

    private static void Emit(Assembler a, BlockFormat format, Action<Assembler> block)
    {
        foreach (AssemblerRegister64 register in Saved)
            a.push(register);
        a.mov(r14, OperatingSystem.IsWindows() ? rcx : rdi);
        a.mov(rcx, Arg(nameof(SingleSweepArgs.Rows)));
        a.mov(r10, Arg(nameof(SingleSweepArgs.RowBytes)));
        a.mov(rsi, Arg(nameof(SingleSweepArgs.X)));
        a.mov(rdi, Arg(nameof(SingleSweepArgs.XScales)));
        a.mov(rbp, Arg(format == BlockFormat.Q4_0 ? nameof(SingleSweepArgs.XEights) : nameof(SingleSweepArgs.XSums)));
        a.mov(r13, Arg(nameof(SingleSweepArgs.Blocks)));
        a.mov(rax, Arg(nameof(SingleSweepArgs.Ahead)));
        a.mov(rbx, Arg(nameof(SingleSweepArgs.Apart)));
        a.mov(r15, Arg(nameof(SingleSweepArgs.Scratch)));
        a.push(Arg(nameof(SingleSweepArgs.Sums)));
        a.lea(r11, __[r10 + r10 * 2]);
        a.lea(r12, __[rbx + rbx * 2]);
        a.lea(rdx, __[rcx + r10 * 4]);
        a.lea(r8, __[rdx + r10 * 4]);
        a.lea(r9, __[r8 + r10 * 4]);
        a.vpxord(Sums, Sums, Sums);
        All(a, Mask, 0x0F0F0F0F);
        if (format is BlockFormat.Q4_0 or BlockFormat.Q4_K)
        {
            All(a, zmm0, WordOnes);
            a.vmovdqa32(__zmmword_ptr[r15], zmm0);
        }
        else
            All(a, Offset, format == BlockFormat.Q8_0 ? 0x80808080 : 0x20202020);
        a.mov(r14, 0x1020408000000000);
        a.vpbroadcastq(UpperNibble, r14);
        PlaceRows(a);
        Label loop = a.CreateLabel();
        a.Label(ref loop);
        block(a);
        foreach (AssemblerRegister64 row in Bases)
            a.add(row, (int)format.RowBytes(format.BlockLength()));
        a.add(rsi, format.BlockLength());
        a.add(rdi, format.BlockLength() / 32 * sizeof(float));
        a.add(rbp, format.BlockLength() / 32 * sizeof(float));
        a.dec(r13);
        a.jnz(loop);
        a.pop(r14);
        a.vmovups(__zmmword_ptr[r14], Sums);
        a.vzeroupper();
        foreach (AssemblerRegister64 register in Saved.Reverse())
            a.pop(register);
        a.ret();
    }

    private static AssemblerMemoryOperand Arg(string field) => __qword_ptr[r14 + (int)Marshal.OffsetOf<SingleSweepArgs>(field)];

    private static void All(Assembler a, AssemblerRegisterZMM register, uint value)
    {
        a.mov(r14d, value);
        a.vpbroadcastd(register, r14d);
    }

    /// <summary>Row numbers, from bytes, times the length of a row.</summary>
    private static void PlaceRows(Assembler a)
    {
        a.mov(r14, 0x0706050403020100);
        a.vmovq(xmm0, r14);
        a.mov(r14, 0x0F0E0D0C0B0A0908);
        a.vpinsrq(xmm0, xmm0, r14, 1);
        a.vpmovzxbd(RowOffsets, xmm0);
        a.vpbroadcastd(zmm0, r10d);
        a.vpmulld(RowOffsets, RowOffsets, zmm0);
    }

    /// <summary>The four bytes at a place of all rows' blocks.</summary>
    private static void Gather(Assembler a, AssemblerRegisterZMM to, int place)
    {
        a.kxnorw(k1, k1, k1);
        a.vpgatherdd(to.k1, __zmmword_ptr[rcx + RowOffsets + place]);
    }

    /// <summary>fp16 in the lower halves of a register's numbers as fp32.</summary>
    private static void Half(Assembler a, AssemblerRegisterZMM to, AssemblerRegisterZMM from)
    {
        AssemblerRegisterYMM narrow = Narrow(to);
        a.vpmovdw(narrow, from);
        a.vcvtph2ps(to, narrow);
    }

    private static AssemblerRegisterZMM Wide(int number) => new(Register.ZMM0 + number);

    private static AssemblerRegisterYMM Narrow(AssemblerRegisterZMM wide) => new(Register.YMM0 + (wide.Value - Register.ZMM0));

    private static AssemblerRegisterXMM Narrowest(AssemblerRegisterZMM wide) => new(Register.XMM0 + (wide.Value - Register.ZMM0));

    /// <summary>A place in the block of a row, 0 … 3 from its base.</summary>
    private static AssemblerMemoryOperand Place(AssemblerMemoryOperandFactory size, int rowBase, int row, int place) => row switch
    {
        0 => size[Bases[rowBase] + place],
        3 => size[Bases[rowBase] + r11 + place],
        _ => size[Bases[rowBase] + r10 * row + place],
    };

    /// <summary>Sixteen bytes at a place of the rows <paramref name="row"/> + 0, 4, 8, 12. Three insertions into one register take longer: each waits for the last.</summary>
    private static void Four(Assembler a, AssemblerRegisterZMM to, AssemblerRegisterZMM other, int row, int place)
    {
        a.vmovdqu32(Narrowest(to), Place(__xmmword_ptr, 0, row, place));
        a.vinserti32x4(Narrow(to), Narrow(to), Place(__xmmword_ptr, 1, row, place), 1);
        a.vmovdqu32(Narrowest(other), Place(__xmmword_ptr, 2, row, place));
        a.vinserti32x4(Narrow(other), Narrow(other), Place(__xmmword_ptr, 3, row, place), 1);
        a.vinserti64x4(to, to, Narrow(other), 1);
    }

    /// <summary>Both nibbles of each byte: <paramref name="low"/> holds the bytes at first. Bits of a byte go where a matrix of bits says, in one step for the upper ones.</summary>
    private static void Nibbles(Assembler a, AssemblerRegisterZMM low, AssemblerRegisterZMM high)
    {
        a.vgf2p8affineqb(high, low, UpperNibble, 0);
        a.vpandd(low, low, Mask);
    }

    /// <summary>Adds the four lanes of each quarter of four registers: a lane for each register in the first.</summary>
    private static void Neighbours(Assembler a, AssemblerRegisterZMM[] sums, AssemblerRegisterZMM other)
    {
        foreach (int first in (ReadOnlySpan<int>)[0, 2])
        {
            a.vpunpckldq(other, sums[first], sums[first + 1]);
            a.vpunpckhdq(sums[first], sums[first], sums[first + 1]);
            a.vpaddd(sums[first], sums[first], other);
        }
        a.vpunpcklqdq(other, sums[0], sums[2]);
        a.vpunpckhqdq(sums[0], sums[0], sums[2]);
        a.vpaddd(sums[0], sums[0], other);
    }

    /// <summary>The same added to <paramref name="to"/>, in fewer steps: for sums of eight products with nibbles, of which four fit 16 bits.</summary>
    private static void NarrowNeighbours(Assembler a, AssemblerRegisterZMM to, AssemblerRegisterZMM[] sums)
    {
        AssemblerMemoryOperand ones = __zmmword_ptr[r15];
        foreach (int first in (ReadOnlySpan<int>)[0, 2])
        {
            a.vpackssdw(sums[first], sums[first], sums[first + 1]);
            a.vpmaddwd(sums[first], sums[first], ones);
        }
        a.vpackssdw(sums[0], sums[0], sums[2]);
        a.vpdpwssd(to, sums[0], ones);
    }

    /// <summary>Where sums begin: what unsigned bytes are above signed ones, times the input.</summary>
    private static void Begin(Assembler a, AssemblerRegisterZMM start, AssemblerRegisterZMM other, AssemblerRegisterZMM input)
    {
        a.vpxord(other, other, other);
        a.vpxord(start, start, start);
        a.vpdpbusd(other, Offset, input);
        a.vpsubd(start, start, other);
    }

    /// <summary>Takes a unit's sums in.</summary>
    private static void Step(Assembler a, AssemblerRegisterZMM sums, AssemblerRegisterZMM scales, int part)
    {
        a.vcvtdq2ps(sums, sums);
        a.vmulps(sums, sums, __dword_bcst[rdi + part * sizeof(float)]);
        a.vfmadd231ps(Sums, sums, scales);
    }

    /// <summary>A line of each stream; then the next line.</summary>
    private static void Fetch(Assembler a, BlockFormat format)
    {
        int streams = FetchedAhead.Streams(PackedTile.Rows * format.RowBytes(format.BlockLength()), format.BlockLength());
        a.prefetcht0(__[rax]);
        a.prefetcht0(__[rax + rbx]);
        a.prefetcht0(__[rax + rbx * 2]);
        a.prefetcht0(__[rax + r12]);
        a.prefetcht0(__[rax + rbx * 4]);
        if (streams > 5)
        {
            a.lea(r14, __[rax + rbx * 4]);
            a.prefetcht0(__[r14 + rbx]);
            a.prefetcht0(__[r14 + rbx * 2]);
        }
        if (streams > 7)
        {
            a.prefetcht0(__[r14 + r12]);
            a.prefetcht0(__[r14 + rbx * 4]);
        }
        a.add(rax, 64);
    }
}
