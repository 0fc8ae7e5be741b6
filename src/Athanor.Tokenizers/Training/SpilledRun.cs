namespace Athanor.Tokenizers.Training;

/// <summary>A run that is read back from its file: length, count and bytes of each piece, numbers in seven bits a byte.</summary>
internal sealed class SpilledRun(string path) : PieceRun
{
    private readonly FileStream _file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
    private byte[] _buffer = new byte[1 << 15];
    private int _at, _end, _pieceStart, _pieceLength;
    private ulong _hash;
    private long _count;

    public override ulong Hash => _hash;

    public override ReadOnlySpan<byte> Piece => _buffer.AsSpan(_pieceStart, _pieceLength);

    public override long Count => _count;

    public override bool Next()
    {
        if (!Fill(1))
            return false;
        Fill(20);   // as much of the two numbers as the file has
        int length = (int)ReadNumber();
        _count = (long)ReadNumber();
        if (!Fill(length))
            throw new EndOfStreamException($"The temporary file '{path}' is cut short.");
        _pieceStart = _at;
        _pieceLength = length;
        _at += length;
        _hash = PieceTable.Hash(Piece);
        return true;
    }

    public override void Dispose()
    {
        _file.Dispose();
        base.Dispose();
    }

    private ulong ReadNumber()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            if (_at == _end)
                throw new EndOfStreamException($"The temporary file '{path}' is cut short.");
            byte part = _buffer[_at++];
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
                break;
        }
        return value;
    }

    /// <summary>Gets at least <paramref name="count"/> unread bytes into the buffer; false when the file has fewer.</summary>
    private bool Fill(int count)
    {
        if (_end - _at >= count)
            return true;
        _buffer.AsSpan(_at, _end - _at).CopyTo(_buffer);
        _end -= _at;
        _at = 0;
        if (_buffer.Length < count)
            Array.Resize(ref _buffer, count);
        _end += _file.ReadAtLeast(_buffer.AsSpan(_end), count - _end, throwOnEndOfStream: false);
        return _end >= count;
    }
}
