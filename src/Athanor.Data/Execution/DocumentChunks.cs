using System.Buffers;
using System.Runtime.InteropServices;
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

    /// <summary>Gives the bytes' memory to later chunks; neither they nor lines of them can be used any more.</summary>
    public void Release()
    {
        if (MemoryMarshal.TryGetArray(Bytes, out ArraySegment<byte> bytes) && bytes.Array is { Length: > 0 } array)
            ArrayPool<byte>.Shared.Return(array);
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
    /// <summary>Most lines over a piece's edge end within so many bytes.</summary>
    private const int Beyond = 1 << 14, LongestLine = 1 << 30;

    /// <summary>Reads on from a line's beginning to the end of the files.</summary>
    /// <param name="files">Plain files.</param>
    /// <param name="file">The number of the file to begin with.</param>
    /// <param name="offset">A line's beginning in it.</param>
    public static IEnumerable<DocumentChunk> Read(IReadOnlyList<string> files, int file = 0, long offset = 0) => Read(files, DocumentRange.All with { File = file, Offset = offset });

    /// <summary>Reads a range.</summary>
    /// <param name="files">Plain files.</param>
    /// <param name="range">Begins at a line's beginning.</param>
    public static IEnumerable<DocumentChunk> Read(IReadOnlyList<string> files, DocumentRange range)
    {
        long offset = range.Offset;
        for (int file = range.File; file < files.Count && file <= range.EndFile; file++, offset = 0)
        {
            using FileStream stream = new(files[file], FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.SequentialScan);
            long length = stream.Length, end = range.EndIn(file, length);
            while (offset < end)
            {
                ReadOnlyMemory<byte> bytes = Chunk(stream, files[file], offset, length);
                yield return new DocumentChunk(file, files[file], offset, bytes);
                offset += bytes.Length;
            }
        }
    }

    private static ReadOnlyMemory<byte> Chunk(FileStream stream, string path, long offset, long length)
    {
        int filled = (int)(Math.Min(length, (offset / PieceBytes + 1) * PieceBytes) - offset);
        byte[] bytes = ArrayPool<byte>.Shared.Rent(filled + Beyond);
        Fill(stream, path, bytes.AsSpan(0, filled), offset);
        // The line over the piece's edge belongs to it; one that begins at the edge does not.
        for (int searched = filled - 1; ;)
        {
            int at = bytes.AsSpan(searched, filled - searched).IndexOf((byte)'\n');
            if (at >= 0 || offset + filled == length)
                return bytes.AsMemory(0, at >= 0 ? searched + at + 1 : filled);
            searched = filled;
            if (filled >= LongestLine)
                throw new DocumentException(path, LineAt(path, offset), $"the line is longer than {LongestLine >> 20} MiB. Split it.");
            int more = (int)Math.Min(length - offset - filled, Math.Max(Beyond, filled / 2));
            if (bytes.Length < filled + more)
                bytes = Larger(bytes, filled, filled + more);
            Fill(stream, path, bytes.AsSpan(filled, more), offset + filled);
            filled += more;
        }
    }

    private static byte[] Larger(byte[] bytes, int filled, int size)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(size);
        bytes.AsSpan(0, filled).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(bytes);
        return larger;
    }

    private static void Fill(FileStream stream, string path, Span<byte> bytes, long offset)
    {
        stream.Position = offset;
        if (stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length)
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
