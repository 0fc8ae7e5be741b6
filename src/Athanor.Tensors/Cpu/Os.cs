using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Athanor.Tensors.Cpu;

/// <summary>The few calls into the operating system that the engine needs: pages, code pages, waiting, AMX permission.</summary>
internal static unsafe partial class Os
{
    public const nuint PageSize = 4096, HugePageSize = 2 << 20;

    /// <summary>Reserves zeroed pages, aligned to 2 MB and marked for huge pages where the system has them; null when refused.</summary>
    public static void* AllocatePages(nuint bytes)
    {
        if (OperatingSystem.IsWindows())
            return Windows.VirtualAlloc(null, bytes, Windows.Commit | Windows.Reserve, Windows.ReadWrite);
        if (!OperatingSystem.IsLinux())
            return NativeMemory.AlignedAlloc(bytes, HugePageSize);
        // Over-reserve, then give the slack at both ends back.
        byte* raw = (byte*)Linux.Mmap(null, bytes + HugePageSize, Linux.ReadWrite, Linux.PrivateAnonymous, -1, 0);
        if ((nint)raw == -1)
            return null;
        byte* aligned = (byte*)(((nuint)raw + HugePageSize - 1) & ~(HugePageSize - 1));
        nuint before = (nuint)(aligned - raw), after = HugePageSize - before;
        if (before != 0)
            _ = Linux.Munmap(raw, before);
        nuint end = (bytes + PageSize - 1) & ~(PageSize - 1);
        nuint slack = bytes + after > end ? bytes + after - end : 0;
        if (slack >= PageSize)
            _ = Linux.Munmap(aligned + end, slack & ~(PageSize - 1));
        _ = Linux.Madvise(aligned, end, Linux.AdviseHugePage);
        return aligned;
    }

    public static void FreePages(void* pages, nuint bytes)
    {
        if (OperatingSystem.IsWindows())
            _ = Windows.VirtualFree(pages, 0, Windows.Release);
        else if (OperatingSystem.IsLinux())
            _ = Linux.Munmap(pages, (bytes + PageSize - 1) & ~(PageSize - 1));
        else
            NativeMemory.AlignedFree(pages);
    }

    /// <summary>Copies machine code into fresh pages that are never writable and executable at once; null and the reason when the system forbids it.</summary>
    public static void* InstallCode(ReadOnlySpan<byte> code, out string? refusal)
    {
        refusal = null;
        if (OperatingSystem.IsWindows())
            return Windows.InstallCode(code, out refusal);
        if (OperatingSystem.IsLinux())
            return Linux.InstallCode(code, out refusal);
        refusal = "run-time code is written for Linux and Windows on x64 only";
        return null;
    }

    /// <summary>Sleeps while <paramref name="address"/> still holds <paramref name="expected"/>. May wake without cause.</summary>
    public static void Wait(int* address, int expected)
    {
        if (OperatingSystem.IsLinux())
            _ = Linux.Syscall(Linux.Futex, (nint)address, Linux.FutexWaitPrivate, expected, 0, 0, 0);
        else if (OperatingSystem.IsWindows())
            _ = Windows.WaitOnAddress(address, &expected, sizeof(int), uint.MaxValue);
        else
            Thread.Sleep(1);
    }

    public static void WakeAll(int* address)
    {
        if (OperatingSystem.IsLinux())
            _ = Linux.Syscall(Linux.Futex, (nint)address, Linux.FutexWakePrivate, int.MaxValue, 0, 0, 0);
        else if (OperatingSystem.IsWindows())
            Windows.WakeByAddressAll(address);
    }

    /// <summary>Asks the system for the AMX tile registers, once per process; later threads inherit the permission.</summary>
    public static bool RequestAmx([NotNullWhen(false)] out string? refusal)
    {
        if (OperatingSystem.IsLinux())
            return Linux.RequestAmx(out refusal);
        if (OperatingSystem.IsWindows())
            return Windows.RequestAmx(out refusal);
        refusal = "this operating system has no AMX permission call";
        return false;
    }
}
