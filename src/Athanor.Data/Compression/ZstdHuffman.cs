namespace Athanor.Data.Compression;

/// <summary>A Huffman table of Zstandard's literals (RFC 8878, section 4.2).</summary>
internal sealed class ZstdHuffman
{
    private const int LargestBits = 11;
    /// <summary>Symbol in the low byte, its bits above.</summary>
    private readonly ushort[] _table = new ushort[1 << LargestBits];
    private readonly byte[] _weights = new byte[256];
    private readonly ZstdFse _fse = new();
    private int _bits;

    /// <summary>Whether a table was read in this frame.</summary>
    public bool IsSet => _bits > 0;

    public void Clear() => _bits = 0;

    /// <summary>Reads a table's description; returns its length in bytes.</summary>
    public int Read(ReadOnlySpan<byte> bytes)
    {
        int head = bytes[0], count, length;
        if (head >= 128)
        {
            count = head - 127;
            length = 1 + (count + 1) / 2;
            for (int i = 0; i < count; i++)
                _weights[i] = (byte)(i % 2 == 0 ? bytes[1 + i / 2] >> 4 : bytes[1 + i / 2] & 15);
        }
        else
        {
            length = 1 + head;
            count = Weights(bytes[1..length]);
        }
        Build(count);
        return length;
    }

    /// <summary>Decodes one stream, which must have exactly the symbols asked for.</summary>
    public void Decode(ReadOnlySpan<byte> stream, Span<byte> symbols)
    {
        var bits = new ZstdBits(stream);
        ReadOnlySpan<ushort> table = _table;
        int shift = 64 - _bits, at = 0;
        while (at + 5 <= symbols.Length && bits.Left >= 56)
        {
            // Five symbols have at most 55 bits.
            ulong word = bits.Peek();
            int taken = 0;
            for (int i = 0; i < 5; i++)
            {
                uint entry = table[(int)(word >> shift)];
                symbols[at + i] = (byte)entry;
                int length = (int)(entry >> 8);
                word <<= length;
                taken += length;
            }
            bits.Take(taken);
            at += 5;
        }
        for (; at < symbols.Length; at++)
        {
            uint entry = table[(int)(bits.Peek() >> shift)];
            symbols[at] = (byte)entry;
            bits.Take((int)(entry >> 8));
        }
        if (bits.Left != 0)
            throw new InvalidDataException("a stream of literals has another length than it should");
    }

    private int Weights(ReadOnlySpan<byte> bytes)
    {
        int table = _fse.Read(bytes, 6, 256);
        var bits = new ZstdBits(bytes[table..]);
        int one = (int)bits.Read(_fse.Log), two = (int)bits.Read(_fse.Log), count = 0;
        if (bits.Left < 0)
            throw new InvalidDataException("the weights of a Huffman table are cut short");
        while (count < 254)
        {
            _weights[count++] = (byte)_fse.Symbol(one);
            one = _fse.Next(one, ref bits);
            if (bits.Left < 0)
            {
                _weights[count++] = (byte)_fse.Symbol(two);
                return count;
            }
            _weights[count++] = (byte)_fse.Symbol(two);
            two = _fse.Next(two, ref bits);
            if (bits.Left < 0)
            {
                _weights[count++] = (byte)_fse.Symbol(one);
                return count;
            }
        }
        throw new InvalidDataException("a Huffman table has too many weights");
    }

    /// <summary>Makes the table of the weights and of the last one, which follows from the others.</summary>
    private void Build(int count)
    {
        int sum = 0;
        foreach (byte weight in _weights.AsSpan(0, count))
            sum += weight > LargestBits ? throw new InvalidDataException("a Huffman code is longer than allowed") : (1 << weight) >> 1;
        if (sum == 0)
            throw new InvalidDataException("a Huffman table is empty");
        int largest = int.Log2(sum) + 1, left = (1 << largest) - sum;
        if (largest > LargestBits || !int.IsPow2(left))
            throw new InvalidDataException("a Huffman table's weights do not add up");
        _weights[count++] = (byte)(int.Log2(left) + 1);
        int code = 0;
        for (int weight = 1; weight <= largest; weight++)
        {
            for (int symbol = 0; symbol < count; symbol++)
            {
                if (_weights[symbol] != weight)
                    continue;
                int span = 1 << (weight - 1);
                _table.AsSpan(code, span).Fill((ushort)(symbol | ((largest + 1 - weight) << 8)));
                code += span;
            }
        }
        _bits = largest;
    }
}
