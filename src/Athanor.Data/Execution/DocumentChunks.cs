using Athanor.Data.Documents;

namespace Athanor.Data.Execution;

/// <summary>Whole lines of a file.</summary>
/// <param name="File">Number of the file within the input.</param>
/// <param name="Path">The file.</param>
/// <param name="Offset">Where the first line begins.</param>
/// <param name="Bytes">The lines with their ends; the last one of a file may lack it.</param>
internal sealed record DocumentChunk(int File, string Path, long Offset, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>Where the next chunk begins.</summary>
    public long End => Offset + Bytes.Length;

    /// <summary>The lines that are not blank, without their ends, and where they begin in the file.</summary>
    public IEnumerable<(long Offset, ReadOnlyMemory<byte> Line)> Lines()
    {
        for (int at = 0; at < Bytes.Length;)
        {
            int length = Bytes.Span[at..].IndexOf((byte)'\n');
            int end = length < 0 ? Bytes.Length : at + length;
            int start = Offset + at == 0 && Bytes.Span.StartsWith("\uFEFF"u8) ? 3 : at;
            if (Bytes.Span[start..end].ContainsAnyExcept(" \t\r"u8))
                yield return (Offset + at, Bytes[start..end]);
            at = end + 1;
        }
    }

    /// <summary>The document of a line.</summary>
    /// <exception cref="DocumentException">It is none; the message has the line's number in the file.</exception>
    public Document Parse(long offset, ReadOnlyMemory<byte> line)
    {
        try
        {
            return DocumentFile.Parse(Path, new TextLine(0, offset, line));
        }
        catch (DocumentException e)
        {
            throw new DocumentException(Path, DocumentChunks.LineAt(Path, offset), e.Problem, e);
        }
    }
}

/// <summary>
/// Cuts files into chunks of whole lines. Chunk k of a file holds the lines that begin in its k-th piece of <see cref="PieceBytes"/>, wherever reading began, so what is
/// made of chunks does not depend on how they were shared out.
/// </summary>
internal static class DocumentChunks
{
    /// <summary>Large enough that a chunk's bookkeeping is nothing, small enough that many fit into memory.</summary>
    public const int PieceBytes = 1 << 18;
    private const int LongestLine = 1 << 30;

    /// <summary>Reads on from a line's beginning.</summary>
    /// <param name="files">Plain files.</param>
    /// <param name="file">The number of the file to begin with.</param>
    /// <param name="offset">A line's beginning in it.</param>
    public static IEnumerable<DocumentChunk> Read(IReadOnlyList<string> files, int file = 0, long offset = 0)
    {
        for (; file < files.Count; file++, offset = 0)
        {
            using FileStream stream = new(files[file], FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.SequentialScan);
            long length = stream.Length;
            while (offset < length)
            {
                byte[] bytes = Chunk(stream, files[file], offset, length);
                yield return new DocumentChunk(file, files[file], offset, bytes);
                offset += bytes.Length;
            }
        }
    }

    private static byte[] Chunk(FileStream stream, string path, long offset, long length)
    {
        long end = Math.Min(length, (offset / PieceBytes + 1) * PieceBytes);
        byte[] bytes = new byte[end - offset];
        Fill(stream, path, bytes, 0, offset);
        // The line over the piece's edge belongs to it; one that begins at the edge does not.
        int searched = bytes.Length - 1;
        while (offset + bytes.Length < length)
        {
            int at = bytes.AsSpan(searched).IndexOf((byte)'\n');
            if (at >= 0)
                return bytes.Length == searched + at + 1 ? bytes : bytes[..(searched + at + 1)];
            searched = bytes.Length;
            if (bytes.Length >= LongestLine)
                throw new DocumentException(path, LineAt(path, offset), $"the line is longer than {LongestLine >> 20} MiB. Split it.");
            Array.Resize(ref bytes, (int)Math.Min(length - offset, bytes.Length + Math.Max(1 << 16, bytes.Length / 2)));
            Fill(stream, path, bytes, searched, offset);
        }
        int last = bytes.AsSpan(searched).IndexOf((byte)'\n');
        return last < 0 || searched + last + 1 == bytes.Length ? bytes : bytes[..(searched + last + 1)];
    }

    private static void Fill(FileStream stream, string path, byte[] bytes, int from, long offset)
    {
        stream.Position = offset + from;
        if (stream.ReadAtLeast(bytes.AsSpan(from), bytes.Length - from, throwOnEndOfStream: false) < bytes.Length - from)
            throw new IOException($"{path} became shorter while it was read. Leave it alone until the stage is done, then run again.");
    }

    /// <summary>The number of the line that begins at an offset, from 1; reads the file up to there, for messages only.</summary>
    public static long LineAt(string path, long offset)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.SequentialScan);
        byte[] buffer = new byte[1 << 16];
        long line = 1;
        while (offset > 0 && stream.Read(buffer, 0, (int)Math.Min(buffer.Length, offset)) is > 0 and int read)
        {
            line += buffer.AsSpan(0, read).Count((byte)'\n');
            offset -= read;
        }
        return line;
    }
}
