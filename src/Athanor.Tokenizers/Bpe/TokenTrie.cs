using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Athanor.Tokenizers.Bpe;

/// <summary>
/// The longest token that text begins with, for tokens of one byte of any kind and then bytes beyond ASCII: whole scripts without spaces consist of them, and they are few.
/// Edges are whole characters by their lead byte (what follows it is not looked at), so that Japanese takes one step a character; a token that ends within a character
/// ends in an edge of the part that it has.
/// </summary>
internal sealed class TokenTrie
{
    private const uint HasCharacters = 1u << 31, HasParts = 1u << 30, NodeMask = HasParts - 1;
    private const uint Root = 1;

    private readonly Edge[] _edges;
    private readonly int _shift;
    private readonly uint[] _bytes;
    private readonly int[] _shorter;
    private readonly int[] _lengths;

    /// <summary>The node an edge leads to with what there is below it, and the longest token along the way.</summary>
    private struct Edge
    {
        public ulong Key;
        public uint Child;
        public uint Best;
    }

    public TokenTrie(BpeSymbols symbols, Vocabulary vocabulary)
    {
        _lengths = new int[symbols.Count];
        var symbolOf = new int[vocabulary.Count];
        Array.Fill(symbolOf, -1);
        var members = new List<int>();
        int most = 0;
        for (int symbol = 0; symbol < symbols.Count; symbol++)
        {
            if (symbols.Ids[symbol] >= 0)
                symbolOf[symbols.Ids[symbol]] = symbol;
            ReadOnlySpan<byte> token = symbol < 256 ? default : vocabulary[symbols.Ids[symbol]];
            _lengths[symbol] = Math.Max(1, token.Length);
            if (symbol < 256 || token[1..].IndexOfAnyInRange((byte)0, (byte)127) >= 0)
                continue;
            members.Add(symbol);
            for (int at = 0; at < token.Length; at += UnitLength(token[at]))
                most++;
        }
        int bits = BitOperations.Log2((uint)Math.Max(16, most)) + 1;
        (_edges, _shift) = (new Edge[1 << bits], 64 - bits);
        _bytes = new uint[65536];
        for (int pair = 0; pair < _bytes.Length; pair++)
        {
            uint merged = Unsafe.Add(ref Unsafe.AsRef(in symbols.Pairs.Bytes), pair);
            _bytes[pair] = merged == PairTable.None ? (uint)pair >> 8 : merged;
        }
        _shorter = new int[symbols.Count];
        Array.Fill(_shorter, -1);
        uint nodes = Root;
        foreach (int symbol in members)
        {
            ReadOnlySpan<byte> token = vocabulary[symbols.Ids[symbol]];
            _shorter[symbol] = (int)LongestPrefix(token[..^1]);
            uint node = Root;
            ref uint flags = ref Unsafe.NullRef<uint>();
            for (int at = 0; at < token.Length;)
            {
                int whole = UnitLength(token[at]), unit = Math.Min(whole, token.Length - at);
                if (!Unsafe.IsNullRef(ref flags))
                    flags |= unit < whole ? HasParts : HasCharacters;
                ulong key = Key(node, ref Unsafe.AsRef(in token[at]), unit);
                ref Edge edge = ref Find(key);
                at += unit;
                if (edge.Key == 0)
                    edge = new Edge { Key = key, Child = ++nodes, Best = LongestPrefix(token[..at]) };
                flags = ref edge.Child;
                node = edge.Child & NodeMask;
            }
        }

        // The longest token that begins the given bytes, among those that merges make.
        uint LongestPrefix(ReadOnlySpan<byte> bytes)
        {
            for (int length = bytes.Length; length > 1; length--)
            {
                if (vocabulary.TryGetId(bytes[..length], out int id) && symbolOf[id] >= 0)
                    return (uint)symbolOf[id];
            }
            return bytes[0];
        }
    }

    /// <summary>The bytes of a symbol.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Length(int symbol) => Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_lengths), symbol);

    /// <summary>The longest token that this one begins with, itself aside; -1 for a byte.</summary>
    public int Shorter(int symbol) => _shorter[symbol];

    /// <summary>The longest token that <paramref name="text"/> begins with, among those of this trie.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Longest(ref byte text, int length)
    {
        int unit = Math.Min(UnitLength(text), length);
        uint best = length > 1 ? Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_bytes), (text << 8) | Unsafe.Add(ref text, 1)) : text;
        int at = 0;
        // Of a character of four bytes three may be a token; two are known already.
        uint node = unit == 4 ? Root | HasParts : Root;
        while (true)
        {
            ref Edge edge = ref Find(Key(node & NodeMask, ref Unsafe.Add(ref text, at), unit));
            if (edge.Key == 0)
                return (node & HasParts) == 0 ? (int)best : LongestPart(node, ref Unsafe.Add(ref text, at), unit, best);
            at += unit;
            best = edge.Best;
            node = edge.Child;
            if (at >= length || (node & (HasCharacters | HasParts)) == 0)
                return (int)best;
            unit = Math.Min(UnitLength(Unsafe.Add(ref text, at)), length - at);
        }
    }

    /// <summary>The longest token behind a node that ends within the next character.</summary>
    private int LongestPart(uint node, ref byte text, int unit, uint best)
    {
        while (--unit > 0)
        {
            ref Edge edge = ref Find(Key(node & NodeMask, ref text, unit));
            if (edge.Key != 0)
                return (int)edge.Best;
        }
        return (int)best;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int UnitLength(byte lead) => lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Key(uint node, ref byte text, int unit)
    {
        uint value = text;
        // No byte but the first can be 0, so the value tells the number of bytes.
        if (unit > 1)
            value |= (uint)Unsafe.Add(ref text, 1) << 8;
        if (unit > 2)
            value |= (uint)Unsafe.Add(ref text, 2) << 16;
        if (unit > 3)
            value |= (uint)Unsafe.Add(ref text, 3) << 24;
        return ((ulong)node << 32) | value;
    }

    /// <summary>The edge of a key, or the free place for it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref Edge Find(ulong key)
    {
        ref Edge edges = ref MemoryMarshal.GetArrayDataReference(_edges);
        for (ulong at = (key * 0x9E3779B97F4A7C15) >> _shift; ; at = (at + 1) & (ulong)(_edges.Length - 1))
        {
            ref Edge edge = ref Unsafe.Add(ref edges, (nint)at);
            if (edge.Key == key || edge.Key == 0)
                return ref edge;
        }
    }
}
