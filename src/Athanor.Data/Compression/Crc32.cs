using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Athanor.Data.Compression;

/// <summary>CRC-32 of gzip and bzip2's kin (RFC 1952, section 8): carry-less products where the processor has them (Gopal et al., 2009), tables elsewhere.</summary>
internal static class Crc32
{
    private static readonly uint[] Table = Tables();

    /// <summary>The checksum of earlier bytes, continued over more; 0 to begin.</summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        crc = ~crc;
        if (Pclmulqdq.IsSupported && bytes.Length >= 64)
        {
            int folded = bytes.Length & ~15;
            crc = Fold(crc, bytes[..folded]);
            bytes = bytes[folded..];
        }
        return ~AppendByTable(crc, bytes);
    }

    /// <summary>Eight bytes a step, each through a table of its own. The state is not inverted.</summary>
    internal static uint AppendByTable(uint crc, ReadOnlySpan<byte> bytes)
    {
        uint[] table = Table;
        while (bytes.Length >= 8)
        {
            ulong word = BinaryPrimitives.ReadUInt64LittleEndian(bytes) ^ crc;
            crc = table[0x700 + (byte)word] ^ table[0x600 + (byte)(word >> 8)] ^ table[0x500 + (byte)(word >> 16)] ^ table[0x400 + (byte)(word >> 24)]
                ^ table[0x300 + (byte)(word >> 32)] ^ table[0x200 + (byte)(word >> 40)] ^ table[0x100 + (byte)(word >> 48)] ^ table[(byte)(word >> 56)];
            bytes = bytes[8..];
        }
        foreach (byte b in bytes)
            crc = (crc >> 8) ^ table[(byte)(crc ^ b)];
        return crc;
    }

    /// <summary>At least 64 bytes, a multiple of 16. The constants are powers of x modulo the polynomial, reflected.</summary>
    private static uint Fold(uint crc, ReadOnlySpan<byte> bytes)
    {
        Vector128<ulong> x1 = Load(bytes) ^ Vector128.CreateScalar(crc).AsUInt64(), x2 = Load(bytes[16..]), x3 = Load(bytes[32..]), x4 = Load(bytes[48..]);
        bytes = bytes[64..];
        if (Pclmulqdq.V512.IsSupported && bytes.Length >= 192)
        {
            (x1, x2, x3, x4, int folded) = FoldWide(Vector512.Create(Vector256.Create(x1, x2), Vector256.Create(x3, x4)), bytes);
            bytes = bytes[folded..];
        }
        var by512 = Vector128.Create(0x0154442bd4UL, 0x01c6e41596UL);
        for (; bytes.Length >= 64; bytes = bytes[64..])
        {
            x1 = Step(x1, by512, Load(bytes));
            x2 = Step(x2, by512, Load(bytes[16..]));
            x3 = Step(x3, by512, Load(bytes[32..]));
            x4 = Step(x4, by512, Load(bytes[48..]));
        }
        var by128 = Vector128.Create(0x01751997d0UL, 0x00ccaa009eUL);
        x1 = Step(Step(Step(x1, by128, x2), by128, x3), by128, x4);
        for (; bytes.Length >= 16; bytes = bytes[16..])
            x1 = Step(x1, by128, Load(bytes));
        var low = Vector128.Create(uint.MaxValue, 0, uint.MaxValue, 0).AsUInt64();
        x1 = Sse2.ShiftRightLogical128BitLane(x1, 8) ^ Pclmulqdq.CarrylessMultiply(x1, by128, 0x10);
        x1 = Sse2.ShiftRightLogical128BitLane(x1, 4) ^ Pclmulqdq.CarrylessMultiply(x1 & low, Vector128.CreateScalar(0x0163cd6124UL), 0x00);
        var barrett = Vector128.Create(0x01db710641UL, 0x01f7011641UL);
        Vector128<ulong> quotient = Pclmulqdq.CarrylessMultiply(x1 & low, barrett, 0x10) & low;
        x1 ^= Pclmulqdq.CarrylessMultiply(quotient, barrett, 0x00);
        return x1.AsUInt32()[1];
    }

    /// <summary>Goes on from four sums of 16 bytes in vectors of 64: four of these each step, made one at the end.</summary>
    private static (Vector128<ulong>, Vector128<ulong>, Vector128<ulong>, Vector128<ulong>, int Folded) FoldWide(Vector512<ulong> x1, ReadOnlySpan<byte> bytes)
    {
        ref byte at = ref MemoryMarshal.GetReference(bytes);
        Vector512<ulong> x2 = Wide(ref at, 0), x3 = Wide(ref at, 64), x4 = Wide(ref at, 128);
        int done = 192;
        var by2048 = Vector512.Create(Vector256.Create(Vector128.Create(0x011542778aUL, 0x01322d1430UL)));
        for (; bytes.Length - done >= 256; done += 256)
        {
            x1 = Step(x1, by2048, Wide(ref at, done));
            x2 = Step(x2, by2048, Wide(ref at, done + 64));
            x3 = Step(x3, by2048, Wide(ref at, done + 128));
            x4 = Step(x4, by2048, Wide(ref at, done + 192));
        }
        var by512 = Vector512.Create(Vector256.Create(Vector128.Create(0x0154442bd4UL, 0x01c6e41596UL)));
        x1 = Step(Step(Step(x1, by512, x2), by512, x3), by512, x4);
        return (x1.GetLower().GetLower(), x1.GetLower().GetUpper(), x1.GetUpper().GetLower(), x1.GetUpper().GetUpper(), done);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> Wide(ref byte bytes, int at) => Vector512.LoadUnsafe(ref bytes, (nuint)at).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> Step(Vector512<ulong> x, Vector512<ulong> by, Vector512<ulong> next) =>
        Pclmulqdq.V512.CarrylessMultiply(x, by, 0x00) ^ Pclmulqdq.V512.CarrylessMultiply(x, by, 0x11) ^ next;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Load(ReadOnlySpan<byte> bytes) => Vector128.Create(bytes).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Step(Vector128<ulong> x, Vector128<ulong> by, Vector128<ulong> next) =>
        Pclmulqdq.CarrylessMultiply(x, by, 0x00) ^ Pclmulqdq.CarrylessMultiply(x, by, 0x11) ^ next;

    private static uint[] Tables()
    {
        uint[] table = new uint[8 * 256];
        for (uint i = 0; i < 256; i++)
        {
            uint crc = i;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
            table[i] = crc;
        }
        for (int i = 256; i < table.Length; i++)
            table[i] = (table[i - 256] >> 8) ^ table[(byte)table[i - 256]];
        return table;
    }
}
