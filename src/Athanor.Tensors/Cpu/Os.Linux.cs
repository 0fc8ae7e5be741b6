using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Athanor.Tensors.Cpu;

internal static unsafe partial class Os
{
    private static partial class Linux
    {
        public const int ReadWrite = 3, ReadExecute = 5, PrivateAnonymous = 0x22, Shared = 1, AdviseHugePage = 14;
        public const long Futex = 202, FutexWaitPrivate = 128, FutexWakePrivate = 129;
        private const long ArchPrctl = 158, GetSupported = 0x1021, GetPermitted = 0x1022, RequestPermission = 0x1023, TileData = 18;

        [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
        public static partial void* Mmap(void* address, nuint length, int protection, int flags, int file, nint offset);

        [LibraryImport("libc", EntryPoint = "munmap")]
        public static partial int Munmap(void* address, nuint length);

        [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
        public static partial int Mprotect(void* address, nuint length, int protection);

        [LibraryImport("libc", EntryPoint = "madvise")]
        public static partial int Madvise(void* address, nuint length, int advice);

        [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
        private static partial int MemfdCreate(string name, uint flags);

        [LibraryImport("libc", EntryPoint = "ftruncate")]
        private static partial int Ftruncate(int file, nint length);

        [LibraryImport("libc", EntryPoint = "close")]
        private static partial int Close(int file);

        [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
        public static partial long Syscall(long number, nint a, long b, long c, long d, long e, long f);

        public static void* InstallCode(ReadOnlySpan<byte> code, out string? refusal)
        {
            nuint length = ((nuint)code.Length + PageSize - 1) & ~(PageSize - 1);
            // A memory file seen through two views works even where mprotect may not add PROT_EXEC (PR_SET_MDWE).
            int file = MemfdCreate("athanor-kernels", 1);
            if (file >= 0)
            {
                void* code1 = InstallThroughFile(file, code, length);
                _ = Close(file);
                if (code1 != null)
                {
                    refusal = null;
                    return code1;
                }
            }
            void* pages = Mmap(null, length, ReadWrite, PrivateAnonymous, -1, 0);
            if ((nint)pages == -1)
            {
                refusal = $"mmap refused {length} bytes (errno {Marshal.GetLastPInvokeError()})";
                return null;
            }
            code.CopyTo(new Span<byte>(pages, code.Length));
            if (Mprotect(pages, length, ReadExecute) != 0)
            {
                refusal = $"mprotect refused executable pages (errno {Marshal.GetLastPInvokeError()})";
                _ = Munmap(pages, length);
                return null;
            }
            refusal = null;
            return pages;
        }

        private static void* InstallThroughFile(int file, ReadOnlySpan<byte> code, nuint length)
        {
            if (Ftruncate(file, (nint)length) != 0)
                return null;
            void* writable = Mmap(null, length, ReadWrite, Shared, file, 0);
            if ((nint)writable == -1)
                return null;
            code.CopyTo(new Span<byte>(writable, code.Length));
            _ = Munmap(writable, length);
            void* executable = Mmap(null, length, ReadExecute, Shared, file, 0);
            return (nint)executable == -1 ? null : executable;
        }

        public static bool RequestAmx([NotNullWhen(false)] out string? refusal)
        {
            ulong mask = 0;
            if (Syscall(ArchPrctl, (nint)GetSupported, (long)&mask, 0, 0, 0, 0) != 0 || (mask & (1UL << (int)TileData)) == 0)
            {
                refusal = "the kernel does not offer AMX tile state (Linux 5.16 or newer is needed, and a hypervisor that passes it on)";
                return false;
            }
            if (Syscall(ArchPrctl, (nint)RequestPermission, TileData, 0, 0, 0, 0) != 0)
            {
                refusal = $"arch_prctl(ARCH_REQ_XCOMP_PERM) was refused (errno {Marshal.GetLastPInvokeError()})";
                return false;
            }
            _ = Syscall(ArchPrctl, (nint)GetPermitted, (long)&mask, 0, 0, 0, 0);
            refusal = (mask & (1UL << (int)TileData)) != 0 ? null : "the kernel did not grant AMX tile state";
            return refusal is null;
        }
    }
}
