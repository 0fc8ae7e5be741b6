using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Athanor.Tokenizers.Bpe;

/// <summary>
/// What one thread needs to encode: a memory of pieces seen and their tokens, and room to work. Each cache is direct-mapped and compares whole keys,
/// so an answer from it is exact; a new piece simply takes the place of an old one.
/// </summary>
internal sealed unsafe class BpeScratch
{
    /// <summary>Bytes of a key of <see cref="Short"/>; one more byte is its length.</summary>
    public const int ShortBytes = 15;

    private const int ShortBits = 15, LongBits = 13, ApartBits = 15, LongFrom = 8, ShortTokens = 3, LongTokens = 7, LongBytes = 31, LineBytes = 64;

    // Masks for the two words of a key of 0 to 15 bytes.
    public static readonly ulong[] KeyMasks = BuildKeyMasks();

    private readonly BpeSymbols _symbols;
    private readonly Vocabulary _vocabulary;
    private readonly byte[] _memory;
    private readonly Short* _short;
    private readonly Long* _long;
    private readonly WindowMerger.Workspace* _work;
    private readonly int[] _window = new int[BlockMerger.Most];
    private BlockMerger? _block;
    private HeapMerger? _heap;
    private readonly ulong* _apart;
    private ulong[] _deadEnds = [];
    private int[] _tokens = new int[256];
    private int[] _stack = new int[256];

    public BpeScratch(BpeSymbols symbols, Vocabulary vocabulary)
    {
        (_symbols, _vocabulary) = (symbols, vocabulary);
        // Pinned, so that entries lie on cache lines.
        int shortSize = sizeof(Short) << ShortBits, longSize = sizeof(Long) << LongBits, apartSize = sizeof(ulong) << ApartBits;
        _memory = GC.AllocateArray<byte>(shortSize + longSize + apartSize + sizeof(WindowMerger.Workspace) + LineBytes, pinned: true);
        nint start = (Marshal.UnsafeAddrOfPinnedArrayElement(_memory, 0) + LineBytes - 1) & -LineBytes;
        _short = (Short*)start;
        _long = (Long*)(start + shortSize);
        _apart = (ulong*)(start + shortSize + longSize);
        _work = (WindowMerger.Workspace*)(start + shortSize + longSize + apartSize);
    }

    /// <summary>A piece of up to 15 bytes and its one to three tokens.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Short
    {
        public ulong Low;

        /// <summary>Bytes 8 to 14, and the length as the topmost byte: no key is zero.</summary>
        public ulong High;

        /// <summary>Tokens, written out all together with <see cref="Count"/> behind them, which the next piece's tokens overwrite.</summary>
        public fixed int Tokens[ShortTokens];
        public int Count;
    }

    /// <summary>A piece of up to 31 bytes and its one to seven tokens.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Long
    {
        public fixed ulong Key[4];
        public fixed int Tokens[LongTokens];
        public int Count;
    }

    /// <summary>The first of the cache's two places for a short piece, which share a cache line: the later of two pieces has the first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Short* Place(ulong low, ulong high) =>
        _short + 2 * (((low * 0x9E3779B97F4A7C15) + (high * 0xC2B2AE3D27D4EB4F)) >> (65 - ShortBits));

    /// <summary>The tokens of a piece of any length, left in <see cref="Tokens"/>.</summary>
    public int Encode(ref byte piece, int length)
    {
        if (length > ShortBytes)
            return EncodeLong(ref piece, length);
        (ulong low, ulong high) = BpeSymbols.ShortKey(MemoryMarshal.CreateReadOnlySpan(ref piece, length));
        Short* place = Place(low, high);
        if (place->Low != low || place->High != high)
        {
            place++;
            if (place->Low != low || place->High != high)
                return EncodeShort(ref piece, length, low, high);
        }
        for (int i = 0; i < ShortTokens; i++)
            _tokens[i] = place->Tokens[i];
        return place->Count;
    }

    /// <summary>The tokens of a piece that neither of its places holds: remembers them there if they fit. They are in <see cref="Tokens"/>.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public int EncodeShort(ref byte piece, int length, ulong low, ulong high)
    {
        if (_symbols.MayBeWhole(low, high) && TryWhole(ref piece, length))
            return Remember(Place(low, high), low, high, 1);
        if (length < LongFrom)
        {
            int few = EncodeAny(ref piece, length);
            return few <= ShortTokens ? Remember(Place(low, high), low, high, few) : few;
        }
        Vector key = new(low, high & 0x00FFFFFFFFFFFFFF, 0, (ulong)length << 56);
        Long* place = LongPlace(key);
        if (place->Key[0] == key.A && place->Key[1] == key.B && place->Key[2] == key.C && place->Key[3] == key.D)
            return Recall(place);
        int count = EncodeAny(ref piece, length);
        return count <= ShortTokens ? Remember(Place(low, high), low, high, count) : Remember(place, key, count);
    }

    /// <summary>The tokens of a piece of more than 15 bytes, left in <see cref="Tokens"/>.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public int EncodeLong(ref byte piece, int length)
    {
        if (length > LongBytes)
            return TryWhole(ref piece, length) ? 1 : EncodeAny(ref piece, length);
        Vector key = LongKey(ref piece, length);
        Long* place = LongPlace(key);
        if (place->Key[0] == key.A && place->Key[1] == key.B && place->Key[2] == key.C && place->Key[3] == key.D)
            return Recall(place);
        return Remember(place, key, TryWhole(ref piece, length) ? 1 : EncodeAny(ref piece, length));
    }

    /// <summary>The tokens that were found last.</summary>
    public int[] Tokens => _tokens;

    private bool TryWhole(ref byte piece, int length)
    {
        if (length > _vocabulary.MaxTokenLength || !_vocabulary.TryGetId(MemoryMarshal.CreateReadOnlySpan(ref piece, length), out int id) || !_symbols.Whole[id])
            return false;
        _tokens[0] = id;
        return true;
    }

    private int Remember(Short* place, ulong low, ulong high, int count)
    {
        place[1] = place[0];
        (place->Low, place->High, place->Count) = (low, high, count);
        for (int i = 0; i < count; i++)
            place->Tokens[i] = _tokens[i];
        return count;
    }

    private int Remember(Long* place, Vector key, int count)
    {
        if (count > LongTokens)
            return count;
        (place->Key[0], place->Key[1], place->Key[2], place->Key[3], place->Count) = (key.A, key.B, key.C, key.D, count);
        for (int i = 0; i < count; i++)
            place->Tokens[i] = _tokens[i];
        return count;
    }

    private int Recall(Long* place)
    {
        for (int i = 0; i < LongTokens; i++)
            _tokens[i] = place->Tokens[i];
        return place->Count;
    }

    private readonly record struct Vector(ulong A, ulong B, ulong C, ulong D);

    private static Vector LongKey(ref byte piece, int length)
    {
        // More than 15 bytes: the last eight, shifted, fill what whole words leave.
        ulong a = Unsafe.ReadUnaligned<ulong>(ref piece), b = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref piece, 8));
        ulong last = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref piece, length - 8));
        int rest = length & 7;
        ulong partial = rest == 0 ? 0 : last >> (64 - 8 * rest);
        ulong c = length >= 24 ? Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref piece, 16)) : partial;
        return new Vector(a, b, c, (length >= 24 ? partial : 0) | ((ulong)length << 56));
    }

    private Long* LongPlace(Vector key)
    {
        ulong hash = (key.A * 0x9E3779B97F4A7C15) + (key.B * 0xC2B2AE3D27D4EB4F) + (key.C * 0xD6E8FEB86659FD93) + (key.D * 0xA0761D6478BD642F);
        return _long + (hash >> (64 - LongBits));
    }

    /// <summary>Encodes a piece of text beyond ASCII but for its first byte: the longest token that stays apart from the one before, with steps back where none does.
    /// The dead ends are marked, so that no position is tried twice. Algorithm: the crate bpe of rust-gems.</summary>
    private int EncodeByTrie(ref byte piece, int length, TokenTrie trie)
    {
        if (_stack.Length <= length)
            _stack = new int[Math.Max(length + 1, 2 * _stack.Length)];
        if (_tokens.Length < length)
            _tokens = new int[Math.Max(length, 2 * _tokens.Length)];
        ref int stack = ref MemoryMarshal.GetArrayDataReference(_stack);
        int depth = 0, at = 0;
        bool dead = false;
        while (at < length)
        {
            int symbol = trie.Longest(ref Unsafe.Add(ref piece, at), length - at);
            // Nearly always the first fits.
            if (dead || (depth > 0 && !StayApart(Unsafe.Add(ref stack, depth - 1), symbol)))
            {
                if (!dead)
                    ClearDeadEnds(length);
                dead = true;
                while (IsDeadEnd(at + trie.Length(symbol)) || (depth > 0 && !StayApart(Unsafe.Add(ref stack, depth - 1), symbol)))
                {
                    symbol = trie.Shorter(symbol);
                    while (symbol < 0)
                    {
                        MarkDeadEnd(at);
                        symbol = Unsafe.Add(ref stack, --depth);
                        at -= trie.Length(symbol);
                        symbol = trie.Shorter(symbol);
                    }
                }
            }
            Unsafe.Add(ref stack, depth++) = symbol;
            at += trie.Length(symbol);
        }
        ref int ids = ref MemoryMarshal.GetArrayDataReference(_symbols.Ids);
        int count = 0;
        for (int i = 0; i < depth; i++)
        {
            int id = Unsafe.Add(ref ids, Unsafe.Add(ref stack, i));
            _tokens[count] = id;
            count += id >= 0 ? 1 : 0;
        }
        return count;
    }

    private void ClearDeadEnds(int length)
    {
        int words = (length >> 6) + 1;
        if (_deadEnds.Length < words)
            _deadEnds = new ulong[2 * words];
        else
            _deadEnds.AsSpan(0, words).Clear();
    }

    private bool IsDeadEnd(int at) => (_deadEnds[at >> 6] >> at & 1) != 0;

    private void MarkDeadEnd(int at) => _deadEnds[at >> 6] |= 1UL << at;

    /// <summary><see cref="BpeSymbols.StayApart"/> by memory. A place holds the pair and the answer, so that it is exact.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool StayApart(int left, int right)
    {
        ulong key = ((ulong)(uint)left << 22) + ((uint)right << 1) + 2;
        ulong* place = _apart + ((key * 0x9E3779B97F4A7C15) >> (64 - ApartBits));
        ulong known = *place;
        if ((known & ~1UL) == key)
            return (known & 1) != 0;
        return Learn(left, right, key, place);
    }

    private bool Learn(int left, int right, ulong key, ulong* place)
    {
        bool apart = _symbols.StayApart(left, right);
        *place = key | (apart ? 1UL : 0);
        return apart;
    }

    /// <summary>Whether all bytes but the first are beyond ASCII.</summary>
    private static bool BeyondAscii(ref byte piece, int length)
    {
        for (int at = 1; at < length; at++)
        {
            if (Unsafe.Add(ref piece, at) < 128)
                return false;
        }
        return true;
    }

    private int EncodeAny(ref byte piece, int length)
    {
        if (_symbols.Trie is { } trie && BeyondAscii(ref piece, length))
            return EncodeByTrie(ref piece, length, trie);
        return length <= WindowMerger.Most ? EncodeWindow(ref piece, length) : EncodeByWindows(ref piece, length);
    }

    /// <summary>Merges up to 64 bytes.</summary>
    private int EncodeWindow(ref byte piece, int length)
    {
        ulong alive = length <= 16 && _symbols.Monotone && Avx2.IsSupported
            ? WindowMerger.MergeFew(ref piece, length, _symbols, _work)
            : WindowMerger.Merge(ref piece, length, _symbols, _work);
        ref int ids = ref MemoryMarshal.GetArrayDataReference(_symbols.Ids);
        int count = 0;
        for (; alive != 0; alive &= alive - 1)
        {
            int id = Unsafe.Add(ref ids, _work->Symbols[BitOperations.TrailingZeroCount(alive)]);
            _tokens[count] = id;
            // A byte without a token leaves nothing.
            count += id >= 0 ? 1 : 0;
        }
        return count;
    }

    /// <summary>
    /// Merges a long piece window by window. A sequence of symbols is the encoding where all neighbours <see cref="BpeSymbols.StayApart"/>, so the symbols of a window,
    /// less the last, which what follows may change, are final if the first of them stays apart from the one before it. Otherwise some are taken back and join the next,
    /// larger window. Work beyond a multiple of the length sends the whole piece to the heap, so that the worst case is O(n log n).
    /// </summary>
    private int EncodeByWindows(ref byte piece, int length)
    {
        if (_stack.Length < length)
            _stack = new int[Math.Max(length, 2 * _stack.Length)];
        if (_tokens.Length < length)
            _tokens = new int[Math.Max(length, 2 * _tokens.Length)];
        int[] stack = _stack;
        int depth = 0, window = WindowMerger.Most, usual = window, back = 1, failures = 0, windows = 0, reach = 0, lastAt = 0, lastSize = 0, lastFound = 0;
        long budget = _symbols.Monotone ? 8L * length + 4 * BlockMerger.Most : 0;
        for (int at = 0; at < length;)
        {
            int size = Math.Min(window, length - at);
            if ((budget -= size) < 0 || size > BlockMerger.Most)
            {
                depth = (_heap ??= new HeapMerger()).Merge(MemoryMarshal.CreateReadOnlySpan(ref piece, length), _symbols.Pairs, stack, out _, out _);
                break;
            }
            // Repetition is what long pieces mostly are: the same bytes have the same symbols.
            if (size != lastSize || !Same(ref piece, at, lastAt, size))
            {
                lastFound = Window(ref Unsafe.Add(ref piece, at), size, _window);
                (lastAt, lastSize) = (at, size);
            }
            int found = lastFound;
            if (depth > 0 && !_symbols.StayApart(stack[depth - 1], _window[0]))
            {
                for (int i = 0; i < back && depth > 0; i++)
                    at -= Length(stack[--depth]);
                back *= 2;
                if (back > 2)
                {
                    window = BlockMerger.Most;
                    // A piece that needs large windows again and again gets no small ones any more.
                    usual = ++failures >= 4 && failures > windows / 8 ? BlockMerger.Most : usual;
                }
                continue;
            }
            windows++;
            bool all = at + size == length;
            // With one symbol in the window nothing would be kept and nothing gained.
            if (found == 1 && !all)
            {
                window = window < BlockMerger.Most ? BlockMerger.Most : 2 * window;
                usual = BlockMerger.Most;
                continue;
            }
            _window.AsSpan(0, found).CopyTo(stack.AsSpan(depth));
            depth += found;
            at += size;
            // The last symbol may go on behind the window, and the one before it gives way with it often enough.
            for (int i = 0; !all && i < (found > 8 ? 2 : 1); i++)
                at -= Length(stack[--depth]);
            // Where symbols taken back only came again, the same windows would go on doing so.
            (window, back) = at > reach ? (usual, 1) : (BlockMerger.Most, back);
            reach = Math.Max(reach, at);
        }
        int count = 0;
        for (int i = 0; i < depth; i++)
        {
            int id = _symbols.Ids[stack[i]];
            _tokens[count] = id;
            count += id >= 0 ? 1 : 0;
        }
        return count;
    }

    private static bool Same(ref byte piece, int a, int b, int size) =>
        MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref piece, a), size).SequenceEqual(MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref piece, b), size));

    private int Window(ref byte text, int length, int[] output)
    {
        if (length > WindowMerger.Most)
            return (_block ??= new BlockMerger()).Merge(ref text, length, _symbols, output);
        int count = 0;
        for (ulong alive = WindowMerger.Merge(ref text, length, _symbols, _work); alive != 0; alive &= alive - 1)
            output[count++] = _work->Symbols[BitOperations.TrailingZeroCount(alive)];
        return count;
    }

    private int Length(int symbol) => symbol < 256 ? 1 : _vocabulary[_symbols.Ids[symbol]].Length;

    private static ulong[] BuildKeyMasks()
    {
        var masks = new ulong[32];
        for (int length = 0; length < 16; length++)
        {
            masks[2 * length] = length >= 8 ? ulong.MaxValue : (1UL << (8 * length)) - 1;
            masks[2 * length + 1] = length > 8 ? (1UL << (8 * (length - 8))) - 1 : 0;
        }
        return masks;
    }
}
