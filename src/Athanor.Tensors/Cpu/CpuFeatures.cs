using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Athanor.Tensors.Amx;

namespace Athanor.Tensors.Cpu;

/// <summary>Which implementation of the kernels runs.</summary>
public enum KernelPath
{
    /// <summary>Plain loops with double accumulation: the oracle.</summary>
    Reference,

    /// <summary>Vector code of the machine's (or a chosen) width.</summary>
    Simd,

    /// <summary>Run-time emitted AMX kernels for matrix work, vector code for the rest.</summary>
    Amx,
}

/// <summary>What this processor and this process may use. Detected once.</summary>
public static class CpuFeatures
{
    private static readonly Lazy<string?> AmxRefusal = new(DetectAmx);

    // Asked once: under a hypervisor the instruction leaves the virtual machine, which takes longer than a small kernel.
    private static readonly Lazy<bool> HasAmxInt8 = new(() => Amx && (X86Base.CpuId(7, 0).Edx & (1 << 25)) != 0);

    /// <summary>fp32 lanes of the widest accelerated vector: 16, 8, 4, or 1 without vector units.</summary>
    public static int Lanes { get; } =
        Vector512.IsHardwareAccelerated ? 16 : Vector256.IsHardwareAccelerated ? 8 : Vector128.IsHardwareAccelerated ? 4 : 1;

    /// <summary>Whether AMX kernels can run here.</summary>
    public static bool Amx => AmxRefusal.Value is null;

    /// <summary>Why AMX is not used; null when it is available.</summary>
    public static string? AmxUnavailableBecause => AmxRefusal.Value;

    /// <summary>Whether AMX here multiplies int8 too.</summary>
    public static bool AmxInt8 => HasAmxInt8.Value;

    /// <summary>Whether emitted code may multiply bytes in registers of 512 bits (VNNI) and place bits by a matrix (GFNI).</summary>
    internal static bool WideBytes { get; } = HasWideBytes();

    /// <summary>Bytes of second-level cache per core; 1 MB when unknown.</summary>
    public static long L2Bytes { get; } = DetectL2();

    private static string? DetectAmx()
    {
        if (!X86Base.X64.IsSupported)
            return "not an x64 processor";
        if (X86Base.CpuId(0, 0).Eax < 7)
            return "the processor has no AMX";
        int edx = X86Base.CpuId(7, 0).Edx;
        const int Bf16 = 1 << 22, Tile = 1 << 24;
        if ((edx & Bf16) == 0 || (edx & Tile) == 0)
            return "the processor has no AMX-BF16";
        // Packing uses AVX-512 permutes; when the runtime hides them (DOTNET_EnableAVX512=0) AMX stays off too.
        if (!Avx512BW.IsSupported)
            return "the .NET runtime has AVX-512 switched off (DOTNET_EnableAVX512)";
        if (!Os.RequestAmx(out string? refusal))
            return refusal;
        return AmxTiles.SelfTest();
    }

    private static bool HasWideBytes()
    {
        const int Gfni = 1 << 8, Vnni = 1 << 11;
        return Avx512BW.IsSupported && (X86Base.CpuId(7, 0).Ecx & (Gfni | Vnni)) == (Gfni | Vnni);
    }

    private static long DetectL2()
    {
        try
        {
            const string path = "/sys/devices/system/cpu/cpu0/cache/index2/size";
            if (OperatingSystem.IsLinux() && File.Exists(path) &&
                long.TryParse(File.ReadAllText(path).Trim().TrimEnd('K'), out long kilobytes))
                return kilobytes << 10;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
        return 1 << 20;
    }
}
