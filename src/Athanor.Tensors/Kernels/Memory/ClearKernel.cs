using System.Runtime.InteropServices;

namespace Athanor.Tensors.Kernels;

/// <summary>Zero fill, shared among the team when large.</summary>
internal static unsafe class ClearKernel
{
    private const long Chunk = 1 << 20;

    public static void Run(CpuDevice device, void* target, long bytes) => device.Team.For(bytes, Chunk, &Part, target);

    private static void Part(void* target, int member, long begin, long end) =>
        NativeMemory.Clear((byte*)target + begin, (nuint)(end - begin));
}
