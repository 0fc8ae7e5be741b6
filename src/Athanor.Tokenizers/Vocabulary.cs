using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Athanor.Tokenizers;

/// <summary>Tokens by id and ids by token. Ids may have holes; a token has one id.</summary>
public sealed class Vocabulary
{
    private const int SlotSize = 16;
    private const byte Long = 255;

    private readonly byte[] _bytes;   // padded, so that a slot can be read from any start
    private readonly int[] _starts;   // Count + 1 entries
    private readonly byte[] _slots;   // a token of up to 15 bytes and its length, or 255: decoding touches one cache line a token
    private readonly bool[] _present;
    private readonly ByteStringTable _ids;

    /// <summary>A vocabulary of the given tokens.</summary>
    /// <exception cref="ArgumentException">An id is negative or given twice, or a token is empty or given twice.</exception>
    public Vocabulary(IEnumerable<KeyValuePair<int, byte[]>> tokens)
    {
        KeyValuePair<int, byte[]>[] sorted = [.. tokens];
        // Stable, so that errors name tokens in the file's order; nearly always sorted already.
        Array.Sort([.. sorted.Select((token, order) => ((long)token.Key << 32) + order)], sorted);
        if (sorted.Length > 0 && sorted[0].Key < 0)
            throw new ArgumentException($"Token {Show(sorted[0].Value)} has the negative id {sorted[0].Key}.");
        if (sorted.Length > 0 && sorted[^1].Key >= Math.Min(16L * sorted.Length + 65536, 1 << 26))
            throw new ArgumentException($"Token {Show(sorted[^1].Value)} has the id {sorted[^1].Key}, far above the number of tokens ({sorted.Length}).");
        int size = sorted.Length == 0 ? 0 : sorted[^1].Key + 1;
        long total = 0;
        foreach (KeyValuePair<int, byte[]> token in sorted)
            total += token.Value.Length;
        if (total > Array.MaxLength - SlotSize)
            throw new ArgumentException($"The tokens have {total} bytes in all; at most {Array.MaxLength - SlotSize} can be held.");
        _bytes = new byte[total + SlotSize];
        _starts = new int[size + 1];
        _slots = new byte[(long)size * SlotSize];
        _present = new bool[size];
        _ids = new ByteStringTable(_bytes, _starts, sorted.Length);
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
            _starts[next] = at;
            Span<byte> slot = _slots.AsSpan(id * SlotSize, SlotSize);
            slot[SlotSize - 1] = token.Length < SlotSize ? (byte)token.Length : Long;
            if (token.Length < SlotSize)
                token.CopyTo(slot);
            MaxTokenLength = Math.Max(MaxTokenLength, token.Length);
            if (!_ids.TryAdd(id, out int other))
                throw new ArgumentException($"Token {Show(token)} has two ids, {other} and {id}.");
        }
        TokenCount = sorted.Length;
    }

    /// <summary>One more than the highest id: the rows that an embedding table needs at least.</summary>
    public int Count => _present.Length;

    /// <summary>The number of tokens, holes left out.</summary>
    public int TokenCount { get; }

    /// <summary>The bytes of the longest token.</summary>
    public int MaxTokenLength { get; }

    /// <summary>The bytes of a token; empty for a hole.</summary>
    /// <exception cref="IndexOutOfRangeException">The id is not in [0, Count).</exception>
    public ReadOnlySpan<byte> this[int id] => _bytes.AsSpan(_starts[id], _starts[id + 1] - _starts[id]);

    /// <summary>Whether <paramref name="id"/> has a token.</summary>
    public bool Contains(int id) => (uint)id < (uint)_present.Length && _present[id];

    /// <summary>The id of a token.</summary>
    public bool TryGetId(ReadOnlySpan<byte> token, out int id) => _ids.TryGet(token, out id);

    /// <summary>The id of a token given as text.</summary>
    public bool TryGetId(string token, out int id) => TryGetId(Encoding.UTF8.GetBytes(token), out id);

    /// <summary>The number of bytes that <paramref name="ids"/> decode to.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An id has no token.</exception>
    public long GetByteCount(ReadOnlySpan<int> ids)
    {
        long count = 0;
        foreach (int id in ids)
        {
            if (!Contains(id))
                ThrowNoToken(id);
            count += _starts[id + 1] - _starts[id];
        }
        return count;
    }

    /// <summary>Writes the bytes of the tokens one behind another; returns how many.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An id has no token.</exception>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is too small.</exception>
    public int Decode(ReadOnlySpan<int> ids, Span<byte> destination)
    {
        int count = Decode(ids, destination, out int consumed);
        return consumed == ids.Length ? count : throw new ArgumentException("The destination is too small for the decoded bytes.", nameof(destination));
    }

    /// <summary>Writes the bytes of the tokens to a growing buffer.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An id has no token.</exception>
    public void Decode(ReadOnlySpan<int> ids, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        while (!ids.IsEmpty)
        {
            Span<byte> room = output.GetSpan((int)Math.Min(1 << 20, Math.Max(MaxTokenLength, 8L * ids.Length) + SlotSize));
            int written = Decode(ids, room, out int consumed);
            output.Advance(written);
            ids = ids[consumed..];
        }
    }

    /// <summary>Writes as many whole tokens as there is room for; returns the bytes and says the tokens.</summary>
    private int Decode(ReadOnlySpan<int> ids, Span<byte> destination, out int consumed)
    {
        ref byte to = ref MemoryMarshal.GetReference(destination);
        ref byte slots = ref MemoryMarshal.GetArrayDataReference(_slots);
        int at = 0, i = 0, count = _present.Length;
        // Sixteen bytes are copied whatever the length: what lies behind is overwritten by the next token.
        int safe = destination.Length - SlotSize;
        for (; i < ids.Length && at <= safe; i++)
        {
            int id = ids[i];
            if ((uint)id >= (uint)count)
                ThrowNoToken(id);
            ref byte slot = ref Unsafe.Add(ref slots, (nint)id * SlotSize);
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref to, at), Unsafe.ReadUnaligned<Int128>(ref slot));
            int length = Unsafe.Add(ref slot, SlotSize - 1);
            if (length is 0 or Long)
            {
                if (!TryCopy(id, destination, ref at))
                    break;
                continue;
            }
            at += length;
        }
        for (; i < ids.Length && TryCopy(ids[i], destination, ref at); i++)
        {
        }
        consumed = i;
        return at;
    }

    private bool TryCopy(int id, Span<byte> destination, ref int at)
    {
        if (!Contains(id))
            ThrowNoToken(id);
        ReadOnlySpan<byte> token = this[id];
        if (!token.TryCopyTo(destination[at..]))
            return false;
        at += token.Length;
        return true;
    }

    private void ThrowNoToken(int id) =>
        throw new ArgumentOutOfRangeException(nameof(id), id, $"No token has this id; the vocabulary's ids are below {Count}.");

    private static string Show(ReadOnlySpan<byte> token) => $"'{Encoding.UTF8.GetString(token)}'";
}
