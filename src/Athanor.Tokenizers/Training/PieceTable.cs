using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Athanor.Tokenizers.Training;

/// <summary>
/// Counts of distinct pieces in open addressing. A slot holds pieces of up to 15 bytes itself, longer ones lie in one block behind it, so adding
/// a piece allocates nothing and a table is two arrays whose sizes are known to the byte.
/// </summary>
internal sealed class PieceTable
{
    public const int MaxPieceBytes = (1 << 20) - 1;

    private const int InlineBytes = 15;
    private const ulong LongMark = 0xFFUL << 56;
    private const int SlotBytes = 24;

    private readonly long _budget;
    private Slot[] _slots;
    private byte[] _arena;
    private int _arenaUsed;

    /// <summary>A table that never holds more than <paramref name="budget"/> bytes, also not while it grows.</summary>
    public PieceTable(long budget)
    {
        _budget = budget;
        int size = 1 << 14;
        while (size > 64 && size * SlotBytes > budget / 4)
            size >>= 1;
        _slots = new Slot[size];
        _arena = new byte[Math.Clamp(budget / 8, 1024, 1 << 16)];
    }

    private struct Slot
    {
        public ulong Key0, Key1;   // the bytes and their number in the top byte; or the hash, and mark, length, offset
        public long Count;
    }

    /// <summary>The number of distinct pieces.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes of memory held.</summary>
    public long Memory => (long)_slots.Length * SlotBytes + _arena.Length;

    /// <summary>The hash that orders pieces in runs; it depends on the bytes alone.</summary>
    public static ulong Hash(ReadOnlySpan<byte> piece) =>
        piece.Length <= InlineBytes ? LoadKey(piece, 0, piece.Length, out ulong key1) is var key0 ? Mix(key0, key1) : 0 : HashLong(piece);

    /// <summary>Counts the piece at [start, start + length) of <paramref name="text"/>; false, and nothing done, when the memory does not suffice.</summary>
    public bool TryAdd(ReadOnlySpan<byte> text, int start, int length, long count)
    {
        if (length > InlineBytes)
            return TryAddLong(text.Slice(start, length), count);
        ulong key0 = LoadKey(text, start, length, out ulong key1);
        Slot[] slots = _slots;
        nuint mask = (nuint)slots.Length - 1;
        for (nuint at = (nuint)Mix(key0, key1) & mask; ; at = (at + 1) & mask)
        {
            ref Slot slot = ref slots[at];
            if (slot.Count == 0)
            {
                if (!HasRoom(0))
                    return TryGrow(0) && TryAdd(text, start, length, count);
                slot.Key0 = key0;
                slot.Key1 = key1;
                slot.Count = count;
                Count++;
                return true;
            }
            if (slot.Key0 == key0 && slot.Key1 == key1)
            {
                slot.Count += count;
                return true;
            }
        }
    }

    /// <summary>Empties the table and keeps its memory.</summary>
    public void Clear()
    {
        Array.Clear(_slots);
        Count = _arenaUsed = 0;
    }

    /// <summary>
    /// Sorts the entries in place and reads them in ascending order of (hash, bytes). Until <see cref="Clear"/> nothing can be added.
    /// </summary>
    public PieceRun ReadSorted()
    {
        int next = 0;
        for (int i = 0; i < _slots.Length; i++)
        {
            if (_slots[i].Count > 0)
                _slots[next++] = _slots[i];
        }
        _slots.AsSpan(next).Clear();
        _slots.AsSpan(0, next).Sort(Compare);
        return new SortedRun(this);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong LoadKey(ReadOnlySpan<byte> text, int start, int length, out ulong key1)
    {
        ulong low, high;
        if (text.Length - start >= 16)
        {
            low = BinaryPrimitives.ReadUInt64LittleEndian(text[start..]);
            high = BinaryPrimitives.ReadUInt64LittleEndian(text[(start + 8)..]);
        }
        else
        {
            Span<byte> copy = stackalloc byte[16];
            copy.Clear();
            text.Slice(start, length).CopyTo(copy);
            low = BinaryPrimitives.ReadUInt64LittleEndian(copy);
            high = BinaryPrimitives.ReadUInt64LittleEndian(copy[8..]);
        }
        if (length < 8)
        {
            low &= (1UL << (8 * length)) - 1;
            high = 0;
        }
        else
        {
            high &= (1UL << (8 * (length - 8))) - 1;
        }
        key1 = high | (ulong)length << 56;
        return low;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Mix(ulong key0, ulong key1)
    {
        ulong high = Math.BigMul(key0 ^ 0x9E3779B97F4A7C15, key1 ^ 0xE7037ED1A0B428DB, out ulong low);
        return high ^ low;
    }

    private static ulong HashLong(ReadOnlySpan<byte> piece)
    {
        ulong hash = (ulong)piece.Length;
        ReadOnlySpan<byte> rest = piece;
        for (; rest.Length > 16; rest = rest[16..])
            hash = Mix(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(rest), BinaryPrimitives.ReadUInt64LittleEndian(rest[8..]));
        // The last 16 bytes overlap the ones before; pieces that come here have at least 16.
        ReadOnlySpan<byte> last = piece[^16..];
        return Mix(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(last), BinaryPrimitives.ReadUInt64LittleEndian(last[8..]));
    }

    private bool TryAddLong(ReadOnlySpan<byte> piece, long count)
    {
        ulong hash = HashLong(piece);
        nuint mask = (nuint)_slots.Length - 1;
        for (nuint at = (nuint)hash & mask; ; at = (at + 1) & mask)
        {
            ref Slot slot = ref _slots[at];
            if (slot.Count == 0)
            {
                if (!HasRoom(piece.Length))
                    return TryGrow(piece.Length) && TryAddLong(piece, count);
                piece.CopyTo(_arena.AsSpan(_arenaUsed));
                slot.Key0 = hash;
                slot.Key1 = LongMark | (ulong)piece.Length << 32 | (uint)_arenaUsed;
                slot.Count = count;
                _arenaUsed += piece.Length;
                Count++;
                return true;
            }
            if (slot.Key0 == hash && slot.Key1 >= LongMark && LongKey(slot.Key1).SequenceEqual(piece))
            {
                slot.Count += count;
                return true;
            }
        }
    }

    private ReadOnlySpan<byte> LongKey(ulong key1) => _arena.AsSpan((int)(uint)key1, (int)(key1 >> 32 & 0xFFFFFF));

    private bool HasRoom(int arenaBytes) => Count < _slots.Length / 8 * 5 && _arena.Length - _arenaUsed >= arenaBytes;

    /// <summary>Grows what is full; false when old and new together would pass the budget.</summary>
    private bool TryGrow(int arenaBytes)
    {
        if (_arena.Length - _arenaUsed < arenaBytes)
        {
            long size = Math.Max(2L * _arena.Length, (long)_arenaUsed + arenaBytes);
            // An empty table takes any piece: a budget below one piece would otherwise never end.
            if (size > Array.MaxLength || (Count > 0 && Memory + size > _budget))
                return false;
            Array.Resize(ref _arena, (int)size);
        }
        if (Count >= _slots.Length / 8 * 5)
        {
            if (_slots.Length >= 1 << 29 || Memory + 2L * _slots.Length * SlotBytes > _budget)
                return false;
            Slot[] old = _slots;
            _slots = new Slot[2 * old.Length];
            int mask = _slots.Length - 1;
            foreach (ref readonly Slot slot in old.AsSpan())
            {
                if (slot.Count == 0)
                    continue;
                int at = (int)HashOf(slot) & mask;
                while (_slots[at].Count != 0)
                    at = (at + 1) & mask;
                _slots[at] = slot;
            }
        }
        return true;
    }

    private static ulong HashOf(in Slot slot) => slot.Key1 >= LongMark ? slot.Key0 : Mix(slot.Key0, slot.Key1);

    private int Compare(Slot a, Slot b)
    {
        int order = HashOf(a).CompareTo(HashOf(b));
        if (order != 0)
            return order;
        Span<byte> bytesA = stackalloc byte[16], bytesB = stackalloc byte[16];
        return KeyOf(a, bytesA).SequenceCompareTo(KeyOf(b, bytesB));
    }

    private ReadOnlySpan<byte> KeyOf(in Slot slot, Span<byte> scratch)
    {
        if (slot.Key1 >= LongMark)
            return LongKey(slot.Key1);
        BinaryPrimitives.WriteUInt64LittleEndian(scratch, slot.Key0);
        BinaryPrimitives.WriteUInt64LittleEndian(scratch[8..], slot.Key1);
        return scratch[..(int)(slot.Key1 >> 56)];
    }

    private sealed class SortedRun(PieceTable table) : PieceRun
    {
        private readonly byte[] _scratch = new byte[16];
        private int _at = -1;

        public override ulong Hash => HashOf(table._slots[_at]);

        public override ReadOnlySpan<byte> Piece => table.KeyOf(table._slots[_at], _scratch);

        public override long Count => table._slots[_at].Count;

        public override bool Next() => ++_at < table.Count;
    }
}
