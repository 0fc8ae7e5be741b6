using System.Runtime.InteropServices;
using Athanor.Tensors.Cpu;
using static Iced.Intel.AssemblerRegisters;

namespace Athanor.Tensors.Amx;

/// <summary>
/// The AMX tile configuration: eight tiles of 16 rows × 64 bytes. A job on a thread calls <see cref="Configure"/> first
/// and <see cref="Release"/> last, so that later context switches need not carry 8 KB of tiles.
/// </summary>
internal static unsafe class AmxTiles
{
    private static readonly byte* Config = MakeConfig();
    private static readonly delegate* unmanaged<byte*, void> Load =
        (delegate* unmanaged<byte*, void>)CodePages.Build(a => { a.ldtilecfg(__[OperatingSystem.IsWindows() ? rcx : rdi]); a.ret(); });
    private static readonly delegate* unmanaged<void> Unload =
        (delegate* unmanaged<void>)CodePages.Build(a => { a.tilerelease(); a.ret(); });

    public static void Configure() => Load(Config);
    public static void Release() => Unload();

    private static byte* MakeConfig()
    {
        byte* config = (byte*)NativeMemory.AlignedAlloc(64, 64);
        new Span<byte>(config, 64).Clear();
        config[0] = 1;
        for (int tile = 0; tile < 8; tile++)
        {
            ((ushort*)(config + 16))[tile] = 64;
            config[48 + tile] = 16;
        }
        return config;
    }

    /// <summary>Installs and runs one tile product; null when its result is right, else the reason to stay away from AMX.</summary>
    public static string? SelfTest()
    {
        bool windows = OperatingSystem.IsWindows();
        bool built = CodePages.TryBuild(a =>
        {
            var (config, left, right, sum) = windows ? (rcx, rdx, r8, r9) : (rdi, rsi, rdx, rcx);
            a.ldtilecfg(__[config]);
            a.mov(eax, 64);
            a.tilezero(tmm0);
            a.tileloadd(tmm1, __[left + rax * 1]);
            a.tileloadd(tmm2, __[right + rax * 1]);
            a.tdpbf16ps(tmm0, tmm1, tmm2);
            a.tilestored(__[sum + rax * 1], tmm0);
            a.tilerelease();
            a.ret();
        }, out nint entry, out string? refusal);
        if (!built)
            return refusal;
        byte* memory = (byte*)NativeMemory.AlignedAlloc(3 * 1024, 64);
        ushort* a = (ushort*)memory, b = (ushort*)(memory + 1024);
        float* c = (float*)(memory + 2048);
        for (int i = 0; i < 512; i++)
            a[i] = b[i] = BFloat16.FromSingle(i % 7);
        ((delegate* unmanaged<byte*, void*, void*, void*, void>)entry)(Config, a, b, c);
        float expected = 0;
        for (int k = 0; k < 32; k++)
            expected += (32 + k) % 7 * ((k / 2 * 32 + 2 * 3 + k % 2) % 7);
        float actual = c[16 + 3];
        NativeMemory.AlignedFree(memory);
        return actual == expected ? null : $"the AMX self-test gave {actual} instead of {expected}";
    }
}
