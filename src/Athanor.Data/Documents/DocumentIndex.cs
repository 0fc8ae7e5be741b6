using Microsoft.Win32.SafeHandles;

namespace Athanor.Data.Documents;

/// <summary>Documents of a JSON Lines file by number. Memory holds where each line lies, 16 bytes a document; the text stays in the file.</summary>
public sealed class DocumentIndex : IDisposable
{
    private readonly SafeFileHandle _file;
    private readonly string _path;
    private readonly List<(long Offset, int Length, int Line)> _lines = [];

    private DocumentIndex(string path) => (_path, _file) = (path, File.OpenHandle(path));

    /// <summary>Documents.</summary>
    public long Count => _lines.Count;

    /// <summary>Looks through a file for its lines.</summary>
    /// <exception cref="DocumentException">The file is packed: documents in it have no places.</exception>
    public static DocumentIndex Open(string path)
    {
        if (path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase))
            throw new DocumentException(path, 0, "packed files cannot be read by number. Unpack it, or tokenize it ahead of time.");
        var index = new DocumentIndex(path);
        try
        {
            using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.SequentialScan);
            foreach (TextLine line in TextLines.Read(stream, path))
            {
                if (line.Bytes.Span.Trim(" \t\r\n"u8).Length > 0)
                    index._lines.Add((line.Offset, line.Bytes.Length, (int)Math.Min(line.Number, int.MaxValue)));
            }
            return index;
        }
        catch
        {
            index.Dispose();
            throw;
        }
    }

    /// <summary>A document.</summary>
    /// <exception cref="DocumentException">The line is no document.</exception>
    public Document Read(long number)
    {
        (long offset, int length, int line) = _lines[checked((int)number)];
        var bytes = new byte[length];
        for (int read = 0; read < length;)
        {
            int more = RandomAccess.Read(_file, bytes.AsSpan(read), offset + read);
            read += more > 0 ? more : throw new DocumentException(_path, line, "the file became shorter while it was read.");
        }
        return DocumentFile.Parse(_path, new TextLine(line, offset, bytes));
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
