using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Athanor.Tokenizers.SentencePiece;

/// <summary>
/// Remembers the tokens of short pieces, since most of a text is words that came before. Keys are compared whole, so a hit is exact;
/// a new piece takes the place of the old one.
/// </summary>
internal sealed class PieceMemo
{
    /// <summary>Longer pieces are not remembered.</summary>
    public const int MaxBytes = 32;

    /// <summary>Pieces of more tokens are not remembered.</summary>
    public const int MaxTokens = 8;

    private const int Log2Entries = 13;
    private readonly Entry[] _entries = new Entry[1 << Log2Entries];

    private static ReadOnlySpan<byte> Masks =>
    [
        0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ];

    /// <summary>The entry where the piece [from, to) of a text lies or would lie; <paramref name="hit"/> tells which. At most <see cref="MaxBytes"/> bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref Entry Find(ReadOnlySpan<byte> text, int from, int to, out Vector256<byte> key, out bool hit)
    {
        int length = to - from;
        if (text.Length - from >= MaxBytes)
        {
            key = Vector256.LoadUnsafe(ref Unsafe.Add(ref MemoryMarshal.GetReference(text), from))
                & Vector256.LoadUnsafe(ref Unsafe.Add(ref MemoryMarshal.GetReference(Masks), MaxBytes - length));
        }
        else
        {
            key = Short(text[from..to]);
        }
        Vector256<ulong> words = key.AsUInt64();
        ulong hash = words.GetElement(0) * 0x9E3779B97F4A7C15 ^ BitOperations.RotateLeft(words.GetElement(1) * 0xC2B2AE3D27D4EB4F, 29)
            ^ BitOperations.RotateLeft(words.GetElement(2) * 0x165667B19E3779F9, 17) ^ BitOperations.RotateLeft(words.GetElement(3) * 0x27D4EB2F165667C5, 43);
        hash = (hash ^ (hash >> 32)) * 0x9E3779B97F4A7C15;
        ref Entry entry = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_entries), (int)(hash >> (64 - Log2Entries)));
        hit = entry.Length == length && entry.Key == key;
        return ref entry;
    }

    /// <summary>Fills an entry with the tokens of a piece of <paramref name="length"/> bytes.</summary>
    public static void Store(ref Entry entry, Vector256<byte> key, int length, ReadOnlySpan<int> ids, ReadOnlySpan<int> lengths)
    {
        entry.Length = 0;
        entry.Key = key;
        for (int i = 0; i < ids.Length; i++)
        {
            entry.Ids[i] = ids[i];
            entry.Lengths[i] = (byte)lengths[i];
        }
        entry.Count = ids.Length;
        entry.Length = length;
    }

    /// <summary>Appends the tokens of an entry.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Append(ref readonly Entry entry, int start, TokenBuffer output)
    {
        if (!output.WithRanges)
        {
            Vector256.LoadUnsafe(in entry.Ids[0]).CopyTo(output.Reserve(MaxTokens));
            output.Advance(entry.Count);
            return;
        }
        for (int i = 0; i < entry.Count; i++)
        {
            output.Add(entry.Ids[i], start, entry.Lengths[i]);
            start += entry.Lengths[i];
        }
    }

    private static Vector256<byte> Short(ReadOnlySpan<byte> piece)
    {
        Span<byte> padded = stackalloc byte[MaxBytes];
        padded.Clear();
        piece.CopyTo(padded);
        return Vector256.Create<byte>(padded);
    }

    internal struct Entry
    {
        public Vector256<byte> Key;
        public TokenIds Ids;
        public TokenLengths Lengths;
        public int Length, Count;
    }

    [InlineArray(MaxTokens)]
    internal struct TokenIds
    {
        private int _first;
    }

    [InlineArray(MaxTokens)]
    internal struct TokenLengths
    {
        private byte _first;
    }
}
