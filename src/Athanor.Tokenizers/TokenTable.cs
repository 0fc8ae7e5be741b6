using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Athanor.Tokenizers;

/// <summary>A byte string for every id, ids without one included, laid out for fast look-up by id.</summary>
internal sealed class TokenTable
{
    private readonly byte[] _bytes;
    private readonly int[] _starts;
    private readonly bool[] _present;

    public TokenTable(IReadOnlyList<byte[]?> tokens)
    {
        Count = tokens.Count;
        _starts = new int[Count + 1];
        _present = new bool[Count];
        for (int id = 0; id < Count; id++)
        {
            _present[id] = tokens[id] is not null;
            _starts[id + 1] = checked(_starts[id] + (tokens[id]?.Length ?? 0));
        }
        _bytes = new byte[_starts[Count] + Vector128<byte>.Count];   // room to copy a short token as one vector
        for (int id = 0; id < Count; id++)
            tokens[id]?.CopyTo(_bytes, _starts[id]);
    }

    /// <summary>One more than the highest id.</summary>
    public int Count { get; }

    public bool Contains(int id) => (uint)id < (uint)_present.Length && _present[id];

    public ReadOnlySpan<byte> this[int id] => _bytes.AsSpan(_starts[id], _starts[id + 1] - _starts[id]);

    /// <summary>The bytes of all <paramref name="ids"/>, which must be present, in a row; those that <paramref name="skipped"/> names left out.</summary>
    public int Length(ReadOnlySpan<int> ids, bool[]? skipped)
    {
        long length = 0;
        foreach (int id in ids)
        {
            if (skipped is null || !skipped[id])
                length += _starts[id + 1] - _starts[id];
        }
        return length <= Array.MaxLength
            ? (int)length
            : throw new InvalidOperationException($"The text of {ids.Length:N0} tokens has {length:N0} bytes, more than an array holds; decode it in parts.");
    }

    /// <summary>Copies the bytes of all <paramref name="ids"/> to <paramref name="to"/>, which has room for them.</summary>
    public void Copy(ReadOnlySpan<int> ids, bool[]? skipped, Span<byte> to)
    {
        int at = 0;
        int vectors = to.Length - Vector128<byte>.Count;   // up to here a whole vector fits
        ref byte from = ref MemoryMarshal.GetArrayDataReference(_bytes);
        ref byte destination = ref MemoryMarshal.GetReference(to);
        foreach (int id in ids)
        {
            if (skipped is not null && skipped[id])
                continue;
            int start = _starts[id], length = _starts[id + 1] - start;
            if (length <= Vector128<byte>.Count && at <= vectors)
                Vector128.LoadUnsafe(ref from, (nuint)start).StoreUnsafe(ref destination, (nuint)at);
            else
                _bytes.AsSpan(start, length).CopyTo(to[at..]);
            at += length;
        }
    }

    /// <summary>The spaces at both ends of a token, written plainly or in the byte alphabet.</summary>
    public static void CountSpaces(ReadOnlySpan<byte> token, out int leading, out int trailing)
    {
        leading = trailing = 0;
        int at = 0;
        for (; at < token.Length && IsSpace(Utf8Text.Read(token, at, out int length)); at += length)
            leading++;
        for (at = token.Length; at > 0 && IsSpace(Utf8Text.ReadBack(token, at, out int length)); at -= length)
            trailing++;
    }

    private static bool IsSpace(int codePoint) => codePoint == 0x120 || Utf8Text.IsWhiteSpace(codePoint);
}
