using System.Runtime.InteropServices;
using Athanor.Tensors.Cpu;
using Athanor.Tensors.Kernels;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Athanor.Tensors.Amx;

/// <summary>
/// Writes the machine code of the one AMX kernel, in the variant that <see cref="SweepOptions"/> describes.
/// </summary>
/// <remarks>
/// <para>Per step of 32 k: four tile loads and four tile products on tmm0 … tmm3. The loads come as early as possible, since the
/// products of one step hide the loads of the next; but both tiles of A pass through tmm4, so that one tile register stays
/// unused: that costs nothing on a quiet machine, and on a busy host, whose tile registers seem to run short, the loop
/// with all eight in use takes 1.4 times as long. k always ascends, so a number of C depends on its row of A and its column of B alone:
/// not on the shape of C, on its place in C, on blocking or on threads.</para>
/// <para>The operand that all blocks of the sweep share should stay in the first-level cache. It is loaded normally for its first
/// <see cref="SweepArgs.ResidentSteps"/>; everything else is loaded with the T1 hint, which leaves the first level alone.</para>
/// <para>Registers: rdi arguments, rax A, rbx A 16 rows lower, rcx row stride of A, rsi B, r8 = 64, r9 steps left, r13 A of this
/// block, r14 blocks left, r15 and rdx prefetch, rbp steps that also store rows, r10 … r12 free. Vector registers 16 and up only:
/// neither ABI preserves them.</para>
/// </remarks>
internal sealed class SweepEmitter
{
    private const int TileBytes = 1024, ScratchStride = 128;
    private static readonly AssemblerRegister64[] Saved = [rbx, rbp, r12, r13, r14, r15];
    private readonly Assembler _a;
    private readonly SweepOptions _options;

    private SweepEmitter(Assembler assembler, SweepOptions options)
    {
        _a = assembler;
        _options = options;
    }

    public static nint Build(SweepOptions options) => CodePages.Build(assembler => new SweepEmitter(assembler, options).Emit());

    private bool Full => !_options.HalfHeight;
    private bool Wide => !_options.HalfWidth;
    private bool Piped => _options.PipedRows > 0 && _options.Output != SweepOutput.Tiles;

    private static AssemblerMemoryOperand Arg(string field) => __qword_ptr[rdi + (int)Marshal.OffsetOf<SweepArgs>(field)];

    private void Emit()
    {
        foreach (AssemblerRegister64 register in Saved)
            _a.push(register);
        if (OperatingSystem.IsWindows())
        {
            _a.push(rdi);
            _a.push(rsi);
            _a.mov(rdi, rcx);
        }
        if (!_options.PackedA)
            _a.mov(rcx, Arg(nameof(SweepArgs.AStride)));
        _a.mov(r13, Arg(nameof(SweepArgs.A)));
        _a.mov(r14, Arg(nameof(SweepArgs.Blocks)));
        _a.mov(r15, Arg(nameof(SweepArgs.Prefetch)));
        _a.mov(rdx, Arg(nameof(SweepArgs.PrefetchStride)));
        _a.mov(r8d, 64);

        Label block = _a.CreateLabel();
        _a.Label(ref block);
        StartBlock();
        StartSums();
        Steps();
        Output();
        NextBlock();
        _a.dec(r14);
        _a.jnz(block);

        if (Piped)
        {
            LoadStorePointers();
            _a.mov(r12, Arg(nameof(SweepArgs.Waiting)));
            StoreRows(Full ? 32 : 16);
        }
        _a.vzeroupper();
        if (OperatingSystem.IsWindows())
        {
            _a.pop(rsi);
            _a.pop(rdi);
        }
        for (int i = Saved.Length - 1; i >= 0; i--)
            _a.pop(Saved[i]);
        _a.ret();
    }

    private void StartBlock()
    {
        _a.mov(rax, r13);
        if (!_options.PackedA && Full)
        {
            _a.mov(rbx, rcx);
            _a.shl(rbx, 4);
            _a.add(rbx, r13);
        }
        _a.mov(rsi, Arg(nameof(SweepArgs.B)));
        if (_options.PrefetchRows > 0)
        {
            _a.mov(r15, Arg(nameof(SweepArgs.Prefetch)));
            _a.mov(r10, Arg(nameof(SweepArgs.PrefetchBlock)));
            _a.add(r10, r15);
            _a.mov(Arg(nameof(SweepArgs.Prefetch)), r10);
            // Four rows are addressed as -1, 0, 1, 2 times the stride.
            if (_options.PrefetchRows == 4)
                _a.add(r15, rdx);
        }
    }

    private void StartSums()
    {
        if (!_options.LoadInit)
        {
            _a.tilezero(tmm0);
            if (Wide)
                _a.tilezero(tmm1);
            if (Full)
                _a.tilezero(tmm2);
            if (Full && Wide)
                _a.tilezero(tmm3);
            return;
        }
        _a.mov(r10, Arg(nameof(SweepArgs.Init)));
        _a.mov(r11, Arg(nameof(SweepArgs.InitStride)));
        _a.mov(r12, Arg(nameof(SweepArgs.InitRight)));
        _a.add(r12, r10);
        _a.tileloadd(tmm0, __[r10 + r11 * 1]);
        if (Wide)
            _a.tileloadd(tmm1, __[r12 + r11 * 1]);
        if (Full)
        {
            _a.mov(rbp, Arg(nameof(SweepArgs.InitDown)));
            _a.add(r10, rbp);
            _a.add(r12, rbp);
            _a.tileloadd(tmm2, __[r10 + r11 * 1]);
            if (Wide)
                _a.tileloadd(tmm3, __[r12 + r11 * 1]);
        }
        _a.mov(r10, Arg(nameof(SweepArgs.InitBlock)));
        _a.add(Arg(nameof(SweepArgs.Init)), r10);
    }

    /// <summary>All steps of one block: those that also store rows of the block before, the other resident ones, the streamed ones.</summary>
    private void Steps()
    {
        Label resident = _a.CreateLabel(), streamed = _a.CreateLabel(), done = _a.CreateLabel();
        _a.mov(r9, Arg(nameof(SweepArgs.ResidentSteps)));
        if (Piped)
        {
            Label store = _a.CreateLabel();
            _a.mov(r12, Arg(nameof(SweepArgs.Waiting)));
            _a.test(r12, r12);
            _a.jz(resident);
            LoadStorePointers();
            _a.mov(ebp, 32 / _options.PipedRows);
            _a.sub(r9, rbp);
            _a.Label(ref store);
            Step(keepResident: true);
            StoreRows(Full ? _options.PipedRows : _options.PipedRows / 2);
            _a.dec(ebp);
            _a.jnz(store);
        }
        _a.Label(ref resident);
        Loop(keepResident: true, streamed);
        _a.Label(ref streamed);
        _a.mov(r9, Arg(nameof(SweepArgs.StreamedSteps)));
        Loop(keepResident: false, done);
        _a.Label(ref done);
        _a.nop();
    }

    private void Loop(bool keepResident, Label end)
    {
        Label step = _a.CreateLabel();
        _a.test(r9, r9);
        _a.jz(end);
        _a.Label(ref step);
        Step(keepResident);
        _a.dec(r9);
        _a.jnz(step);
    }

    private void Step(bool keepResident)
    {
        bool keepA = keepResident && _options.AcrossPanels, keepB = keepResident && !_options.AcrossPanels;
        LoadTile(tmm4, _options.PackedA ? __[rax + r8 * 1] : __[rax + rcx * 1], keepA);
        LoadTile(tmm6, __[rsi + r8 * 1], keepB);
        if (Wide)
            LoadTile(tmm7, __[rsi + r8 * 1 + TileBytes], keepB);
        Multiply(tmm0, tmm4, tmm6);
        if (Wide)
            Multiply(tmm1, tmm4, tmm7);
        if (Full)
        {
            LoadTile(tmm4, _options.PackedA ? __[rax + r8 * 1 + TileBytes] : __[rbx + rcx * 1], keepA);
            Multiply(tmm2, tmm4, tmm6);
            if (Wide)
                Multiply(tmm3, tmm4, tmm7);
        }
        Prefetch();
        PrefetchPages();
        _a.add(rax, _options.PackedA ? 2 * TileBytes : 64);
        if (!_options.PackedA && Full)
            _a.add(rbx, 64);
        _a.add(rsi, 2 * TileBytes);
    }

    private void LoadTile(AssemblerRegisterTMM tile, AssemblerMemoryOperand source, bool keep)
    {
        if (keep)
            _a.tileloadd(tile, source);
        else
            _a.tileloaddt1(tile, source);
    }

    private void Multiply(AssemblerRegisterTMM sum, AssemblerRegisterTMM left, AssemblerRegisterTMM right)
    {
        if (_options.Int8)
            _a.tdpbssd(sum, left, right);
        else
            _a.tdpbf16ps(sum, left, right);
    }

    private void Prefetch()
    {
        for (int i = 0; i < _options.PrefetchLines; i++)
            _a.prefetcht1(__[r15 + i * 64]);
        if (_options.PrefetchLines > 0)
            _a.add(r15, _options.PrefetchLines * 64);
        if (_options.PrefetchRows == 0)
            return;
        _a.prefetcht1(__[r15]);
        if (_options.PrefetchRows > 1)
            _a.prefetcht1(__[r15 + rdx * 1]);
        if (_options.PrefetchRows > 2)
            _a.prefetcht1(__[r15 + rdx * 2]);
        if (_options.PrefetchRows > 3)
        {
            _a.sub(r15, rdx);
            _a.prefetcht1(__[r15]);
            _a.add(r15, rdx);
        }
        _a.add(r15, 64);
    }

    /// <summary>What <see cref="PageStreams.Ask(void*)"/> does, for the 2 KB that a step reads.</summary>
    private void PrefetchPages()
    {
        if (!_options.PrefetchPages || Piped)
            return;
        _a.mov(r10, r15);
        _a.mov(r11, r15);
        _a.and(r10, -PageStreams.Page);
        _a.and(r11, PageStreams.Page - PageStreams.Step);
        _a.shr(r11, PageStreams.Shift);
        _a.add(r10, r11);
        for (int line = 0; line < 2 * TileBytes / PageStreams.Step; line++)
        {
            for (int stream = 0; stream < PageStreams.Streams; stream++)
                _a.prefetcht1(__[r10 + PageStreams.Nearest + stream * PageStreams.Apart + line * PageStreams.Line]);
        }
        _a.add(r15, 2 * TileBytes);
    }

    private void Output()
    {
        if (_options.Output == SweepOutput.Tiles)
        {
            _a.mov(r10, Arg(nameof(SweepArgs.Out)));
            _a.mov(r11, Arg(nameof(SweepArgs.OutStride)));
            _a.mov(r12, Arg(nameof(SweepArgs.OutRight)));
            _a.add(r12, r10);
            _a.tilestored(__[r10 + r11 * 1], tmm0);
            if (Wide)
                _a.tilestored(__[r12 + r11 * 1], tmm1);
            if (Full)
            {
                _a.mov(rbp, Arg(nameof(SweepArgs.OutDown)));
                _a.add(r10, rbp);
                _a.add(r12, rbp);
                _a.tilestored(__[r10 + r11 * 1], tmm2);
                if (Wide)
                    _a.tilestored(__[r12 + r11 * 1], tmm3);
            }
            return;
        }
        _a.mov(r10, Arg(nameof(SweepArgs.Scratch)));
        _a.mov(r11d, ScratchStride);
        _a.tilestored(__[r10 + r11 * 1], tmm0);
        _a.tilestored(__[r10 + r11 * 1 + 64], tmm1);
        if (Full)
        {
            _a.tilestored(__[r10 + r11 * 1 + 16 * ScratchStride], tmm2);
            _a.tilestored(__[r10 + r11 * 1 + 16 * ScratchStride + 64], tmm3);
        }
        _a.mov(r12, Arg(nameof(SweepArgs.Out)));
        if (Piped)
        {
            _a.mov(Arg(nameof(SweepArgs.Waiting)), r12);
            return;
        }
        _a.mov(r11, Arg(nameof(SweepArgs.OutStride)));
        StoreRows(Full ? 32 : 16);
    }

    private void NextBlock()
    {
        _a.mov(r10, Arg(nameof(SweepArgs.OutBlock)));
        _a.add(Arg(nameof(SweepArgs.Out)), r10);
        _a.mov(r10, Arg(nameof(SweepArgs.BBlock)));
        _a.add(Arg(nameof(SweepArgs.B)), r10);
        _a.add(r13, Arg(nameof(SweepArgs.ABlock)));
    }

    private void LoadStorePointers()
    {
        _a.mov(r10, Arg(nameof(SweepArgs.Scratch)));
        _a.mov(r11, Arg(nameof(SweepArgs.OutStride)));
    }

    /// <summary>Moves rows of 32 sums from scratch [r10] to the output [r12], rows r11 apart, and advances both.</summary>
    private void StoreRows(int count)
    {
        for (int row = 0; row < count; row++)
        {
            var left = new AssemblerRegisterZMM(Register.ZMM16 + (row & 7));
            var right = new AssemblerRegisterZMM(Register.ZMM24 + (row & 7));
            AssemblerMemoryOperand from = __zmmword_ptr[r10 + row * ScratchStride], to = __zmmword_ptr[r12];
            _a.vmovups(right, from + 64);
            switch (_options.Output)
            {
                case SweepOutput.Bf16:
                case SweepOutput.Bf16Stream:
                    _a.vcvtne2ps2bf16(right, right, from);
                    if (_options.Output == SweepOutput.Bf16)
                        _a.vmovups(to, right);
                    else
                        _a.vmovntps(to, right);
                    break;
                case SweepOutput.F32Add:
                    _a.vmovups(left, from);
                    _a.vaddps(left, left, to);
                    _a.vaddps(right, right, to + 64);
                    _a.vmovups(to, left);
                    _a.vmovups(to + 64, right);
                    break;
                case SweepOutput.F32Stream:
                    _a.vmovups(left, from);
                    _a.vmovntps(to, left);
                    _a.vmovntps(to + 64, right);
                    break;
                default:
                    _a.vmovups(left, from);
                    _a.vmovups(to, left);
                    _a.vmovups(to + 64, right);
                    break;
            }
            _a.add(r12, r11);
        }
        _a.add(r10, count * ScratchStride);
    }
}
