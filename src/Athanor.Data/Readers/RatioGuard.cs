namespace Athanor.Data.Readers;

/// <summary>Passes unpacked bytes on until they are too many for the packed ones that they came from.</summary>
internal sealed class RatioGuard(Stream packed, Stream unpacked, ReadLimits limits) : Stream
{
    private long _bytes;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => _bytes; set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        int read = unpacked.Read(buffer);
        _bytes += read;
        if (limits.IsBomb(packed.Position, _bytes))
            throw new ReadStopException(ReadProblemKind.Bomb, _bytes, $"{packed.Position} bytes unpack to {_bytes}, more than {limits.LargestRatio} times as many (largest_ratio); the rest is left");
        return read;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            unpacked.Dispose();
            packed.Dispose();
        }
        base.Dispose(disposing);
    }
}
