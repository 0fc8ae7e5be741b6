using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Athanor.Tensors.Cpu;

/// <summary>An instruction set and whether this process may use it.</summary>
public sealed record InstructionSet(string Name, bool Available);

/// <summary>The instruction sets that matter to the kernels.</summary>
public static class InstructionSets
{
    /// <summary>In the order of the kernels' preference, as the .NET runtime and the system grant them.</summary>
    public static IReadOnlyList<InstructionSet> All { get; } = X86Base.IsSupported
        ?
        [
            new("AMX bf16", CpuFeatures.Amx),
            new("AMX int8", CpuFeatures.AmxInt8),
            new("AVX-512 F+BW+DQ", Avx512F.IsSupported && Avx512BW.IsSupported && Avx512DQ.IsSupported),
            new("AVX-512 VBMI", Avx512Vbmi.IsSupported),
            new("AVX-VNNI", AvxVnni.IsSupported),
            new("AVX2", Avx2.IsSupported),
            new("FMA", Fma.IsSupported),
            new("SSE4.2", Sse42.IsSupported),
        ]
        : [new("AdvSimd", AdvSimd.IsSupported), new("AdvSimd dot product", Dp.IsSupported)];
}
