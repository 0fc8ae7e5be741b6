using Athanor.Runs.Stages;

namespace Athanor.Data.Execution;

/// <summary>
/// A run of whole chunks over files: from a line's beginning up to the piece at which the next range begins. Ranges of all parts of a stage are all chunks, each once, so the parts one after another are
/// what one process makes.
/// </summary>
/// <param name="File">The number of the first file.</param>
/// <param name="Offset">A line's beginning in it.</param>
/// <param name="EndFile">The number of the file that holds the end.</param>
/// <param name="EndOffset">No chunk that begins here or later is in the range.</param>
internal readonly record struct DocumentRange(int File, long Offset, int EndFile, long EndOffset)
{
    public static DocumentRange All { get; } = new(0, 0, int.MaxValue, 0);

    /// <summary>The range of a part: all have the same number of pieces, but for one.</summary>
    public static DocumentRange Of(IReadOnlyList<string> files, StagePart part)
    {
        long[] pieces = [.. files.Select(file => (new FileInfo(file).Length + DocumentChunks.PieceBytes - 1) / DocumentChunks.PieceBytes)];
        long all = pieces.Sum();
        (int file, long offset) = Place(pieces, (long)((Int128)all * part.Index / part.Count));
        (int endFile, long endOffset) = part.Index + 1 == part.Count ? (int.MaxValue, 0) : Place(pieces, (long)((Int128)all * (part.Index + 1) / part.Count));
        return new DocumentRange(file, file < files.Count ? LineFrom(files[file], offset) : 0, endFile, endOffset);
    }

    /// <summary>Where the end lies within a file: its length at most.</summary>
    public long EndIn(int file, long length) => file < EndFile ? length : file == EndFile ? Math.Min(length, EndOffset) : 0;

    /// <summary>Bytes of the range, but for lines over its edges.</summary>
    public long Bytes(IReadOnlyList<long> lengths)
    {
        long bytes = 0;
        for (int file = File; file < lengths.Count; file++)
            bytes += Math.Max(0, EndIn(file, lengths[file]) - (file == File ? Offset : 0));
        return bytes;
    }

    private static (int File, long Offset) Place(long[] pieces, long piece)
    {
        int file = 0;
        while (file < pieces.Length && piece >= pieces[file])
            piece -= pieces[file++];
        return (file, piece * DocumentChunks.PieceBytes);
    }

    /// <summary>The first line that begins at an offset or behind it.</summary>
    private static long LineFrom(string path, long offset)
    {
        if (offset == 0)
            return 0;
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1);
        stream.Position = --offset;
        byte[] buffer = new byte[1 << 16];
        for (int read; (read = stream.Read(buffer)) > 0; offset += read)
        {
            int at = buffer.AsSpan(0, read).IndexOf((byte)'\n');
            if (at >= 0)
                return offset + at + 1;
        }
        return offset;
    }
}
