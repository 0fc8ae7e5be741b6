using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Athanor.Tensors.Cpu;

internal static unsafe partial class Os
{
    private static partial class Windows
    {
        public const uint Commit = 0x1000, Reserve = 0x2000, Release = 0x8000, ReadWrite = 4;
        private const uint ExecuteRead = 0x20;
        private const ulong TileDataMask = 1UL << 18;

        [LibraryImport("kernel32", SetLastError = true)]
        public static partial void* VirtualAlloc(void* address, nuint size, uint kind, uint protection);

        [LibraryImport("kernel32")]
        public static partial int VirtualFree(void* address, nuint size, uint kind);

        [LibraryImport("kernel32", SetLastError = true)]
        private static partial int VirtualProtect(void* address, nuint size, uint protection, uint* previous);

        [LibraryImport("kernel32")]
        private static partial nint GetCurrentProcess();

        [LibraryImport("kernel32")]
        private static partial int FlushInstructionCache(nint process, void* address, nuint size);

        [LibraryImport("kernel32", SetLastError = true)]
        private static partial int EnableProcessOptionalXStateFeatures(ulong features);

        [LibraryImport("api-ms-win-core-synch-l1-2-0")]
        public static partial int WaitOnAddress(void* address, void* compare, nuint size, uint milliseconds);

        [LibraryImport("api-ms-win-core-synch-l1-2-0")]
        public static partial void WakeByAddressAll(void* address);

        public static void* InstallCode(ReadOnlySpan<byte> code, out string? refusal)
        {
            refusal = null;
            void* pages = VirtualAlloc(null, (nuint)code.Length, Commit | Reserve, ReadWrite);
            if (pages == null)
            {
                refusal = $"VirtualAlloc refused {code.Length} bytes (error {Marshal.GetLastPInvokeError()})";
                return null;
            }
            code.CopyTo(new Span<byte>(pages, code.Length));
            uint previous;
            if (VirtualProtect(pages, (nuint)code.Length, ExecuteRead, &previous) == 0)
            {
                refusal = $"VirtualProtect refused executable pages (error {Marshal.GetLastPInvokeError()})";
                _ = VirtualFree(pages, 0, Release);
                return null;
            }
            _ = FlushInstructionCache(GetCurrentProcess(), pages, (nuint)code.Length);
            return pages;
        }

        /// <remarks>Documented for Windows 11 and Server 2022 onwards; older systems lack the entry point.</remarks>
        public static bool RequestAmx([NotNullWhen(false)] out string? refusal)
        {
            try
            {
                refusal = EnableProcessOptionalXStateFeatures(TileDataMask) != 0
                    ? null
                    : $"EnableProcessOptionalXStateFeatures refused AMX tile state (error {Marshal.GetLastPInvokeError()})";
            }
            catch (EntryPointNotFoundException)
            {
                refusal = "Windows 11 or Server 2022 is needed for AMX";
            }
            return refusal is null;
        }
    }
}
