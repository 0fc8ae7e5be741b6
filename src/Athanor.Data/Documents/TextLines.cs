namespace Athanor.Data.Documents;

/// <summary>A line of a file without its end; its bytes are valid until the next one is asked for.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Offset">Bytes from the file's beginning.</param>
/// <param name="Bytes">Without the line feed, and without a byte-order mark.</param>
internal readonly record struct TextLine(long Number, long Offset, ReadOnlyMemory<byte> Bytes);

/// <summary>Cuts a stream into lines as bytes; memory holds one line.</summary>
internal static class TextLines
{
    private const int Block = 1 << 16, LongestLine = 1 << 30;

    public static IEnumerable<TextLine> Read(Stream stream, string name)
    {
        byte[] buffer = new byte[Block];
        int filled = 0, searched = 0;
        long number = 0, offset = 0;
        bool ended = false;
        while (!ended)
        {
            if (filled == buffer.Length)
            {
                if (buffer.Length >= LongestLine)
                    throw new DocumentException(name, number + 1, $"the line is longer than {LongestLine >> 20} MiB. Split it.");
                Array.Resize(ref buffer, buffer.Length * 2);
            }
            int read = stream.Read(buffer, filled, buffer.Length - filled);
            filled += read;
            ended = read == 0;
            int start = 0;
            while (buffer.AsSpan(searched, filled - searched).IndexOf((byte)'\n') is >= 0 and int at)
            {
                int end = searched + at;
                yield return Line(++number, offset + start, buffer.AsMemory(start, end - start));
                start = searched = end + 1;
            }
            if (ended && start < filled)
                yield return Line(++number, offset + start, buffer.AsMemory(start, filled - start));
            buffer.AsSpan(start, filled - start).CopyTo(buffer);
            filled -= start;
            offset += start;
            searched = filled;
        }
    }

    private static TextLine Line(long number, long offset, ReadOnlyMemory<byte> bytes)
    {
        if (number == 1 && bytes.Span.StartsWith("\uFEFF"u8))
            (offset, bytes) = (offset + 3, bytes[3..]);
        return new TextLine(number, offset, bytes);
    }
}
