using System.Numerics;
using System.Text;

namespace Athanor.Data.FastText;

/// <summary>Counts the words of examples, and leaves rare ones out when there are too many, as fastText does.</summary>
internal sealed class FastTextCounts(int mostWords = 22_500_000)
{
    private readonly Dictionary<string, (int Order, long Count)> _labels = new(StringComparer.Ordinal);
    private byte[] _text = new byte[1 << 16];
    private Entry[] _words = new Entry[1 << 12];
    private int[] _table = new int[1 << 13];
    private int _count, _used;
    private long _least = 1;

    public long Tokens { get; private set; }

    public int Add(string label)
    {
        Tokens++;
        (int Order, long Count) known = _labels.TryGetValue(label, out (int Order, long Count) found) ? found : (_labels.Count, 0);
        _labels[label] = (known.Order, known.Count + 1);
        return known.Order;
    }

    public void Add(ReadOnlySpan<byte> word, uint hash)
    {
        Tokens++;
        int mask = _table.Length - 1, at = (int)hash & mask;
        for (; _table[at] != 0; at = (at + 1) & mask)
        {
            ref Entry entry = ref _words[_table[at] - 1];
            if (entry.Hash == hash && word.SequenceEqual(_text.AsSpan(entry.Start, entry.Length)))
            {
                entry.Count++;
                return;
            }
        }
        if (_used + (long)word.Length > Array.MaxLength)
            throw new InvalidDataException("The words of the examples are longer than a program can hold. Take fewer examples.");
        if (_used + word.Length > _text.Length)
            Array.Resize(ref _text, (int)Math.Min(Array.MaxLength, Math.Max(_text.Length * 2L, _used + word.Length)));
        word.CopyTo(_text.AsSpan(_used));
        if (_count == _words.Length)
            Array.Resize(ref _words, _count * 2);
        _words[_count] = new Entry(_used, word.Length, hash, 1);
        _used += word.Length;
        _table[at] = ++_count;
        if (_count > mostWords)
            Thin(++_least);
        else if (_count * 2 > _table.Length)
            Index(_table.Length * 2);
    }

    /// <summary>Words seen so often at least, most frequent first, then labels likewise.</summary>
    /// <param name="labels">For each number that <see cref="Add(string)"/> gave, its place among the labels.</param>
    public FastTextDictionary Finish(FastTextOptions options, out int[] labels)
    {
        Thin(options.MinCount);
        KeyValuePair<string, (int Order, long Count)>[] ordered = [.. _labels.OrderByDescending(label => label.Value.Count).ThenBy(label => label.Value.Order)];
        labels = new int[ordered.Length];
        for (int i = 0; i < ordered.Length; i++)
            labels[ordered[i].Value.Order] = i;
        byte[][] names = [.. ordered.Select(label => Encoding.UTF8.GetBytes(FastTextDictionary.LabelPrefix + label.Key))];
        byte[] text = new byte[_used + names.Sum(name => name.Length)];
        _text.AsSpan(0, _used).CopyTo(text);
        int[] starts = new int[_count + names.Length + 1];
        for (int i = 0; i < _count; i++)
            starts[i + 1] = starts[i] + _words[i].Length;
        for (int i = 0; i < names.Length; i++)
        {
            names[i].CopyTo(text.AsSpan(starts[_count + i]));
            starts[_count + i + 1] = starts[_count + i] + names[i].Length;
        }
        long[] counts = [.. _words.Take(_count).Select(word => word.Count), .. ordered.Select(label => label.Value.Count)];
        return new FastTextDictionary(text, starts, counts, _count, Tokens, null, options);
    }

    /// <summary>Leaves out what was seen less often, and sorts the rest by count; words of the same count stay in the order in which they came.</summary>
    private void Thin(long least)
    {
        Entry[] kept = [.. _words.Take(_count).Where(word => word.Count >= least).OrderByDescending(word => word.Count).ThenBy(word => word.Start)];
        byte[] text = new byte[Math.Max(1 << 16, kept.Sum(word => word.Length))];
        _used = 0;
        foreach (ref Entry word in kept.AsSpan())
        {
            _text.AsSpan(word.Start, word.Length).CopyTo(text.AsSpan(_used));
            word = word with { Start = _used };
            _used += word.Length;
        }
        (_text, _words, _count) = (text, kept.Length == 0 ? new Entry[1] : kept, kept.Length);
        Index((int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(1 << 13, _count * 2L)));
    }

    private void Index(int size)
    {
        _table = new int[size];
        for (int i = 0; i < _count; i++)
        {
            int at = (int)_words[i].Hash & (size - 1);
            while (_table[at] != 0)
                at = (at + 1) & (size - 1);
            _table[at] = i + 1;
        }
    }

    private record struct Entry(int Start, int Length, uint Hash, long Count);
}
