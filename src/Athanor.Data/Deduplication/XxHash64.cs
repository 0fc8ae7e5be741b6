using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Athanor.Data.Deduplication;

/// <summary>XXH64 (Collet, "xxHash fast digest algorithm", specification 0.1.1): fast, well mixed, the same on every machine; not for use against people who choose the text.</summary>
public static class XxHash64
{
    private const ulong P1 = 0x9E3779B185EBCA87, P2 = 0xC2B2AE3D27D4EB4F, P3 = 0x165667B19E3779F9, P4 = 0x85EBCA77C2B2AE63, P5 = 0x27D4EB2F165667C5;

    /// <summary>The hash of some bytes.</summary>
    public static ulong Of(ReadOnlySpan<byte> bytes, ulong seed = 0) => Of(ref MemoryMarshal.GetReference(bytes), (nuint)bytes.Length, seed);

    /// <summary>Two hashes under two seeds as one of 128 bits: of 10^12 texts two are taken for equal with a chance of 10^-15.</summary>
    public static UInt128 Wide(ReadOnlySpan<byte> bytes) => new(Of(bytes), Of(bytes, P4));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong Of(ref byte at, nuint length, ulong seed)
    {
        ulong hash = length >= 32 ? Stripes(ref at, length, seed) : seed + P5;
        hash += length;
        nuint done = length & ~(nuint)31;
        for (; done + 8 <= length; done += 8)
            hash = BitOperations.RotateLeft(hash ^ Round(0, Read64(ref at, done)), 27) * P1 + P4;
        if (done + 4 <= length)
        {
            hash = BitOperations.RotateLeft(hash ^ Read32(ref at, done) * P1, 23) * P2 + P3;
            done += 4;
        }
        for (; done < length; done++)
            hash = BitOperations.RotateLeft(hash ^ Unsafe.Add(ref at, done) * P5, 11) * P1;
        hash = (hash ^ (hash >> 33)) * P2;
        hash = (hash ^ (hash >> 29)) * P3;
        return hash ^ (hash >> 32);
    }

    /// <summary>
    /// The same under seed 0 without branches for fewer than 64 bytes: of texts of many lengths, mispredicted ones would cost more than steps whose result is dropped.
    /// Reads up to 40 bytes behind the end, which must be there.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong OfPadded(ref byte at, nuint length)
    {
        if (length >= 64)
            return Of(ref at, length, 0);
        ulong a = Round(unchecked(P1 + P2), Read64(ref at, 0)), b = Round(P2, Read64(ref at, 8)), c = Round(0, Read64(ref at, 16)), d = Round(unchecked(0 - P1), Read64(ref at, 24));
        ulong long32 = BitOperations.RotateLeft(a, 1) + BitOperations.RotateLeft(b, 7) + BitOperations.RotateLeft(c, 12) + BitOperations.RotateLeft(d, 18);
        long32 = (long32 ^ Round(0, a)) * P1 + P4;
        long32 = (long32 ^ Round(0, b)) * P1 + P4;
        long32 = (long32 ^ Round(0, c)) * P1 + P4;
        long32 = (long32 ^ Round(0, d)) * P1 + P4;
        ulong hash = Choose(P5, long32, length, 32) + length;
        nuint done = length & 32, rest = length & 31;
        for (int step = 0; step < 3; step++)
        {
            ulong next = BitOperations.RotateLeft(hash ^ Round(0, Read64(ref at, done)), 27) * P1 + P4;
            hash = Choose(hash, next, rest, 8);
            done += 8 & (nuint)AtLeast(rest, 8);
            rest -= 8 & (nuint)AtLeast(rest, 8);
        }
        hash = Choose(hash, BitOperations.RotateLeft(hash ^ Read32(ref at, done) * P1, 23) * P2 + P3, rest, 4);
        done += 4 & (nuint)AtLeast(rest, 4);
        rest &= 3;
        hash = Choose(hash, BitOperations.RotateLeft(hash ^ Unsafe.Add(ref at, done) * P5, 11) * P1, rest, 1);
        hash = Choose(hash, BitOperations.RotateLeft(hash ^ Unsafe.Add(ref at, done + 1) * P5, 11) * P1, rest, 2);
        hash = Choose(hash, BitOperations.RotateLeft(hash ^ Unsafe.Add(ref at, done + 2) * P5, 11) * P1, rest, 3);
        hash = (hash ^ (hash >> 33)) * P2;
        hash = (hash ^ (hash >> 29)) * P3;
        return hash ^ (hash >> 32);
    }

    /// <summary>All ones where a length reaches a limit, else zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong AtLeast(nuint length, nuint limit) => ~(ulong)((long)(length - limit) >> 63);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Choose(ulong shorter, ulong longer, nuint length, nuint limit) => shorter ^ ((shorter ^ longer) & AtLeast(length, limit));

    private static ulong Stripes(ref byte at, nuint length, ulong seed)
    {
        ulong a = seed + P1 + P2, b = seed + P2, c = seed, d = seed - P1;
        for (nuint done = 0; done + 32 <= length; done += 32)
        {
            a = Round(a, Read64(ref at, done));
            b = Round(b, Read64(ref at, done + 8));
            c = Round(c, Read64(ref at, done + 16));
            d = Round(d, Read64(ref at, done + 24));
        }
        ulong hash = BitOperations.RotateLeft(a, 1) + BitOperations.RotateLeft(b, 7) + BitOperations.RotateLeft(c, 12) + BitOperations.RotateLeft(d, 18);
        hash = (hash ^ Round(0, a)) * P1 + P4;
        hash = (hash ^ Round(0, b)) * P1 + P4;
        hash = (hash ^ Round(0, c)) * P1 + P4;
        return (hash ^ Round(0, d)) * P1 + P4;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Round(ulong sum, ulong input) => BitOperations.RotateLeft(sum + input * P2, 31) * P1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Read64(ref byte at, nuint offset)
    {
        ulong value = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref at, offset));
        return BitConverter.IsLittleEndian ? value : BinaryPrimitives.ReverseEndianness(value);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Read32(ref byte at, nuint offset)
    {
        uint value = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref at, offset));
        return BitConverter.IsLittleEndian ? value : BinaryPrimitives.ReverseEndianness(value);
    }
}
