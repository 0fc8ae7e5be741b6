namespace Athanor.Data.Compression;

/// <summary>Decodes compressed blocks of a Zstandard frame (RFC 8878, section 3.1.1.3). Tables and last offsets go on from block to block.</summary>
internal sealed class ZstdBlock
{
    /// <summary>Bytes of the largest block, packed or not.</summary>
    public const int Largest = 1 << 17;

    private static readonly short[] LengthDefaults = [4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1];
    private static readonly short[] MatchDefaults = [1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1];
    private static readonly short[] OffsetDefaults = [1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1];
    private static readonly byte[] LengthBits = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
    private static readonly byte[] MatchBits = [.. new byte[32], 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
    private static readonly int[] LengthBases = Bases(LengthBits, 0), MatchBases = Bases(MatchBits, 3);

    private byte[] _literals = [];
    private readonly ZstdHuffman _huffman = new();
    private readonly Table _lengths = new(LengthDefaults, 6, 9, 36), _offsets = new(OffsetDefaults, 5, 8, 32), _matches = new(MatchDefaults, 6, 9, 53);
    private int _last1, _last2, _last3;

    /// <summary>Forgets what an earlier frame said.</summary>
    public void Begin()
    {
        (_last1, _last2, _last3) = (1, 4, 8);
        _huffman.Clear();
        _lengths.IsSet = _offsets.IsSet = _matches.IsSet = false;
    }

    /// <summary>Decodes a block behind earlier bytes of its frame.</summary>
    /// <param name="block">The packed bytes.</param>
    /// <param name="output">Earlier bytes, and room for those of the block.</param>
    /// <param name="at">Where the block's bytes go.</param>
    /// <param name="reach">How many earlier bytes may be referred to.</param>
    /// <returns>The end of the block's bytes.</returns>
    public int Decode(ReadOnlySpan<byte> block, Span<byte> output, int at, int reach)
    {
        int begin = at;
        block = block[Literals(block, out ReadOnlySpan<byte> literals)..];
        int sequences = Count(ref block);
        if (sequences > 0)
        {
            int modes = block[0];
            if ((modes & 3) != 0)
                throw new InvalidDataException("a block has reserved bits set");
            block = block[1..];
            _lengths.Read(modes >> 6, ref block);
            _offsets.Read((modes >> 4) & 3, ref block);
            _matches.Read((modes >> 2) & 3, ref block);
            at = Sequences(new ZstdBits(block), sequences, ref literals, output, at, at - reach);
        }
        else if (!block.IsEmpty)
            throw new InvalidDataException("a block has bytes behind its end");
        literals.CopyTo(output[at..]);
        at += literals.Length;
        return at - begin <= Largest ? at : throw new InvalidDataException("a block is larger than allowed");
    }

    private int Sequences(ZstdBits bits, int sequences, ref ReadOnlySpan<byte> literals, Span<byte> output, int at, int first)
    {
        ZstdFse lengths = _lengths.Fse, offsets = _offsets.Fse, matches = _matches.Fse;
        int length = (int)bits.Read(lengths.Log), offset = (int)bits.Read(offsets.Log), match = (int)bits.Read(matches.Log);
        for (int i = 0; i < sequences; i++)
        {
            int offsetCode = offsets.Symbol(offset), matchCode = matches.Symbol(match), lengthCode = lengths.Symbol(length);
            if (offsetCode > 30)
                throw new InvalidDataException("a match is farther away than allowed");
            int value = (1 << offsetCode) + (int)bits.Read(offsetCode);
            int matchLength = MatchBases[matchCode] + (int)bits.Read(MatchBits[matchCode]), literalLength = LengthBases[lengthCode] + (int)bits.Read(LengthBits[lengthCode]);
            int distance = Distance(value, literalLength);
            if (i + 1 < sequences)
            {
                length = lengths.Next(length, ref bits);
                match = matches.Next(match, ref bits);
                offset = offsets.Next(offset, ref bits);
            }
            literals[..literalLength].CopyTo(output[at..]);
            literals = literals[literalLength..];
            at += literalLength;
            if (distance <= 0 || distance > at - first)
                throw new InvalidDataException("a match lies before what was unpacked");
            Copy(output, at, distance, matchLength);
            at += matchLength;
        }
        return bits.Left == 0 ? at : throw new InvalidDataException("a block's sequences have another length than they should");
    }

    private int Distance(int value, int literalLength)
    {
        if (value > 3)
        {
            (_last1, _last2, _last3) = (value - 3, _last1, _last2);
            return _last1;
        }
        int which = literalLength == 0 ? value + 1 : value;
        switch (which)
        {
            case 1:
                break;
            case 2:
                (_last1, _last2) = (_last2, _last1);
                break;
            case 3:
                (_last1, _last2, _last3) = (_last3, _last1, _last2);
                break;
            default:
                (_last1, _last2, _last3) = (_last1 - 1, _last1, _last2);
                break;
        }
        return _last1;
    }

    private static void Copy(Span<byte> output, int at, int distance, int length)
    {
        if (at + length > output.Length)
            throw new InvalidDataException("a block is larger than allowed");
        // A match may reach into what it writes: copied in steps that double, each from what is there.
        while (length > distance)
        {
            output.Slice(at - distance, distance).CopyTo(output[at..]);
            at += distance;
            length -= distance;
            distance *= 2;
        }
        output.Slice(at - distance, length).CopyTo(output[at..]);
    }

    private static int Count(ref ReadOnlySpan<byte> block)
    {
        int first = block[0], length = first < 128 ? 1 : first < 255 ? 2 : 3;
        int count = length == 1 ? first : length == 2 ? ((first - 128) << 8) + block[1] : block[1] + (block[2] << 8) + 0x7F00;
        block = block[length..];
        return count;
    }

    /// <summary>Decodes the literals; returns how many bytes of the block they took.</summary>
    private int Literals(ReadOnlySpan<byte> block, out ReadOnlySpan<byte> literals)
    {
        int kind = block[0] & 3, format = (block[0] >> 2) & 3;
        if (kind < 2)
        {
            int head = (format & 1) == 0 ? 1 : format == 1 ? 2 : 3;
            int size = head == 1 ? block[0] >> 3 : head == 2 ? (block[0] >> 4) + (block[1] << 4) : (block[0] >> 4) + (block[1] << 4) + (block[2] << 12);
            if (kind == 0)
            {
                literals = block.Slice(head, size);
                return head + size;
            }
            Span<byte> repeated = Room(size);
            repeated.Fill(block[head]);
            literals = repeated;
            return head + 1;
        }
        int header = format < 2 ? 3 : format + 2, bits = format < 2 ? 10 : format == 2 ? 14 : 18;
        ulong word = 0;
        for (int i = header - 1; i >= 0; i--)
            word = (word << 8) | block[i];
        int count = (int)(word >> 4) & ((1 << bits) - 1), packed = (int)(word >> (4 + bits)) & ((1 << bits) - 1);
        ReadOnlySpan<byte> streams = block.Slice(header, packed);
        if (kind == 2)
            streams = streams[_huffman.Read(streams)..];
        else if (!_huffman.IsSet)
            throw new InvalidDataException("a block refers to a Huffman table that there is not");
        Span<byte> symbols = Room(count);
        if (format == 0)
            _huffman.Decode(streams, symbols);
        else
            FourStreams(streams, symbols);
        literals = symbols;
        return header + packed;
    }

    private Span<byte> Room(int literals)
    {
        if (literals > Largest)
            throw new InvalidDataException("a block is larger than allowed");
        if (_literals.Length < literals)
            _literals = new byte[literals];
        return _literals.AsSpan(0, literals);
    }

    private void FourStreams(ReadOnlySpan<byte> streams, Span<byte> symbols)
    {
        int each = (symbols.Length + 3) / 4, from = 6;
        for (int i = 0; i < 4; i++)
        {
            int length = i < 3 ? streams[2 * i] + (streams[2 * i + 1] << 8) : streams.Length - from;
            _huffman.Decode(streams.Slice(from, length), i < 3 ? symbols.Slice(i * each, each) : symbols[(3 * each)..]);
            from += length;
        }
    }

    private static int[] Bases(byte[] bits, int first)
    {
        int[] bases = new int[bits.Length];
        for (int i = 0; i < bits.Length; i++)
        {
            bases[i] = first;
            first += 1 << bits[i];
        }
        return bases;
    }

    /// <summary>One of the three tables of sequences.</summary>
    private sealed class Table(short[] defaults, int defaultLog, int largestLog, int symbols)
    {
        public ZstdFse Fse { get; } = new();

        public bool IsSet { get; set; }

        public void Read(int mode, ref ReadOnlySpan<byte> block)
        {
            switch (mode)
            {
                case 0:
                    Fse.Set(defaults, defaultLog);
                    break;
                case 1:
                    Fse.SetSingle(block[0] < symbols ? block[0] : throw new InvalidDataException("a table's only symbol is none"));
                    block = block[1..];
                    break;
                case 2:
                    block = block[Fse.Read(block, largestLog, symbols)..];
                    break;
                default:
                    if (!IsSet)
                        throw new InvalidDataException("a block refers to a table that there is not");
                    break;
            }
            IsSet = true;
        }
    }
}
