namespace Athanor.Data.Compression;

/// <summary>The members of a gzip file one behind the other. Truncated and damaged files are errors, which the class library passes over in silence.</summary>
internal sealed class GzipSequence(Stream file) : UnpackedStream
{
    private readonly GzipMembers _members = new(file, 0);
    private bool _inside;

    public override int Read(Span<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            if (!_inside && !(_inside = _members.Next()))
                return 0;
            int read = _members.Read(buffer);
            if (read > 0)
                return read;
            _inside = false;
        }
        return 0;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _members.Dispose();
        base.Dispose(disposing);
    }
}
