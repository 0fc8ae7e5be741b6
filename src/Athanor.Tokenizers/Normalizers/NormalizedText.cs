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

    /// <summary>The source bytes that a run of bytes stands for, from the first of its first byte to the last of its last.</summary>
    public ByteRange Origin(int start, int length)
    {
        if (!Aligned || _length == 0)
            return default;
        if (length == 0)
            return new ByteRange(start < _length ? _origin[start].Start : _origin[_length - 1].End, 0);
        int from = _origin[start].Start;
        return new ByteRange(from, Math.Max(0, _origin[start + length - 1].End - from));
    }

    /// <summary>Starts anew with <paramref name="source"/>, byte for byte; the source of its first byte is <paramref name="start"/>.</summary>
    public void Reset(ReadOnlySpan<byte> source, int start, bool aligned)
    {
        Aligned = aligned;
        _length = 0;
        _spareLength = 0;
        Reserve(source.Length);
        source.CopyTo(_spare);
        if (aligned)
        {
            for (int i = 0; i < source.Length; i++)
                _spareOrigin[i] = new ByteRange(start + i, 1);
        }
        _spareLength = source.Length;
        Commit();
    }

    /// <summary>Starts anew with a run of another text.</summary>
    public void Reset(NormalizedText source, int start, int length)
    {
        Aligned = source.Aligned;
        _length = 0;
        _spareLength = 0;
        Reserve(length);
        source._bytes.AsSpan(start, length).CopyTo(_spare);
        if (Aligned)
            source._origin.AsSpan(start, length).CopyTo(_spareOrigin);
        _spareLength = length;
        Commit();
    }

    /// <summary>The number of bytes written of the next form of the text.</summary>
    public int Written => _spareLength;

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

    /// <summary>Gives memory back that a single huge text made necessary.</summary>
    internal void Trim(int bytes)
    {
        if (_bytes.Length + _spare.Length <= bytes)
            return;
        (_bytes, _spare, _origin, _spareOrigin, _length, _spareLength) = ([], [], [], [], 0, 0);
    }

    private void Reserve(int count)
    {
        if (_spare.Length - _spareLength < count)
        {
            long wanted = (long)_spareLength + count;
            if (wanted > Array.MaxLength)
                throw new InvalidOperationException($"A text of {wanted:N0} bytes after normalization is longer than an array; encode it in parts.");
            Array.Resize(ref _spare, (int)Math.Min(Array.MaxLength, Math.Max(wanted, Math.Max(256, 2L * _spare.Length))));
        }
        if (Aligned && _spareOrigin.Length < _spare.Length)
            Array.Resize(ref _spareOrigin, _spare.Length);
    }
}
