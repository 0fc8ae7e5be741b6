using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Athanor.Data.Segmentation;

/// <summary>What 64 UTF-16 code units in a row are, a bit for each.</summary>
/// <param name="Blank">White space in Python's sense.</param>
/// <param name="Other">Something other than an ASCII letter.</param>
/// <param name="Wide">Something beyond ASCII.</param>
internal readonly record struct CharacterBlock(ulong Blank, ulong Other, ulong Wide)
{
    /// <summary>Code units of a block.</summary>
    public const int Size = 64;

    /// <summary>Classifies 64 code units.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static CharacterBlock Read(ref ushort first)
    {
        Half(ref first, 0, out uint blank, out uint other, out uint wide);
        Half(ref first, 32, out uint blankAbove, out uint otherAbove, out uint wideAbove);
        ulong allBlank = blank | (ulong)blankAbove << 32, allWide = wide | (ulong)wideAbove << 32;
        if (allWide != 0)
            allBlank |= WideBlanks(ref first);
        return new CharacterBlock(allBlank, other | (ulong)otherAbove << 32, allWide);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Half(ref ushort first, nuint at, out uint blank, out uint other, out uint wide)
    {
        // What is beyond 255 becomes 255, which is beyond ASCII and neither letter nor blank.
        Vector256<byte> units = Vector256.NarrowWithSaturation(Vector256.LoadUnsafe(ref first, at), Vector256.LoadUnsafe(ref first, at + 16));
        Vector256<byte> letters = Vector256.LessThanOrEqual((units | Vector256.Create((byte)0x20)) - Vector256.Create((byte)'a'), Vector256.Create((byte)25));
        Vector256<byte> blanks = Vector256.Equals(units, Vector256.Create((byte)' ')) | Vector256.LessThanOrEqual(units - Vector256.Create((byte)9), Vector256.Create((byte)4))
            | Vector256.LessThanOrEqual(units - Vector256.Create((byte)0x1c), Vector256.Create((byte)3));
        (blank, other, wide) = (blanks.ExtractMostSignificantBits(), ~letters.ExtractMostSignificantBits(), units.ExtractMostSignificantBits());
    }

    /// <summary>White space beyond ASCII: U+0085, U+00A0, U+1680, U+2000 to U+200A, U+2028, U+2029, U+202F, U+205F and U+3000.</summary>
    private static ulong WideBlanks(ref ushort first)
    {
        ulong blank = 0;
        for (int at = 0; at < Size; at += 16)
        {
            Vector256<ushort> units = Vector256.LoadUnsafe(ref first, (nuint)at);
            Vector256<ushort> blanks = Vector256.LessThanOrEqual(units - Vector256.Create((ushort)0x2000), Vector256.Create((ushort)10))
                | Vector256.Equals(units & Vector256.Create((ushort)0xFFFE), Vector256.Create((ushort)0x2028)) | Vector256.Equals(units, Vector256.Create((ushort)0x202F))
                | Vector256.Equals(units, Vector256.Create((ushort)0xA0)) | Vector256.Equals(units, Vector256.Create((ushort)0x85)) | Vector256.Equals(units, Vector256.Create((ushort)0x1680))
                | Vector256.Equals(units, Vector256.Create((ushort)0x205F)) | Vector256.Equals(units, Vector256.Create((ushort)0x3000));
            blank |= (ulong)blanks.ExtractMostSignificantBits() << at;
        }
        return blank;
    }
}
