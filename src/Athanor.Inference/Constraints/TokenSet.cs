using System.Numerics;

namespace Athanor.Inference.Constraints;

/// <summary>A set of tokens in the smallest of three forms: those in it, those not in it, or a bit each.</summary>
internal sealed class TokenSet
{
    private readonly int[]? _ids;
    private readonly bool _isComplement;
    private readonly uint[]? _bits;

    public TokenSet(ReadOnlySpan<uint> bits, int width)
    {
        int count = 0;
        foreach (uint word in bits)
            count += int.PopCount((int)word);
        _isComplement = count > width / 2;
        int listed = _isComplement ? width - count : count;
        // Lists save memory; past some length they cost more time than the bits, which are joined 16 words at a time.
        if (listed > bits.Length / 8)
        {
            _bits = bits.ToArray();
            return;
        }
        _ids = new int[listed];
        for (int id = 0, next = 0; next < listed; id++)
        {
            if (((bits[id >> 5] >> id & 1) != 0) != _isComplement)
                _ids[next++] = id;
        }
        Width = width;
    }

    /// <summary>The ids that the complement is of.</summary>
    private int Width { get; }

    /// <summary>Memory in bytes, about.</summary>
    public long Bytes => 64 + 4L * (_ids?.Length ?? _bits!.Length);

    /// <summary>Adds the set's tokens to those in <paramref name="bits"/>.</summary>
    public void AddTo(Span<uint> bits)
    {
        if (_bits is not null)
        {
            int i = 0;
            for (; i <= _bits.Length - Vector<uint>.Count; i += Vector<uint>.Count)
                (new Vector<uint>(_bits.AsSpan(i)) | new Vector<uint>(bits[i..])).CopyTo(bits[i..]);
            for (; i < _bits.Length; i++)
                bits[i] |= _bits[i];
            return;
        }
        if (!_isComplement)
        {
            foreach (int id in _ids!)
                bits[id >> 5] |= 1u << id;
            return;
        }
        int word = 0;
        for (int next = 0; next < _ids!.Length;)
        {
            int at = _ids[next] >> 5;
            bits[word..at].Fill(uint.MaxValue);
            uint missing = 0;
            for (; next < _ids.Length && _ids[next] >> 5 == at; next++)
                missing |= 1u << _ids[next];
            bits[at] |= ~missing & InWidth(at);
            word = at + 1;
        }
        int last = (Width + 31) >> 5;
        if (word < last)
        {
            bits[word..(last - 1)].Fill(uint.MaxValue);
            bits[last - 1] |= InWidth(last - 1);
        }
    }

    private uint InWidth(int word) => (word + 1) << 5 <= Width ? uint.MaxValue : (1u << Width) - 1;
}
