using Athanor.Data.Compression;

namespace Athanor.Data.Readers;

/// <summary>Passes unpacked bytes on until they are too many for the packed ones that they came from.</summary>
internal sealed class RatioGuard(Stream packed, Stream unpacked, ReadLimits limits) : UnpackedStream
{
    private long _bytes;

    public override int Read(Span<byte> buffer)
    {
        int read = unpacked.Read(buffer);
        _bytes += read;
        if (limits.IsBomb(packed.Position, _bytes))
            throw new ReadStopException(ReadProblemKind.Bomb, _bytes, $"{packed.Position} bytes unpack to {_bytes}, more than {limits.LargestRatio} times as many (largest_ratio); the rest is left");
        return read;
    }

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
