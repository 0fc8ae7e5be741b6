using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Athanor.Data.Segmentation;

/// <summary>
/// A polynomial over UTF-16 code units modulo 2^64. The hash of two words written together follows from theirs, which finds repeated n-grams "joined without spaces" without joining
/// anything. Two different strings of a document agree with a chance of about 2^-64.
/// </summary>
internal static class WordHash
{
    /// <summary>Odd, with bits all over, so that short words spread.</summary>
    public const ulong Base = 0x9E3779B97F4A7C15;

    private static readonly ulong[] Powers = MakePowers(4096);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Append(ulong hash, char unit) => unchecked(hash * Base + unit + 1);

    public static ulong Of(ReadOnlySpan<char> word)
    {
        // Four at a time: one multiplication in four waits for the one before.
        const ulong Square = unchecked(Base * Base), Cube = unchecked(Square * Base), Fourth = unchecked(Square * Square);
        ulong hash = 0;
        int at = 0;
        for (; at + 4 <= word.Length; at += 4)
            hash = unchecked(hash * Fourth + (word[at] + 1UL) * Cube + (word[at + 1] + 1UL) * Square + (word[at + 2] + 1UL) * Base + word[at + 3] + 1);
        for (; at < word.Length; at++)
            hash = Append(hash, word[at]);
        return hash;
    }

    /// <summary>The powers from 7 down to 0 and eight zeros: read from 8 - n on, they are the weights of a word of n code units.</summary>
    public static ReadOnlySpan<ulong> TopPowers => TopTable;

    private static readonly ulong[] TopTable = [.. Powers.AsSpan(0, 8).ToArray().Reverse(), 0, 0, 0, 0, 0, 0, 0, 0];

    /// <summary>The hash of a word of at most 8 code units, of which 8 can be read.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong OfShort(ReadOnlySpan<char> text, int at, int length, ReadOnlySpan<ulong> tops)
    {
        Vector128<ushort> units = Vector128.LoadUnsafe(ref Unsafe.As<char, ushort>(ref MemoryMarshal.GetReference(text)), (nuint)at);
        (Vector128<uint> low, Vector128<uint> high) = Vector128.Widen(units);
        (Vector256<ulong> first, Vector256<ulong> second) = Vector256.Widen(Vector256.Create(low, high));
        Vector512<ulong> weights = Vector512.LoadUnsafe(ref MemoryMarshal.GetReference(tops), (nuint)(8 - length));
        return Vector512.Sum((Vector512.Create(first, second) + Vector512<ulong>.One) * weights);
    }

    /// <summary>The first powers of <see cref="Base"/>, for loops that must not ask for a static field at each turn.</summary>
    public static ReadOnlySpan<ulong> PowerTable => Powers;

    /// <summary>What a hash is multiplied by when so many code units follow.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Power(int units) => (uint)units < (uint)Powers.Length ? Powers[units] : FarPower(units);

    /// <summary>Spreads a hash over all bits: words become symbols whose sequences can be hashed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Mix(ulong hash)
    {
        unchecked
        {
            hash ^= hash >> 32;
            hash *= 0xD6E8FEB86659FD93;
            return hash ^ (hash >> 29);
        }
    }

    /// <summary>A hash of long strings such as lines: 16 bytes a multiplication, each folded to 64 bits.</summary>
    public static ulong OfLine(ReadOnlySpan<char> line)
    {
        const ulong First = 0xA0761D6478BD642F, Second = 0xE7037ED1A0B428DB;
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(line);
        ulong hash = First ^ (ulong)bytes.Length;
        while (bytes.Length > 16)
        {
            hash = Fold(MemoryMarshal.Read<ulong>(bytes) ^ Second, MemoryMarshal.Read<ulong>(bytes[8..]) ^ hash);
            bytes = bytes[16..];
        }
        (ulong low, ulong high) = bytes.Length switch
        {
            >= 8 => (MemoryMarshal.Read<ulong>(bytes), MemoryMarshal.Read<ulong>(bytes[^8..])),
            >= 4 => (MemoryMarshal.Read<uint>(bytes), MemoryMarshal.Read<uint>(bytes[^4..])),
            >= 2 => (MemoryMarshal.Read<ushort>(bytes), 0UL),
            _ => (0UL, 0UL),
        };
        return Fold(Second ^ low, hash ^ high ^ BitOperations.RotateLeft(low, 32));
    }

    /// <summary>A hash of a piece of a text for tables of pieces that were seen: as <see cref="OfLine"/>, but without a branch for its last code units where eight can be read.</summary>
    public static ulong OfPiece(ReadOnlySpan<char> text, int start, int length)
    {
        const ulong First = 0xA0761D6478BD642F, Second = 0xE7037ED1A0B428DB;
        ref ushort from = ref Unsafe.As<char, ushort>(ref MemoryMarshal.GetReference(text));
        ulong hash = First ^ (ulong)length;
        int end = start + length;
        for (; end - start > 8; start += 8)
        {
            Vector128<ulong> part = Vector128.LoadUnsafe(ref from, (nuint)start).AsUInt64();
            hash = Fold(part.ToScalar() ^ Second, part.GetElement(1) ^ hash);
        }
        Vector128<ulong> last;
        if (start + 8 <= text.Length)
            last = (Vector128.LoadUnsafe(ref from, (nuint)start) & Vector128.LessThan(Vector128<ushort>.Indices, Vector128.Create((ushort)(end - start)))).AsUInt64();
        else
        {
            Span<char> rest = stackalloc char[8];
            rest.Clear();
            text[start..end].CopyTo(rest);
            last = Vector128.LoadUnsafe(ref Unsafe.As<char, ushort>(ref MemoryMarshal.GetReference(rest))).AsUInt64();
        }
        return Fold(Second ^ last.ToScalar(), hash ^ last.GetElement(1) ^ BitOperations.RotateLeft(last.ToScalar(), 32));
    }

    private static ulong Fold(ulong left, ulong right)
    {
        ulong high = Math.BigMul(left, right, out ulong low);
        return high ^ low;
    }

    private static ulong FarPower(int units)
    {
        ulong power = 1, square = Base;
        for (uint rest = (uint)units; rest > 0; rest >>= 1)
        {
            if ((rest & 1) != 0)
                power = unchecked(power * square);
            square = unchecked(square * square);
        }
        return power;
    }

    private static ulong[] MakePowers(int count)
    {
        var powers = new ulong[count];
        powers[0] = 1;
        for (int i = 1; i < count; i++)
            powers[i] = unchecked(powers[i - 1] * Base);
        return powers;
    }
}
