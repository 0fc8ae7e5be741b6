using System.IO.Compression;
using Athanor.Data.Documents;

namespace Athanor.Data.Writers;

/// <summary>Writes documents as JSON Lines packed by gzip.</summary>
internal sealed class JsonLinesExport(string path) : IDocumentExport
{
    private const int FlushAt = 1 << 16;
    private readonly GZipStream _stream = new(new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, 1 << 16), CompressionLevel.Optimal);
    private readonly JsonLineBuffer _lines = new();

    public void Write(Document document)
    {
        _lines.Write(document);
        if (_lines.Length >= FlushAt)
            Flush();
    }

    public void Finish() => Flush();

    public void Dispose()
    {
        _lines.Dispose();
        _stream.Dispose();
    }

    private void Flush()
    {
        _stream.Write(_lines.Bytes);
        _lines.Clear();
    }
}
