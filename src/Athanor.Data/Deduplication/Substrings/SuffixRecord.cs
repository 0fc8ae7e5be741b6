using System.Runtime.CompilerServices;

namespace Athanor.Data.Deduplication.Substrings;

/// <summary>A suffix as parts are merged: its place and its first 16 bytes, which decide nearly every comparison without looking at the text.</summary>
internal readonly record struct SuffixRecord(ulong First, ulong Second, long Place)
{
    public const int PrefixBytes = 16;

    /// <summary>Of a place with at least 16 bytes of text behind it.</summary>
    public static unsafe SuffixRecord At(byte* text, long place) => new(
        System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(Unsafe.ReadUnaligned<ulong>(text + place)),
        System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(Unsafe.ReadUnaligned<ulong>(text + place + 8)), place);
}
