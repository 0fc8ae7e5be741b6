using System.IO.Compression;

namespace Athanor.Tokenizers.Training;

/// <summary>What of a text file is a document.</summary>
internal enum TextUnit
{
    File,
    Line,
    LineWithEnd,
}

/// <summary>A text file, read in blocks.</summary>
internal sealed class TextFileSource(string path, TextUnit unit) : DocumentSource
{
    public const int BlockSize = 1 << 18;

    /// <summary>A file as a stream of its unpacked bytes.</summary>
    public static Stream Open(string path)
    {
        Stream file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
        return path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(file, CompressionMode.Decompress) : file;
    }

    internal override IEnumerable<TextSegment> Segments()
    {
        using Stream stream = Open(path);
        byte[] block = new byte[BlockSize];
        bool open = false;   // a document has begun and not ended
        bool first = true, afterReturn = false;
        while (stream.ReadAtLeast(block, block.Length, throwOnEndOfStream: false) is > 0 and int read)
        {
            int at = first && block.AsSpan(0, read).StartsWith("\uFEFF"u8) ? 3 : 0;
            first = false;
            while (at < read)
            {
                int end = unit == TextUnit.File ? -1 : block.AsSpan(at, read - at).IndexOf((byte)'\n');
                if (end < 0)
                {
                    // A line whose end is CR LF: the CR may be the last byte of this block.
                    bool held = unit == TextUnit.Line && block[read - 1] == '\r';
                    if (afterReturn)
                        yield return new TextSegment("\r"u8.ToArray(), false);
                    afterReturn = held;
                    if (read - at - (held ? 1 : 0) > 0)
                        yield return new TextSegment(block.AsMemory(at, read - at - (held ? 1 : 0)), false);
                    open = true;
                    break;
                }
                int length = unit == TextUnit.LineWithEnd ? end + 1 : end > 0 && block[at + end - 1] == '\r' ? end - 1 : end;
                if (afterReturn && end > 0)
                    yield return new TextSegment("\r"u8.ToArray(), false);
                afterReturn = false;
                yield return new TextSegment(block.AsMemory(at, length), true);
                open = false;
                at += end + 1;
            }
        }
        if (afterReturn)
            yield return new TextSegment("\r"u8.ToArray(), false);
        if (open)
            yield return new TextSegment(default, true);
    }
}
