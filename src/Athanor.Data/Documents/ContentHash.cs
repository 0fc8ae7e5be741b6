using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Athanor.Data.Documents;

/// <summary>Hashes of texts, the same on every machine: half of a SHA-256 over UTF-8.</summary>
public static class ContentHash
{
    /// <summary>The hash of a text. Two of 2^64 texts may be taken for equal; of 10^12 with a chance of 10^-15.</summary>
    public static UInt128 Of(ReadOnlySpan<char> text) => Of(text, 0, salted: false);

    /// <summary>A number from 0 to 1 (exclusive) that depends on text and seed alone: the same share of any corpus lies below it.</summary>
    public static double Place(ReadOnlySpan<char> text, long seed) => (double)(ulong)(Of(text, seed, salted: true) >> 75) / (1UL << 53);

    private static UInt128 Of(ReadOnlySpan<char> text, long seed, bool salted)
    {
        byte[] bytes = ArrayPool<byte>.Shared.Rent(sizeof(long) + Encoding.UTF8.GetMaxByteCount(text.Length));
        try
        {
            int salt = salted ? sizeof(long) : 0;
            if (salted)
                BinaryPrimitives.WriteInt64LittleEndian(bytes, seed);
            int length = salt + Encoding.UTF8.GetBytes(text, bytes.AsSpan(salt));
            Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
            SHA256.HashData(bytes.AsSpan(0, length), hash);
            return BinaryPrimitives.ReadUInt128BigEndian(hash);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }
}
