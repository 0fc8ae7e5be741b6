namespace Athanor.Data.Compression;

/// <summary>A decoding table of finite-state entropy (RFC 8878, section 4.1).</summary>
internal sealed class ZstdFse
{
    private readonly byte[] _symbols = new byte[512], _bits = new byte[512];
    private readonly ushort[] _bases = new ushort[512];
    private readonly short[] _counts = new short[256];
    private readonly ushort[] _next = new ushort[256];

    /// <summary>Bits of a state.</summary>
    public int Log { get; private set; }

    public int Symbol(int state) => _symbols[state];

    public int Next(int state, ref ZstdBits bits) => _bases[state] + (int)bits.Read(_bits[state]);

    /// <summary>The table of one symbol, which takes no bits.</summary>
    public void SetSingle(byte symbol) => (Log, _symbols[0], _bits[0], _bases[0]) = (0, symbol, 0, 0);

    /// <summary>The table of given counts; -1 stands for less than one.</summary>
    public void Set(ReadOnlySpan<short> counts, int log)
    {
        int size = 1 << log, high = size, mask = size - 1, step = (size >> 1) + (size >> 3) + 3, position = 0;
        Log = log;
        for (int symbol = 0; symbol < counts.Length; symbol++)
        {
            _next[symbol] = (ushort)Math.Abs(counts[symbol]);
            if (counts[symbol] == -1)
                _symbols[--high] = (byte)symbol;
        }
        for (int symbol = 0; symbol < counts.Length; symbol++)
        {
            for (int i = 0; i < counts[symbol]; i++)
            {
                _symbols[position] = (byte)symbol;
                do
                    position = (position + step) & mask;
                while (position >= high);
            }
        }
        if (position != 0)
            throw new InvalidDataException("the counts of an entropy table do not fill it");
        for (int state = 0; state < size; state++)
        {
            int next = _next[_symbols[state]]++, bits = log - int.Log2(next);
            _bits[state] = (byte)bits;
            _bases[state] = (ushort)((next << bits) - size);
        }
    }

    /// <summary>Reads a table's description; returns its length in bytes.</summary>
    public int Read(ReadOnlySpan<byte> bytes, int largestLog, int symbols)
    {
        int log = (bytes[0] & 15) + 5, position = 4, remaining = 1 << log, symbol = 0;
        if (log > largestLog)
            throw new InvalidDataException("an entropy table is larger than allowed");
        Array.Clear(_counts);
        while (remaining > 0)
        {
            if (symbol >= symbols)
                throw new InvalidDataException("an entropy table has too many symbols");
            int bits = int.Log2(remaining + 1) + 1, value = Forward(bytes, position, bits), low = (1 << (bits - 1)) - 1, threshold = (1 << bits) - 2 - remaining;
            position += bits;
            if ((value & low) < threshold)
            {
                value &= low;
                position--;
            }
            else if (value > low)
                value -= threshold;
            int count = value - 1;
            remaining -= Math.Abs(count);
            _counts[symbol++] = (short)count;
            for (int zeros = count == 0 ? 3 : 0; zeros == 3;)
            {
                zeros = Forward(bytes, position, 2);
                position += 2;
                symbol += zeros;
            }
        }
        if (remaining < 0 || symbol > symbols || (position + 7) / 8 > bytes.Length)
            throw new InvalidDataException("the counts of an entropy table do not add up");
        Set(_counts.AsSpan(0, symbol), log);
        return (position + 7) / 8;
    }

    private static int Forward(ReadOnlySpan<byte> bytes, int position, int bits)
    {
        uint word = 0;
        for (int i = 0; i < 4 && (position >> 3) + i < bytes.Length; i++)
            word |= (uint)bytes[(position >> 3) + i] << (8 * i);
        return (int)((word >> (position & 7)) & ((1u << bits) - 1));
    }
}
