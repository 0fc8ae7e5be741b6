using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using System.Text;

namespace Athanor.Data.FastText;

/// <summary>The words and labels of a classifier, words first, and the buckets that pruning left.</summary>
internal sealed class FastTextDictionary
{
    public const string LabelPrefix = "__label__";

    private readonly byte[] _text;
    private readonly int[] _starts;
    // The hash above, the id + 1 below; 0 is a free place.
    private readonly ulong[] _table;
    private readonly int[] _subwords = [];
    private readonly int[] _subwordStarts = [];

    /// <param name="text">All words one after another.</param>
    /// <param name="starts">Where each begins, and the end.</param>
    /// <param name="pruned">Bucket → row among those that are left; null where all are there.</param>
    public FastTextDictionary(byte[] text, int[] starts, long[] counts, int words, long tokens, IReadOnlyDictionary<int, int>? pruned, FastTextOptions options)
    {
        (_text, _starts, Counts, Words, Tokens, Pruned) = (text, starts, counts, words, tokens, pruned);
        _table = new ulong[BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, counts.Length * 2L))];
        for (int id = 0; id < counts.Length; id++)
            Insert(id);
        LabelNames = [.. Enumerable.Range(words, counts.Length - words).Select(id => Name(this[id]))];
        Buckets = new FastTextBuckets(words, options, pruned);
        if (options.MaxCharacters > 0)
            (_subwords, _subwordStarts) = Subwords();
    }

    /// <summary>Words and labels.</summary>
    public int Count => Counts.Length;

    public int Words { get; }

    /// <summary>How often each word and label was seen.</summary>
    public long[] Counts { get; }

    /// <summary>All words and labels seen in training.</summary>
    public long Tokens { get; }

    public IReadOnlyDictionary<int, int>? Pruned { get; }

    public FastTextBuckets Buckets { get; }

    /// <summary>The labels without their prefix.</summary>
    public IReadOnlyList<string> LabelNames { get; }

    /// <summary>The end of a line, a word like any other.</summary>
    public static ReadOnlySpan<byte> LineEnd => "</s>"u8;

    public ReadOnlySpan<byte> this[int id] => _text.AsSpan(_starts[id].._starts[id + 1]);

    /// <summary>A word's id, a label's, or −1.</summary>
    public int Find(ReadOnlySpan<byte> word, uint hash)
    {
        int mask = _table.Length - 1;
        for (int at = (int)hash & mask; _table[at] != 0; at = (at + 1) & mask)
        {
            if ((uint)(_table[at] >> 32) == hash && word.SequenceEqual(this[(int)(uint)_table[at] - 1]))
                return (int)(uint)_table[at] - 1;
        }
        return -1;
    }

    /// <summary>Asks for the memory that <see cref="Find"/> will look at.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe void Prefetch(uint hash)
    {
        if (Sse.IsSupported)
            Sse.Prefetch0(Unsafe.AsPointer(ref _table[(int)hash & (_table.Length - 1)]));
    }

    /// <summary>A known word's row and those of its character n-grams.</summary>
    public ReadOnlySpan<int> SubwordsOf(int word) => _subwords.AsSpan(_subwordStarts[word].._subwordStarts[word + 1]);

    private static string Name(ReadOnlySpan<byte> label)
    {
        string name = Encoding.UTF8.GetString(label);
        return name.StartsWith(LabelPrefix, StringComparison.Ordinal) ? name[LabelPrefix.Length..] : name;
    }

    private void Insert(int id)
    {
        uint hash = FastTextHash.Of(this[id]);
        int mask = _table.Length - 1, at = (int)hash & mask;
        // Of two equal words the later one holds, as in fastText.
        while (_table[at] != 0 && !((uint)(_table[at] >> 32) == hash && this[id].SequenceEqual(this[(int)(uint)_table[at] - 1])))
            at = (at + 1) & mask;
        _table[at] = (ulong)hash << 32 | (uint)(id + 1);
    }

    private (int[] Rows, int[] Starts) Subwords()
    {
        var rows = new RowList();
        int[] starts = new int[Words + 1];
        for (int id = 0; id < Words; id++)
        {
            rows.Add(id);
            if (!this[id].SequenceEqual(LineEnd))
                Buckets.AddCharacters(this[id], rows);
            starts[id + 1] = rows.Count;
        }
        return (rows.Span.ToArray(), starts);
    }
}
