using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Athanor.Data.Compression;

/// <summary>
/// Unpacks deflate data (RFC 1951) and knows at which byte it ends, which the class library's decompressor does not tell. Several literals are decoded from bits that were read at once, and
/// matches are copied in vectors that may write too far, as libdeflate does (Biggers); the buffer has room for that, and near the end of the input every bit is counted.
/// </summary>
internal sealed class Inflater : IDisposable
{
    /// <summary>So many bytes of input, or all that there are, must be there for a call to get on: the longest head of a block and some symbols.</summary>
    public const int Least = 1 << 10;

    /// <summary>Bytes that a call makes at most, but for the rest of a match.</summary>
    public const int Turn = 1 << 16;

    private const int History = 1 << 15, LongestMatch = 258, TooFar = 80, FastInput = 24, LongestHead = 600;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(History + Turn + LongestMatch + TooFar);
    private readonly InflateTable _ownLengths = new(InflateSymbols.LengthBits, InflateSymbols.LengthEntries), _ownDistances = new(InflateSymbols.DistanceBits, InflateSymbols.DistanceEntries),
        _pre = new(InflateSymbols.PreBits, 1 << InflateSymbols.PreBits);
    private InflateTable _lengths = InflateSymbols.FixedLengths, _distances = InflateSymbols.FixedDistances;
    private State _state;
    private bool _lastBlock;
    private int _at, _in, _stored;
    // Bits of the byte before the place in the input that are not used yet; within a call, of some more.
    private ulong _bits;
    private int _bitCount;

    private enum State
    {
        Head, Stored, Codes, Ended, Damaged, Truncated,
    }

    /// <summary>The data is at its end, which is the byte behind what was consumed.</summary>
    public bool Ended => _state == State.Ended;

    /// <summary>The data contradicts itself behind what was unpacked.</summary>
    public bool Damaged => _state == State.Damaged;

    /// <summary>The input ends within the data.</summary>
    public bool Truncated => _state == State.Truncated;

    /// <summary>Begins anew.</summary>
    public void Reset() => (_state, _lastBlock, _at, _bits, _bitCount) = (State.Head, false, 0, 0, 0);

    /// <summary>Unpacks on.</summary>
    /// <param name="input">The data from where the last call got to: <see cref="Least"/> bytes or more, unless there are no more.</param>
    /// <param name="last">Whether nothing comes behind the input.</param>
    /// <param name="most">About how many bytes are wanted.</param>
    /// <param name="consumed">How far it got.</param>
    /// <returns>What was unpacked, to be used before the next call.</returns>
    public ReadOnlyMemory<byte> Run(ReadOnlySpan<byte> input, bool last, int most, out int consumed)
    {
        most = Math.Clamp(most, 1, Turn);
        Slide(most + LongestMatch + TooFar);
        int begin = _at, end = begin + most;
        _in = 0;
        while (_state < State.Ended && _at < end && (last || input.Length - _in >= LongestHead))
        {
            switch (_state)
            {
                case State.Head:
                    Head(input);
                    break;
                case State.Stored:
                    Stored(input, end, last);
                    break;
                default:
                    Fast(input, end);
                    if (_state == State.Codes && _at < end)
                        Slow(input, end, last);
                    break;
            }
        }
        consumed = _in;
        return _buffer.AsMemory(begin, _at - begin);
    }

    public void Dispose()
    {
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        (_buffer, _state) = ([], State.Truncated);
    }

    /// <summary>Makes room, and keeps what matches can reach.</summary>
    private void Slide(int room)
    {
        if (_at + room <= _buffer.Length)
            return;
        _buffer.AsSpan(_at - History, History).CopyTo(_buffer);
        _at = History;
    }

    private void Head(ReadOnlySpan<byte> input)
    {
        _lastBlock = Take(input, 1) == 1;
        switch (Take(input, 2))
        {
            case 0:
                // The rest of the byte is nothing.
                Drop(_bitCount & 7);
                int length = Take(input, 16), inverse = Take(input, 16);
                GiveBack();
                (_stored, State next) = (length, length == (inverse ^ 0xFFFF) ? State.Stored : State.Damaged);
                Go(next);
                break;
            case 1:
                (_lengths, _distances) = (InflateSymbols.FixedLengths, InflateSymbols.FixedDistances);
                Go(State.Codes);
                break;
            case 2:
                Go(Codes(input) ? State.Codes : State.Damaged);
                break;
            default:
                Go(State.Damaged);
                break;
        }
        GiveBack();
    }

    /// <summary>Reads the codes of a block (RFC 1951, section 3.2.7).</summary>
    private bool Codes(ReadOnlySpan<byte> input)
    {
        int lengths = Take(input, 5) + 257, distances = Take(input, 5) + 1, pre = Take(input, 4) + 4;
        if (lengths > InflateSymbols.MostLengths || distances > InflateSymbols.MostDistances)
            return false;
        Span<byte> sizes = stackalloc byte[320];
        sizes.Clear();
        for (int i = 0; i < pre; i++)
            sizes[InflateSymbols.PreOrder[i]] = (byte)Take(input, 3);
        if (!_pre.Make(sizes[..19], InflateSymbols.Pre, partial: false))
            return false;
        sizes.Clear();
        int all = lengths + distances;
        for (int i = 0; i < all;)
        {
            Refill(input);
            // Three codes with what belongs to them are 42 bits at most.
            for (int turn = 0; turn < 3 && i < all; turn++)
            {
                uint entry = _pre.Entries[_bits & ((1 << InflateSymbols.PreBits) - 1)];
                Drop((int)(entry & 0xFF));
                int symbol = (int)(entry >> 16);
                if (symbol < 16)
                {
                    sizes[i++] = (byte)symbol;
                    continue;
                }
                (int extra, int least) = symbol switch { 16 => (2, 3), 17 => (3, 3), _ => (7, 11) };
                int times = least + (int)(_bits & ((1UL << extra) - 1));
                Drop(extra);
                if (_state == State.Truncated || times > all - i || (symbol == 16 && i == 0))
                    return false;
                if (symbol == 16)
                    sizes.Slice(i, times).Fill(sizes[i - 1]);
                i += times;
            }
        }
        (_lengths, _distances) = (_ownLengths, _ownDistances);
        return sizes[256] != 0 && _lengths.Make(sizes[..lengths], InflateSymbols.Lengths, partial: true) && _distances.Make(sizes[lengths..all], InflateSymbols.Distances, partial: true);
    }

    private void Stored(ReadOnlySpan<byte> input, int end, bool last)
    {
        int count = Math.Min(Math.Min(_stored, input.Length - _in), end - _at);
        input.Slice(_in, count).CopyTo(_buffer.AsSpan(_at));
        (_in, _at, _stored) = (_in + count, _at + count, _stored - count);
        if (_stored == 0)
            EndBlock();
        else if (last && _in == input.Length)
            Go(State.Truncated);
    }

    private void EndBlock() => Go(_lastBlock ? State.Ended : State.Head);

    private void Go(State state)
    {
        if (_state != State.Truncated)
            _state = state;
    }

    /// <summary>Symbols where input and room are known to be enough for some more; leaves the last ones.</summary>
    [SkipLocalsInit]
    private unsafe void Fast(ReadOnlySpan<byte> input, int end)
    {
        if (input.Length - _in < FastInput)
            return;
        Debug.Assert(_lengths.Entries.Length >= InflateSymbols.LengthEntries && _distances.Entries.Length >= InflateSymbols.DistanceEntries && end + LongestMatch + TooFar <= _buffer.Length);
        fixed (byte* data = input, buffer = _buffer)
        fixed (uint* lengths = _lengths.Entries, distances = _distances.Entries)
        {
            const uint LengthMask = (1 << InflateSymbols.LengthBits) - 1, DistanceMask = (1 << InflateSymbols.DistanceBits) - 1;
            byte* from = data + _in, fromEnd = data + input.Length - FastInput, to = buffer + _at, toEnd = buffer + end;
            ulong bits = _bits;
            // Only the lowest byte counts, so that entries can be subtracted as they are.
            uint left = (uint)_bitCount;
            State state = State.Codes;
            bits |= Unsafe.ReadUnaligned<ulong>(from) << (int)left;
            from += 7 - ((left >> 3) & 7);
            left |= 56;
            uint entry = lengths[bits & LengthMask];
            while (true)
            {
                // 56 bits are there, and the entry of the first of them: enough for three codes in the first table, or two and a length.
                ulong saved = bits;
                bits >>= (int)entry;
                left -= entry;
                if ((entry & InflateTable.Literal) != 0)
                {
                    *to++ = (byte)(entry >> 16);
                    entry = lengths[bits & LengthMask];
                    saved = bits;
                    bits >>= (int)entry;
                    left -= entry;
                    if ((entry & InflateTable.Literal) != 0)
                    {
                        *to++ = (byte)(entry >> 16);
                        entry = lengths[bits & LengthMask];
                        saved = bits;
                        bits >>= (int)entry;
                        left -= entry;
                        if ((entry & InflateTable.Literal) != 0)
                        {
                            *to++ = (byte)(entry >> 16);
                            goto Next;
                        }
                    }
                }
                if ((entry & InflateTable.Other) != 0)
                {
                    if ((entry & (InflateTable.EndOfBlock | InflateTable.Invalid)) == 0)
                    {
                        entry = lengths[(entry >> 16) + Low(bits, (entry >> 8) & 15)];
                        saved = bits;
                        bits >>= (int)entry;
                        left -= entry;
                        if ((entry & InflateTable.Literal) != 0)
                        {
                            *to++ = (byte)(entry >> 16);
                            goto Next;
                        }
                    }
                    if ((entry & InflateTable.Other) != 0)
                    {
                        state = (entry & InflateTable.EndOfBlock) != 0 ? State.Ended : State.Damaged;
                        break;
                    }
                }
                nuint length = (entry >> 16) + (nuint)(Low(saved, entry) >> (int)(entry >> 8));
                bits |= Unsafe.ReadUnaligned<ulong>(from) << (int)left;
                from += 7 - ((left >> 3) & 7);
                left |= 56;
                entry = distances[bits & DistanceMask];
                if ((entry & InflateTable.Other) != 0)
                {
                    if ((entry & InflateTable.Invalid) != 0)
                    {
                        state = State.Damaged;
                        break;
                    }
                    bits >>= InflateSymbols.DistanceBits;
                    left -= InflateSymbols.DistanceBits;
                    entry = distances[(entry >> 16) + Low(bits, (entry >> 8) & 15)];
                    if ((entry & InflateTable.Other) != 0)
                    {
                        state = State.Damaged;
                        break;
                    }
                }
                nuint distance = (entry >> 16) + (nuint)(Low(bits, entry) >> (int)(entry >> 8));
                bits >>= (int)entry;
                left -= entry;
                if (distance > (nuint)(to - buffer))
                {
                    state = State.Damaged;
                    break;
                }
                // The next symbol is looked up meanwhile.
                entry = lengths[bits & LengthMask];
                bits |= Unsafe.ReadUnaligned<ulong>(from) << (int)left;
                from += 7 - ((left >> 3) & 7);
                left |= 56;
                Copy(to, distance, length);
                to += length;
                if (from > fromEnd || to >= toEnd)
                    break;
                continue;
            Next:
                entry = lengths[bits & LengthMask];
                bits |= Unsafe.ReadUnaligned<ulong>(from) << (int)left;
                from += 7 - ((left >> 3) & 7);
                left |= 56;
                if (from > fromEnd || to >= toEnd)
                    break;
            }
            left &= 0xFF;
            (_in, _at, _bits, _bitCount) = ((int)(from - data), (int)(to - buffer), bits, (int)left);
            GiveBack();
            if (state == State.Ended)
                EndBlock();
            else
                Go(state);
        }
    }

    /// <summary>Copies a match; up to 63 bytes more than it has are written.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe void Copy(byte* to, nuint distance, nuint length)
    {
        byte* from = to - distance, end = to + length;
        if (distance >= 32)
        {
            // Most matches are shorter than 64 bytes: a branch less to guess.
            Vector256.Store(Vector256.Load(from), to);
            Vector256.Store(Vector256.Load(from + 32), to + 32);
            for (to += 64, from += 64; to < end; to += 32, from += 32)
                Vector256.Store(Vector256.Load(from), to);
        }
        else if (distance == 1)
        {
            var fill = Vector256.Create(*from);
            for (; to < end; to += 32)
                Vector256.Store(fill, to);
        }
        else if (distance >= 8)
        {
            for (; to < end; to += 8, from += 8)
                Unsafe.WriteUnaligned(to, Unsafe.ReadUnaligned<ulong>(from));
        }
        else
        {
            // What is written behind the distance is wrong, and written again.
            for (; to < end; to += distance, from += distance)
                Unsafe.WriteUnaligned(to, Unsafe.ReadUnaligned<ulong>(from));
        }
    }

    /// <summary>The lowest bits; of the count the lowest byte counts, which for entries is how many they take. Shifts look at six bits alone, so entries need no mask there either.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Low(ulong bits, uint count) => Bmi2.X64.IsSupported ? Bmi2.X64.ZeroHighBits(bits, count) : bits & ((1UL << (int)count) - 1);

    /// <summary>Symbols near the end of the input, one at a time; before more input comes, leaves the last ones.</summary>
    private void Slow(ReadOnlySpan<byte> input, int end, bool last)
    {
        while (_state == State.Codes && _at < end && (last || input.Length - _in >= FastInput))
        {
            uint entry = Symbol(input, _lengths);
            if ((entry & InflateTable.Literal) != 0)
            {
                if (_state == State.Codes)
                    _buffer[_at++] = (byte)(entry >> 16);
                continue;
            }
            if ((entry & InflateTable.Other) != 0)
            {
                if ((entry & InflateTable.EndOfBlock) != 0)
                    EndBlock();
                else
                    Go(State.Damaged);
                break;
            }
            int length = (int)(entry >> 16) + Take(input, (int)(entry & 0xFF));
            entry = Symbol(input, _distances);
            if ((entry & InflateTable.Other) != 0)
            {
                Go(State.Damaged);
                break;
            }
            int distance = (int)(entry >> 16) + Take(input, (int)(entry & 0xFF));
            if (_state != State.Codes)
                break;
            if (distance > _at)
            {
                Go(State.Damaged);
                break;
            }
            for (int i = 0; i < length; i++)
                _buffer[_at + i] = _buffer[_at + i - distance];
            _at += length;
        }
        GiveBack();
    }

    /// <summary>The next symbol; its lowest byte is then the number of bits behind the code.</summary>
    private uint Symbol(ReadOnlySpan<byte> input, InflateTable table)
    {
        Refill(input);
        uint entry = table.Entries[_bits & ((1UL << table.Bits) - 1)];
        if ((entry & (InflateTable.Literal | InflateTable.Other | InflateTable.EndOfBlock | InflateTable.Invalid)) == InflateTable.Other)
        {
            Drop(table.Bits);
            entry = table.Entries[(int)(entry >> 16) + (int)(_bits & ((1UL << (int)((entry >> 8) & 15)) - 1))];
        }
        int code = (int)((entry >> 8) & 15);
        Drop(code);
        return (entry & ~0xFFu) | (byte)(entry - code);
    }

    private int Take(ReadOnlySpan<byte> input, int count)
    {
        Refill(input);
        int value = (int)(_bits & ((1UL << count) - 1));
        Drop(count);
        return value;
    }

    /// <summary>Bits that are used. Those that are not there are zeros, and the data is truncated.</summary>
    private void Drop(int count)
    {
        if (count > _bitCount)
            (_state, _bitCount) = (State.Truncated, count);
        _bits >>= count;
        _bitCount -= count;
    }

    private void Refill(ReadOnlySpan<byte> input)
    {
        if (_bitCount > 48)
            return;
        if (input.Length - _in >= 8)
        {
            _bits |= BinaryPrimitives.ReadUInt64LittleEndian(input[_in..]) << _bitCount;
            _in += (63 - _bitCount) >> 3;
            _bitCount |= 56;
            return;
        }
        while (_bitCount <= 48 && _in < input.Length)
        {
            _bits |= (ulong)input[_in++] << _bitCount;
            _bitCount += 8;
        }
    }

    /// <summary>Whole bytes that are not used belong to the input again.</summary>
    private void GiveBack()
    {
        _in -= _bitCount >> 3;
        _bitCount &= 7;
        _bits &= (1UL << _bitCount) - 1;
    }
}
