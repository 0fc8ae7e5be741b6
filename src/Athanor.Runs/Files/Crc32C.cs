using System.Buffers.Binary;
using System.Numerics;

namespace Athanor.Runs.Files;

/// <summary>CRC-32C (Castagnoli, RFC 3720 appendix B.4).</summary>
public static class Crc32C
{
    /// <summary>The checksum of bytes.</summary>
    public static uint Of(ReadOnlySpan<byte> bytes) => Append(0, bytes);

    /// <summary>The checksum of what has the checksum <paramref name="before"/>, with more bytes behind it.</summary>
    public static uint Append(uint before, ReadOnlySpan<byte> bytes)
    {
        uint crc = ~before;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (byte value in bytes)
            crc = BitOperations.Crc32C(crc, value);
        return ~crc;
    }
}
