using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Athanor.Data.Compression;

/// <summary>Reads bits from the end of a stretch of bytes to its beginning, as Huffman and FSE streams of Zstandard lie (RFC 8878, section 4.1). Beyond the beginning there are zeros.</summary>
internal ref struct ZstdBits
{
    private readonly ReadOnlySpan<byte> _bytes;

    /// <param name="bytes">The stretch; its last byte marks with its highest bit where the bits end.</param>
    public ZstdBits(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty || bytes[^1] == 0)
            throw new InvalidDataException("a bit stream has no end mark");
        _bytes = bytes;
        Left = 8 * bytes.Length - 8 + int.Log2(bytes[^1]);
    }

    /// <summary>Bits left; negative where more were read than there are.</summary>
    public int Left { get; private set; }

    /// <summary>The next bits, at most 56, without taking them, in the highest bits of a word.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly ulong Peek()
    {
        int start = Left - 56;
        if (start >= 0 && (start >> 3) + 8 <= _bytes.Length)
            return BinaryPrimitives.ReadUInt64LittleEndian(_bytes[(start >> 3)..]) >> (start & 7) << 8;
        return PeekAtEdge();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take(int bits) => Left -= bits;

    /// <summary>Takes up to 56 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Read(int bits)
    {
        if (bits == 0)
            return 0;
        uint value = (uint)(Peek() >> (64 - bits));
        Left -= bits;
        return value;
    }

    private readonly ulong PeekAtEdge()
    {
        if (Left <= 0)
            return 0;
        int from = Math.Max(0, Left - 56), first = from >> 3, last = (Left - 1) >> 3;
        ulong word = 0;
        for (int i = last; i >= first; i--)
            word = (word << 8) | (i - first < 8 ? _bytes[i] : 0u);
        word >>= from & 7;
        return word << (64 - (Left - from));
    }
}
