namespace Athanor.Inference.Constraints;

/// <summary>Bytes that lead on.</summary>
internal readonly record struct ByteEdge(byte From, byte To, int Target);

/// <summary>A rule that has to be passed so many times (-1 for no upper bound) to go on at a state.</summary>
internal readonly record struct CallEdge(int Rule, int Min, int Max, int Return);

/// <summary>A rule's first and last state. Nothing leaves the last one. Rules that can start with another rule have the lower rank.</summary>
internal readonly record struct RuleStates(int Start, int End, int Rank);

/// <summary>A pushdown automaton over bytes, not deterministic: states with edges for bytes, for nothing, and for calls of rules.</summary>
internal sealed class Automaton
{
    private readonly int[] _byteStarts, _emptyStarts, _callStarts;
    private readonly ByteEdge[] _bytes;
    private readonly int[] _empty;
    private readonly CallEdge[] _calls;
    private readonly bool[] _ends;

    public Automaton(List<List<ByteEdge>?> bytes, List<List<int>?> empty, List<List<CallEdge>?> calls, RuleStates[] rules)
    {
        (_byteStarts, _bytes) = Flat(bytes);
        (_emptyStarts, _empty) = Flat(empty);
        (_callStarts, _calls) = Flat(calls);
        Rules = rules;
        _ends = new bool[bytes.Count];
        foreach (RuleStates rule in rules)
            _ends[rule.End] = true;
        (ClassOf, Representatives) = ByteClasses(_bytes);
    }

    public RuleStates[] Rules { get; }

    public int StateCount => _ends.Length;

    /// <summary>The class of each byte: bytes of one class lead to the same states everywhere.</summary>
    public byte[] ClassOf { get; }

    /// <summary>A byte of each class.</summary>
    public byte[] Representatives { get; }

    public ReadOnlySpan<ByteEdge> Bytes(int state) => _bytes.AsSpan(_byteStarts[state].._byteStarts[state + 1]);

    public ReadOnlySpan<int> Empty(int state) => _empty.AsSpan(_emptyStarts[state].._emptyStarts[state + 1]);

    public ReadOnlySpan<CallEdge> Calls(int state) => _calls.AsSpan(_callStarts[state].._callStarts[state + 1]);

    /// <summary>Whether a rule ends at the state.</summary>
    public bool IsEnd(int state) => _ends[state];

    private static (int[], T[]) Flat<T>(List<List<T>?> lists)
    {
        int[] starts = new int[lists.Count + 1];
        for (int i = 0; i < lists.Count; i++)
            starts[i + 1] = starts[i] + (lists[i]?.Count ?? 0);
        var items = new T[starts[^1]];
        for (int i = 0; i < lists.Count; i++)
            lists[i]?.CopyTo(items, starts[i]);
        return (starts, items);
    }

    private static (byte[], byte[]) ByteClasses(ByteEdge[] edges)
    {
        var cuts = new bool[257];
        foreach (ByteEdge edge in edges)
            cuts[edge.From] = cuts[edge.To + 1] = true;
        byte[] classes = new byte[256];
        List<byte> representatives = [0];
        for (int value = 1; value < 256; value++)
        {
            if (cuts[value])
                representatives.Add((byte)value);
            classes[value] = (byte)(representatives.Count - 1);
        }
        return (classes, [.. representatives]);
    }
}
