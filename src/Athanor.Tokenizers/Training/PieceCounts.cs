using System.Collections;

namespace Athanor.Tokenizers.Training;

/// <summary>
/// The distinct pieces of a corpus with their 64-bit counts: all that training needs of it. The order depends on the pieces alone, never on
/// threads, memory or the order of documents.
/// </summary>
public sealed class PieceCounts : IEnumerable<KeyValuePair<ReadOnlyMemory<byte>, long>>
{
    private readonly byte[] _bytes;
    private readonly int[] _ends;
    private readonly long[] _counts;

    internal PieceCounts(byte[] bytes, int[] ends, long[] counts, int length)
    {
        _bytes = bytes;
        _ends = ends;
        _counts = counts;
        Length = length;
    }

    /// <summary>The number of distinct pieces.</summary>
    public int Length { get; }

    /// <summary>Bytes of text of all distinct pieces.</summary>
    public int TextLength => Length == 0 ? 0 : _ends[Length - 1];

    /// <summary>What was seen on the way: documents, bytes, pieces, spilled runs, memory.</summary>
    public PieceCountingStatistics Statistics { get; internal init; } = new();

    /// <summary>The bytes of the piece at <paramref name="index"/>.</summary>
    public ReadOnlySpan<byte> this[int index] => _bytes.AsSpan(Start(index), _ends[index] - Start(index));

    /// <summary>How often it occurs.</summary>
    public long Count(int index) => _counts[index];

    /// <summary>Counts from another source, such as a word list; equal pieces are added up and empty ones left out.</summary>
    /// <exception cref="ArgumentException">A count is negative, or the text is longer than 2 GB.</exception>
    public static PieceCounts From(IEnumerable<KeyValuePair<ReadOnlyMemory<byte>, long>> pieces)
    {
        var counts = new Dictionary<byte[], long>(ByteStringComparer.Instance);
        foreach ((ReadOnlyMemory<byte> piece, long count) in pieces)
        {
            if (count < 0)
                throw new ArgumentException($"A piece has the negative count {count}.", nameof(pieces));
            byte[] key = piece.ToArray();
            if (key.Length > 0 && count > 0)
                counts[key] = checked(counts.GetValueOrDefault(key) + count);
        }
        byte[][] keys = [.. counts.Keys];
        ulong[] hashes = Array.ConvertAll(keys, key => PieceTable.Hash(key));
        int[] order = [.. Enumerable.Range(0, keys.Length)];
        Array.Sort(order, (a, b) => hashes[a] != hashes[b] ? hashes[a].CompareTo(hashes[b]) : keys[a].AsSpan().SequenceCompareTo(keys[b]));
        var builder = new PieceCountsBuilder(long.MaxValue);
        foreach (int index in order)
            builder.Add(keys[index], counts[keys[index]]);
        return builder.Build(new PieceCountingStatistics());
    }

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<ReadOnlyMemory<byte>, long>> GetEnumerator()
    {
        for (int i = 0; i < Length; i++)
            yield return new(_bytes.AsMemory(Start(i), _ends[i] - Start(i)), _counts[i]);
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private int Start(int index) => index == 0 ? 0 : _ends[index - 1];
}
