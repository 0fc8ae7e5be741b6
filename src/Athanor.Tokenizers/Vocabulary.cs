using System.Text;

namespace Athanor.Tokenizers;

/// <summary>Tokens by id and ids by token. Ids may have holes; a token has one id.</summary>
public sealed class Vocabulary
{
    private readonly byte[] _bytes;
    private readonly int[] _starts;   // Count + 1 entries; a hole has the length -1 by _present
    private readonly bool[] _present;
    private readonly Dictionary<byte[], int> _ids;

    /// <summary>A vocabulary of the given tokens.</summary>
    /// <exception cref="ArgumentException">An id is negative or given twice, or a token is empty or given twice.</exception>
    public Vocabulary(IEnumerable<KeyValuePair<int, byte[]>> tokens)
    {
        KeyValuePair<int, byte[]>[] sorted = [.. tokens.OrderBy(token => token.Key)];
        int size = sorted.Length == 0 ? 0 : sorted[^1].Key + 1;
        if (sorted.Length > 0 && sorted[0].Key < 0)
            throw new ArgumentException($"Token {Show(sorted[0].Value)} has the negative id {sorted[0].Key}.");
        if (size > 16 * sorted.Length + 65536)
            throw new ArgumentException($"Token {Show(sorted[^1].Value)} has the id {sorted[^1].Key}, far above the number of tokens ({sorted.Length}).");
        _bytes = new byte[sorted.Sum(token => (long)token.Value.Length)];
        _starts = new int[size + 1];
        _present = new bool[size];
        _ids = new Dictionary<byte[], int>(sorted.Length, ByteStringComparer.Instance);
        int at = 0, next = 0;
        foreach ((int id, byte[] token) in sorted)
        {
            if (id < next)
                throw new ArgumentException($"Tokens {Show(this[id])} and {Show(token)} have the same id {id}.");
            if (token.Length == 0)
                throw new ArgumentException($"The token of id {id} is empty.");
            for (; next < id; next++)
                _starts[next] = at;
            token.CopyTo(_bytes, at);
            _starts[next++] = at;
            _present[id] = true;
            at += token.Length;
            if (!_ids.TryAdd(token, id))
                throw new ArgumentException($"Token {Show(token)} has two ids, {_ids[token]} and {id}.");
            _starts[next] = at;
        }
        TokenCount = sorted.Length;
    }

    /// <summary>One more than the highest id: the rows that an embedding table needs at least.</summary>
    public int Count => _present.Length;

    /// <summary>The number of tokens, holes left out.</summary>
    public int TokenCount { get; }

    /// <summary>The bytes of a token; empty for a hole.</summary>
    /// <exception cref="IndexOutOfRangeException">The id is not in [0, Count).</exception>
    public ReadOnlySpan<byte> this[int id] => _bytes.AsSpan(_starts[id], _starts[id + 1] - _starts[id]);

    /// <summary>Whether <paramref name="id"/> has a token.</summary>
    public bool Contains(int id) => (uint)id < (uint)_present.Length && _present[id];

    /// <summary>The id of a token.</summary>
    public bool TryGetId(ReadOnlySpan<byte> token, out int id) =>
        _ids.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(token, out id);

    /// <summary>The id of a token given as text.</summary>
    public bool TryGetId(string token, out int id) => TryGetId(Encoding.UTF8.GetBytes(token), out id);

    private static string Show(ReadOnlySpan<byte> token) => $"'{Encoding.UTF8.GetString(token)}'";
}
