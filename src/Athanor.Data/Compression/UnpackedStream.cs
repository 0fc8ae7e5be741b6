namespace Athanor.Data.Compression;

/// <summary>What all streams that unpack files have in common: they are read once, from beginning to end.</summary>
internal abstract class UnpackedStream : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw OnceOnly();

    public override long Position { get => throw OnceOnly(); set => throw OnceOnly(); }

    public abstract override int Read(Span<byte> buffer);

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw OnceOnly();

    public override void SetLength(long value) => throw OnceOnly();

    public override void Write(byte[] buffer, int offset, int count) => throw OnceOnly();

    private static NotSupportedException OnceOnly() => new("What a packed file holds is read once, from beginning to end: its length is not known before, and nothing is written to it.");
}
