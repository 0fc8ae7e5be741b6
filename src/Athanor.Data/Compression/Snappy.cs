using System.Buffers.Binary;

namespace Athanor.Data.Compression;

/// <summary>Snappy blocks, as Parquet packs pages (format description, google/snappy).</summary>
internal static class Snappy
{
    private const int HashBits = 14, LongestCopy = 64, Fragment = 1 << 16;

    /// <summary>Unpacks a block that has exactly the bytes of the output.</summary>
    /// <exception cref="InvalidDataException">The block contradicts itself.</exception>
    public static void Unpack(ReadOnlySpan<byte> packed, Span<byte> output)
    {
        int at = 0, length = 0, shift = 0;
        do
        {
            if (at >= packed.Length || shift > 28)
                throw Damaged();
            length |= (packed[at] & 127) << shift;
            shift += 7;
        }
        while (packed[at++] >= 128);
        if (length != output.Length)
            throw Damaged();
        int written = 0;
        while (at < packed.Length)
        {
            int tag = packed[at++], kind = tag & 3, extra = kind == 0 ? Math.Max(0, (tag >> 2) - 59) : kind == 3 ? 4 : kind;
            if (at + extra > packed.Length)
                throw Damaged();
            uint number = 0;
            for (int i = extra - 1; i >= 0; i--)
                number = (number << 8) | packed[at + i];
            at += extra;
            if (kind == 0)
            {
                long count = extra == 0 ? (tag >> 2) + 1 : (long)number + 1;
                if (count > packed.Length - at || count > output.Length - written)
                    throw Damaged();
                packed.Slice(at, (int)count).CopyTo(output[written..]);
                at += (int)count;
                written += (int)count;
                continue;
            }
            int copy = kind == 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
            long distance = kind == 1 ? ((uint)(tag >> 5) << 8) | number : number;
            if (distance == 0 || distance > written || copy > output.Length - written)
                throw Damaged();
            for (int i = 0; i < copy; i++, written++)
                output[written] = output[written - (int)distance];
        }
        if (written != output.Length)
            throw Damaged();
    }

    /// <summary>Packs a block, greedily.</summary>
    public static byte[] Pack(ReadOnlySpan<byte> bytes)
    {
        byte[] packed = new byte[32 + bytes.Length + bytes.Length / 6];
        int at = 0;
        for (uint length = (uint)bytes.Length; ; length >>= 7)
        {
            packed[at++] = (byte)(length < 128 ? length : length | 128);
            if (length < 128)
                break;
        }
        int[] table = new int[1 << HashBits];
        for (int begin = 0; begin < bytes.Length; begin += Fragment)
            at = PackFragment(bytes.Slice(begin, Math.Min(Fragment, bytes.Length - begin)), packed, at, table);
        return packed[..at];
    }

    private static int PackFragment(ReadOnlySpan<byte> bytes, byte[] packed, int at, int[] table)
    {
        Array.Fill(table, -1);
        int literal = 0, i = 0, misses = 32;
        while (i + 4 <= bytes.Length)
        {
            uint word = BinaryPrimitives.ReadUInt32LittleEndian(bytes[i..]);
            ref int slot = ref table[(word * 0x1E35A7BD) >> (32 - HashBits)];
            int candidate = slot;
            slot = i;
            if (candidate < 0 || BinaryPrimitives.ReadUInt32LittleEndian(bytes[candidate..]) != word)
            {
                // What does not pack is passed over faster and faster.
                i += misses++ >> 5;
                continue;
            }
            at = Literal(bytes[literal..i], packed, at);
            int length = 4 + bytes[(i + 4)..].CommonPrefixLength(bytes[(candidate + 4)..]);
            for (int left = length; left > 0;)
            {
                int copy = Math.Min(left, LongestCopy);
                packed[at++] = (byte)(((copy - 1) << 2) | 2);
                BinaryPrimitives.WriteUInt16LittleEndian(packed.AsSpan(at), (ushort)(i - candidate));
                at += 2;
                left -= copy;
            }
            i += length;
            literal = i;
            misses = 32;
        }
        return Literal(bytes[literal..], packed, at);
    }

    private static int Literal(ReadOnlySpan<byte> bytes, byte[] packed, int at)
    {
        if (bytes.IsEmpty)
            return at;
        int count = bytes.Length - 1;
        if (count < 60)
            packed[at++] = (byte)(count << 2);
        else if (count < 256)
        {
            packed[at++] = 60 << 2;
            packed[at++] = (byte)count;
        }
        else
        {
            packed[at++] = 61 << 2;
            BinaryPrimitives.WriteUInt16LittleEndian(packed.AsSpan(at), (ushort)count);
            at += 2;
        }
        bytes.CopyTo(packed.AsSpan(at));
        return at + bytes.Length;
    }

    private static InvalidDataException Damaged() => new("a Snappy block contradicts itself");
}
