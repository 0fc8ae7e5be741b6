using System.Text.Json;

namespace Athanor.Data.Documents;

/// <summary>Writes documents as JSON Lines, in the form that <see cref="DocumentFile"/> reads.</summary>
public sealed class DocumentWriter : IDisposable
{
    private const int FlushAt = 1 << 16;
    private readonly FileStream _stream;
    private readonly JsonLineBuffer _lines = new();

    /// <summary>Writes a new file, or replaces one.</summary>
    public DocumentWriter(string path) => _stream = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, 1);

    /// <summary>Goes on behind a length, at which a file is cut.</summary>
    internal DocumentWriter(string path, long length)
    {
        _stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read, 1);
        _stream.SetLength(length);
        _stream.Position = length;
    }

    /// <summary>Documents written.</summary>
    public long Count { get; private set; }

    /// <summary>UTF-16 code units of their texts.</summary>
    public long Length { get; private set; }

    /// <summary>Appends a document.</summary>
    public void Write(Document document)
    {
        _lines.Write(document);
        Length += document.Text.Length;
        Written();
    }

    /// <summary>Appends a line of another form: what was removed, and why.</summary>
    internal void WriteObject<T>(T state, Action<Utf8JsonWriter, T> properties)
    {
        _lines.WriteObject(state, properties);
        Written();
    }

    /// <summary>Puts what was written on the disk.</summary>
    /// <returns>The file's length.</returns>
    internal long Save()
    {
        Flush();
        _stream.Flush(flushToDisk: true);
        return _stream.Position;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Flush();
        _lines.Dispose();
        _stream.Dispose();
    }

    private void Written()
    {
        Count++;
        if (_lines.Length >= FlushAt)
            Flush();
    }

    private void Flush()
    {
        _stream.Write(_lines.Bytes);
        _lines.Clear();
    }
}
