namespace Athanor.Tokenizers.Normalizers;

/// <summary>
/// A text on its way through normalizers and pre-tokenizers: its present bytes and, where ranges are wanted, which source bytes each of them stands for.
/// Reused from text to text, so that a steady state allocates nothing.
/// </summary>
public sealed class NormalizedText
{
    private byte[] _bytes = [], _spare = [];
    private ByteRange[] _origin = [], _spareOrigin = [];
    private int _length, _spareLength;

    /// <summary>The present bytes.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    /// <summary>Whether the source of each byte is kept.</summary>
    public bool Aligned { get; private set; }

    /// <summary>The source bytes that the byte at <paramref name="index"/> stands for.</summary>
    public ByteRange Origin(int index) => Aligned ? _origin[index] : default;

    /// <summary>Starts anew with <paramref name="source"/>, byte for byte.</summary>
    public void Reset(ReadOnlySpan<byte> source, bool aligned)
    {
        Aligned = aligned;
        _spareLength = 0;
        for (int i = 0; i < source.Length && aligned; i++)
            Append(source[i], new ByteRange(i, 1));
        if (!aligned)
            Append(source, default);
        Commit();
    }

    /// <summary>Writes one byte of the next form of the text; <see cref="Commit"/> makes that the present one.</summary>
    public void Append(byte value, ByteRange origin)
    {
        Reserve(1);
        if (Aligned)
            _spareOrigin[_spareLength] = origin;
        _spare[_spareLength++] = value;
    }

    /// <summary>Writes bytes that all stand for the same source bytes.</summary>
    public void Append(ReadOnlySpan<byte> values, ByteRange origin)
    {
        Reserve(values.Length);
        values.CopyTo(_spare.AsSpan(_spareLength));
        if (Aligned)
            _spareOrigin.AsSpan(_spareLength, values.Length).Fill(origin);
        _spareLength += values.Length;
    }

    /// <summary>Copies a run of the present form to the next one with its origins.</summary>
    public void Keep(int start, int length)
    {
        Reserve(length);
        _bytes.AsSpan(start, length).CopyTo(_spare.AsSpan(_spareLength));
        if (Aligned)
            _origin.AsSpan(start, length).CopyTo(_spareOrigin.AsSpan(_spareLength));
        _spareLength += length;
    }

    /// <summary>Makes what was written the present form.</summary>
    public void Commit()
    {
        (_bytes, _spare) = (_spare, _bytes);
        (_origin, _spareOrigin) = (_spareOrigin, _origin);
        (_length, _spareLength) = (_spareLength, 0);
    }

    private void Reserve(int count)
    {
        if (_spare.Length - _spareLength < count)
            Array.Resize(ref _spare, (int)Math.Min(Array.MaxLength, Math.Max((long)_spareLength + count, Math.Max(256, 2L * _spare.Length))));
        if (Aligned && _spareOrigin.Length < _spare.Length)
            Array.Resize(ref _spareOrigin, _spare.Length);
    }
}
