using Athanor.Data.Readers;

namespace Athanor.Data.Compression;

/// <summary>Unpacks bzip2, in which Wikipedia packs its dumps: streams one behind the other, checksums checked. Memory holds one block of at most 900 kB, expanded four times.</summary>
internal sealed class Bzip2Stream(Stream packed) : UnpackedStream
{
    private const int GroupSize = 50, LongestCode = 20;
    private const long BlockMagic = 0x314159265359, EndMagic = 0x177245385090;
    private static readonly uint[] Crc = CrcTable();
    private readonly BufferedStream _input = new(packed, 1 << 16);
    private readonly byte[] _symbols = new byte[256], _selectors = new byte[18_002], _moves = new byte[256];
    private readonly int[][] _limits = Tables(LongestCode + 2), _bases = Tables(LongestCode + 2), _permutations = Tables(258);
    private uint[] _block = [];
    private ulong _bits;
    private int _bitCount, _blockSize, _count, _left, _repeat, _last, _run;
    private uint _at, _crc, _expected, _streamCrc;
    private long _taken;
    private bool _inStream;

    public override int Read(Span<byte> buffer)
    {
        int written = 0;
        while (written == 0 && !buffer.IsEmpty)
        {
            if (_left == 0 && _run == 0 && !NextBlock())
                return 0;
            written = Expand(buffer);
        }
        return written;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _input.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>Undoes the sorting, and the runs of four and a count, on the way out.</summary>
    private int Expand(Span<byte> buffer)
    {
        int written = 0;
        uint crc = _crc;
        while (written < buffer.Length)
        {
            if (_run > 0)
            {
                int take = Math.Min(_run, buffer.Length - written);
                for (int i = 0; i < take; i++)
                {
                    buffer[written++] = (byte)_last;
                    crc = (crc << 8) ^ Crc[(byte)(crc >> 24) ^ (byte)_last];
                }
                _run -= take;
                continue;
            }
            if (_left == 0)
                break;
            _at = _block[_at];
            int value = (byte)_at;
            _at >>= 8;
            _left--;
            if (_repeat == 4)
            {
                (_run, _repeat) = (value, 0);
                continue;
            }
            _repeat = value == _last ? _repeat + 1 : 1;
            _last = value;
            buffer[written++] = (byte)value;
            crc = (crc << 8) ^ Crc[(byte)(crc >> 24) ^ (byte)value];
        }
        _crc = crc;
        if (_left == 0 && _run == 0)
        {
            if (~_crc != _expected)
                throw Damaged("its checksum is wrong");
            _streamCrc = ((_streamCrc << 1) | (_streamCrc >> 31)) ^ _expected;
        }
        return written;
    }

    private bool NextBlock()
    {
        while (true)
        {
            if (!_inStream && !BeginStream())
                return false;
            long magic = ((long)Bits(24) << 24) | Bits(24);
            if (magic == EndMagic)
            {
                if (Bits32() != _streamCrc)
                    throw Damaged("the stream's checksum is wrong");
                _bitCount -= _bitCount & 7;
                _inStream = false;
                continue;
            }
            if (magic != BlockMagic)
                throw Damaged("no block begins where one should");
            try
            {
                Block();
            }
            catch (IndexOutOfRangeException e)
            {
                throw new ReadStopException(ReadProblemKind.Damaged, _taken, "the bzip2 block contradicts itself", e);
            }
            if (_left > 0)
                return true;
        }
    }

    private bool BeginStream()
    {
        int first = _bitCount >= 8 ? (int)Bits(8) : _input.ReadByte();
        if (first < 0)
            return false;
        if (first != 'B' || Bits(8) != 'Z' || Bits(8) != 'h' || Bits(8) is not (>= '1' and <= '9' and var level))
            throw Damaged("no bzip2 stream begins here");
        _blockSize = (int)(level - '0') * 100_000;
        if (_block.Length < _blockSize)
            _block = new uint[_blockSize];
        (_streamCrc, _inStream) = (0, true);
        return true;
    }

    private void Block()
    {
        _expected = Bits32();
        if (Bits(1) != 0)
            throw Damaged("it is of the randomised kind that no program writes any more");
        int origin = (int)Bits(24), used = 0;
        uint ranges = Bits(16);
        for (int i = 0; i < 16; i++)
        {
            if ((ranges & (0x8000 >> i)) == 0)
                continue;
            uint range = Bits(16);
            for (int j = 0; j < 16; j++)
            {
                if ((range & (0x8000 >> j)) != 0)
                    _symbols[used++] = (byte)(16 * i + j);
            }
        }
        int tables = (int)Bits(3), selectors = (int)Bits(15), alphabet = used + 2;
        if (used == 0 || tables is < 2 or > 6 || selectors == 0)
            throw Damaged("its tables are none");
        Selectors(tables, selectors);
        for (int table = 0; table < tables; table++)
            Table(table, alphabet);
        Symbols(used, Math.Min(selectors, _selectors.Length));
        if (origin >= _count)
            throw Damaged("its origin lies outside");
        Sort(origin);
    }

    private void Selectors(int tables, int selectors)
    {
        Span<byte> order = [0, 1, 2, 3, 4, 5];
        for (int i = 0; i < selectors; i++)
        {
            int place = 0;
            while (Bits(1) != 0)
            {
                if (++place >= tables)
                    throw Damaged("a selector names no table");
            }
            byte table = order[place];
            order[..place].CopyTo(order[1..]);
            order[0] = table;
            if (i < _selectors.Length)
                _selectors[i] = table;
        }
    }

    private void Table(int table, int alphabet)
    {
        Span<byte> lengths = stackalloc byte[258];
        int length = (int)Bits(5), at = 0, code = 0;
        for (int symbol = 0; symbol < alphabet; symbol++)
        {
            while (true)
            {
                if (length is < 1 or > LongestCode)
                    throw Damaged("a code has an impossible length");
                if (Bits(1) == 0)
                    break;
                length += Bits(1) == 0 ? 1 : -1;
            }
            lengths[symbol] = (byte)length;
        }
        (int[] limits, int[] bases, int[] permutation) = (_limits[table], _bases[table], _permutations[table]);
        for (int bits = 1; bits <= LongestCode; bits++)
        {
            bases[bits] = at - code;
            for (int symbol = 0; symbol < alphabet; symbol++)
            {
                if (lengths[symbol] == bits)
                {
                    permutation[at++] = symbol;
                    code++;
                }
            }
            limits[bits] = code;
            code <<= 1;
        }
    }

    private void Symbols(int used, int selectors)
    {
        for (int i = 0; i < 256; i++)
            _moves[i] = (byte)i;
        int end = used + 1, group = -1, inGroup = 0, table = 0, runBits = 0;
        long run = 0;
        _count = 0;
        while (true)
        {
            if (inGroup-- == 0)
            {
                if (++group >= selectors)
                    throw Damaged("it has more symbols than it says");
                (table, inGroup) = (_selectors[group], GroupSize - 1);
            }
            int symbol = Symbol(table);
            if (symbol <= 1)
            {
                run += (long)(symbol + 1) << runBits++;
                if (run > _blockSize)
                    throw Damaged("it is larger than it may be");
                continue;
            }
            if (run > 0)
            {
                if (_count + run > _blockSize)
                    throw Damaged("it is larger than it may be");
                _block.AsSpan(_count, (int)run).Fill(_symbols[_moves[0]]);
                _count += (int)run;
                (run, runBits) = (0, 0);
            }
            if (symbol == end)
                return;
            if (_count >= _blockSize)
                throw Damaged("it is larger than it may be");
            byte moved = _moves[symbol - 1];
            Array.Copy(_moves, 0, _moves, 1, symbol - 1);
            _moves[0] = moved;
            _block[_count++] = _symbols[moved];
        }
    }

    private int Symbol(int table)
    {
        int[] limits = _limits[table];
        int code = 0;
        for (int bits = 1; bits <= LongestCode; bits++)
        {
            code = (code << 1) | (int)Bits(1);
            if (code < limits[bits])
                return _permutations[table][_bases[table][bits] + code];
        }
        throw Damaged("a code is none");
    }

    /// <summary>Links each byte to the next one in the order before sorting.</summary>
    private void Sort(int origin)
    {
        Span<int> starts = stackalloc int[257];
        starts.Clear();
        for (int i = 0; i < _count; i++)
            starts[(int)(_block[i] & 255) + 1]++;
        for (int i = 1; i < 257; i++)
            starts[i] += starts[i - 1];
        for (int i = 0; i < _count; i++)
            _block[starts[(int)(_block[i] & 255)]++] |= (uint)i << 8;
        (_at, _left, _repeat, _last, _run, _crc) = (_block[origin] >> 8, _count, 0, -1, 0, uint.MaxValue);
    }

    private uint Bits(int count)
    {
        while (_bitCount < count)
        {
            int next = _input.ReadByte();
            if (next < 0)
                throw new ReadStopException(ReadProblemKind.Truncated, _taken, "the file ends within a bzip2 block");
            _bits = (_bits << 8) | (uint)next;
            _bitCount += 8;
            _taken++;
        }
        _bitCount -= count;
        return (uint)(_bits >> _bitCount) & (uint)((1UL << count) - 1);
    }

    private uint Bits32() => (Bits(16) << 16) | Bits(16);

    private ReadStopException Damaged(string problem) => new(ReadProblemKind.Damaged, _taken, "the bzip2 block contradicts itself: " + problem);

    private static int[][] Tables(int size) => [.. Enumerable.Range(0, 6).Select(_ => new int[size])];

    private static uint[] CrcTable()
    {
        uint[] table = new uint[256];
        for (uint i = 0; i < 256; i++)
        {
            uint crc = i << 24;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc & 0x80000000) != 0 ? (crc << 1) ^ 0x04C11DB7 : crc << 1;
            table[i] = crc;
        }
        return table;
    }
}
