using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Athanor.Tokenizers.SentencePiece;

/// <summary>Byte strings with ids as a double-array trie: one step is two reads that lie side by side (Aoe, 1989).</summary>
internal sealed class PieceTrie
{
    /// <summary>The node before any byte.</summary>
    public const int Root = 0;

    // How many free places are tried for a set of children before it goes to the end: bounds the building, costs some room.
    private const int Tries = 48;

    private Node[] _nodes = new Node[1024];
    private readonly KeyValuePair<int, byte[]>[] _keys;
    private readonly bool[] _begins = new bool[256];
    private int _firstFree = 1;

    /// <summary>A trie of pieces that are not empty and not given twice.</summary>
    public PieceTrie(IEnumerable<KeyValuePair<int, byte[]>> pieces)
    {
        _keys = [.. pieces];
        Array.Sort(_keys, (a, b) => a.Value.AsSpan().SequenceCompareTo(b.Value));
        Clear(0);
        _nodes[Root].Check = int.MaxValue;
        var waiting = new Stack<(int Node, int From, int To, int Depth)>();
        waiting.Push((Root, 0, _keys.Length, 0));
        int[] bounds = new int[258];
        byte[] bytes = new byte[256];
        while (waiting.TryPop(out (int Node, int From, int To, int Depth) at))
        {
            int from = at.From, children = 0;
            if (from < at.To && _keys[from].Value.Length == at.Depth)
            {
                _nodes[at.Node].Id = _keys[from++].Key;
                MaxBytes = Math.Max(MaxBytes, at.Depth);
            }
            for (int i = from; i < at.To; i++)
            {
                byte value = _keys[i].Value[at.Depth];
                if (children > 0 && bytes[children - 1] == value)
                    continue;
                bytes[children] = value;
                bounds[children++] = i;
            }
            if (children == 0)
                continue;
            bounds[children] = at.To;
            int place = Place(bytes.AsSpan(0, children));
            _nodes[at.Node].Base = place;
            for (int i = 0; i < children; i++)
                _nodes[place + bytes[i]].Check = at.Node;
            for (int i = 0; i < children; i++)
                waiting.Push((place + bytes[i], bounds[i], bounds[i + 1], at.Depth + 1));
        }
        _keys = [];
        for (int value = 0; value < 256; value++)
        {
            int node = Root;
            _begins[value] = TryStep(ref node, (byte)value, out _);
        }
    }

    /// <summary>The length of the longest piece.</summary>
    public int MaxBytes { get; private set; }

    /// <summary>Follows one byte; false when no piece goes on so.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryStep(ref int node, byte value, out int id)
    {
        ref Node first = ref MemoryMarshal.GetArrayDataReference(_nodes);
        int next = Unsafe.Add(ref first, node).Base + value;
        ref Node child = ref Unsafe.Add(ref first, next);
        id = child.Id;
        if (child.Check != node)
            return false;
        node = next;
        return true;
    }

    /// <summary>The node behind all bytes of <paramref name="prefix"/>, or -1.</summary>
    public int Walk(ReadOnlySpan<byte> prefix)
    {
        int node = Root;
        foreach (byte value in prefix)
        {
            if (!TryStep(ref node, value, out _))
                return -1;
        }
        return node;
    }

    /// <summary>The length of the longest piece that the text has at <paramref name="at"/>, or 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int LongestMatch(ReadOnlySpan<byte> text, int at, out int id)
    {
        id = -1;
        return _begins[text[at]] ? LongestMatch(text[at..], out id) : 0;
    }

    private int LongestMatch(ReadOnlySpan<byte> text, out int id)
    {
        int node = Root, length = 0;
        id = -1;
        for (int i = 0; i < text.Length && TryStep(ref node, text[i], out int found); i++)
        {
            if (found < 0)
                continue;
            id = found;
            length = i + 1;
        }
        return length;
    }

    /// <summary>Where a set of children fits: every place from the base on that they need is free.</summary>
    private int Place(ReadOnlySpan<byte> children)
    {
        while (_nodes[_firstFree].Check >= 0)
        {
            if (++_firstFree + 512 > _nodes.Length)
                Clear(_nodes.Length);
        }
        int tries = 0, dense = _firstFree;
        for (int slot = Math.Max(_firstFree, children[0] + 1); ; slot++)
        {
            if (slot + 768 > _nodes.Length)
                Clear(_nodes.Length);
            if (_nodes[slot].Check >= 0)
                continue;
            int place = slot - children[0];
            bool free = true;
            for (int i = 1; i < children.Length && free; i++)
                free = _nodes[place + children[i]].Check < 0;
            if (free)
                return place;
            // Free places that nothing fits into are given up, or each set would try them all again.
            if (++tries == Tries)
                _firstFree = Math.Max(dense, slot - 256);
        }
    }

    private void Clear(int from)
    {
        if (from > 0)
            Array.Resize(ref _nodes, checked(2 * from));
        _nodes.AsSpan(from).Fill(new Node { Check = -1, Id = -1 });
    }

    private struct Node
    {
        public int Base, Check, Id;
    }
}
