using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;

namespace Athanor.Tokenizers.Normalizers;

/// <summary>
/// SentencePiece's normalization rules in their compiled form: a Darts double array from byte strings to places in a list of replacements.
/// Applied as Hugging Face does, grapheme by grapheme, short ones as a whole and otherwise character by character.
/// </summary>
public sealed record PrecompiledNormalizer : Normalizer
{
    private const int LongestWhole = 5;   // graphemes of more bytes are never looked up as a whole
    private readonly byte[] _map;
    private readonly uint[] _units;
    private readonly byte[] _replacements;
    private readonly SearchValues<byte> _changing;

    /// <param name="charsMap">The bytes of <c>precompiled_charsmap</c>: the array's size in bytes (little-endian), the array, the replacements, each ended by a zero.</param>
    /// <exception cref="ArgumentException">The sizes do not fit together.</exception>
    public PrecompiledNormalizer(byte[] charsMap)
    {
        _map = charsMap;
        uint size = charsMap.Length < 4 ? uint.MaxValue : BinaryPrimitives.ReadUInt32LittleEndian(charsMap);
        if (size > charsMap.Length - 4 || size % 4 != 0 || size == 0)
            throw new ArgumentException($"The precompiled map has {charsMap.Length} bytes, which does not fit its array of {size} bytes.", nameof(charsMap));
        _units = new uint[size / 4];
        for (int i = 0; i < _units.Length; i++)
            _units[i] = BinaryPrimitives.ReadUInt32LittleEndian(charsMap.AsSpan(4 + 4 * i));
        _replacements = charsMap[(4 + (int)size)..];
        // Graphemes of ASCII alone are single bytes but for the line break \r\n.
        Span<byte> single = stackalloc byte[1];
        List<byte> changing = [(byte)'\r', .. Enumerable.Range(0x80, 0x80).Select(value => (byte)value)];
        for (int value = 0; value < 0x80; value++)
        {
            single[0] = (byte)value;
            if (Find(single) >= 0)
                changing.Add((byte)value);
        }
        _changing = SearchValues.Create([.. changing]);
    }

    /// <summary>The bytes of <c>precompiled_charsmap</c>.</summary>
    public ReadOnlySpan<byte> CharsMap => _map;

    public override bool Leaves(ReadOnlySpan<byte> text) => text.IndexOfAny(_changing) < 0;

    public override void Apply(NormalizedText text)
    {
        ReadOnlySpan<byte> bytes = text.Bytes;
        char[] units = ArrayPool<char>.Shared.Rent(bytes.Length + 1);
        try
        {
            int count = 0;
            for (int at = 0; at < bytes.Length;)
            {
                int codePoint = Utf8Text.Read(bytes, at, out int length);
                if (codePoint > 0xFFFF)
                {
                    units[count++] = (char)(0xD7C0 + (codePoint >> 10));
                    units[count++] = (char)(0xDC00 + (codePoint & 0x3FF));
                }
                else
                {
                    units[count++] = codePoint < 0 ? '\uFFFE' : (char)codePoint;
                }
                at += length;
            }
            ReadOnlySpan<char> rest = units.AsSpan(0, count);
            for (int at = 0; at < bytes.Length;)
            {
                int unitLength = rest[0] < 0x80 && rest.Length > 1 && rest[1] < 0x80 && rest[0] != '\r' ? 1 : StringInfo.GetNextTextElementLength(rest);
                int end = at;
                for (int i = 0; i < unitLength; i++)
                {
                    if (!char.IsLowSurrogate(rest[i]))
                    {
                        Utf8Text.Read(bytes, end, out int length);
                        end += length;
                    }
                }
                Grapheme(text, bytes, at, end);
                rest = rest[unitLength..];
                at = end;
            }
        }
        finally
        {
            ArrayPool<char>.Shared.Return(units);
        }
        text.Commit();
    }

    private void Grapheme(NormalizedText text, ReadOnlySpan<byte> bytes, int at, int end)
    {
        if (end - at <= LongestWhole && TryReplace(text, bytes, at, end))
            return;
        while (at < end)
        {
            Utf8Text.Read(bytes, at, out int length);
            if (!TryReplace(text, bytes, at, at + length))
                text.Keep(at, length);
            at += length;
        }
    }

    private bool TryReplace(NormalizedText text, ReadOnlySpan<byte> bytes, int at, int end)
    {
        int place = Find(bytes[at..end]);
        if (place < 0)
            return false;
        ReadOnlySpan<byte> replacement = _replacements.AsSpan(Math.Min(place, _replacements.Length));
        int length = replacement.IndexOf((byte)0);
        text.Append(length < 0 ? replacement : replacement[..length], text.Origin(at, end - at));
        return true;
    }

    /// <summary>The place of the replacement of the shortest entry that starts <paramref name="key"/>, or -1; that the shortest counts is the format's way.</summary>
    private int Find(ReadOnlySpan<byte> key)
    {
        uint node = 0;
        if (!Step(ref node, _units[0]))
            return -1;
        foreach (byte value in key)
        {
            if (value == 0)
                return -1;
            node ^= value;
            if (node >= _units.Length)
                return -1;
            uint unit = _units[node];
            if ((unit & 0x800000FF) != value)
                return -1;
            if (!Step(ref node, unit))
                return -1;
            if ((unit & 0x100) != 0)
                return (int)(_units[node] & 0x7FFFFFFF);
        }
        return -1;
    }

    private bool Step(ref uint node, uint unit)
    {
        node ^= unit >> 10 << (int)((unit & 0x200) >> 6);
        return node < _units.Length;
    }

    public bool Equals(PrecompiledNormalizer? other) => other is not null && _map.AsSpan().SequenceEqual(other._map);

    public override int GetHashCode() => _map.Length;
}
