namespace Athanor.Data.Readers;

/// <summary>A JSON object of a file.</summary>
internal readonly record struct JsonRecord(ReadOnlyMemory<byte> Bytes, long Offset, long Next);

/// <summary>The JSON objects of a file: one a line, or those of an array where the file begins with a bracket.</summary>
internal static class JsonRecords
{
    public static IEnumerable<JsonRecord> Read(FilePart part, long position, ReadLimits limits, ReadProblems problems, CancellationToken cancellation)
    {
        bool packed = SourceStream.IsPacked(part.Path);
        if (!IsArray(part.Path, limits))
        {
            foreach (BoundedLines lines in LineParts.Read(part, position, !packed, limits, problems, cancellation))
                yield return new JsonRecord(lines.Line, lines.Offset, lines.Next);
            yield break;
        }
        // An array that was cut into parts is read whole by the first one.
        if (part.Start > 0)
            yield break;
        using Stream stream = SourceStream.Open(part.Path, position, limits);
        var records = new JsonArrayRecords(stream, position, limits.LargestRecord);
        while (records.Move())
        {
            cancellation.ThrowIfCancellationRequested();
            if (records.TooLong)
                problems.Add(new ReadProblem(ReadProblemKind.TooLong, part.Name, records.Offset, $"an object of more than {limits.LargestRecord} bytes (largest_record_mib)"));
            else if (records.Unended)
                problems.Add(new ReadProblem(ReadProblemKind.Truncated, part.Name, records.Offset, "the file ends within an object"));
            else
                yield return new JsonRecord(records.Record, records.Offset, records.Next);
        }
    }

    private static bool IsArray(string path, ReadLimits limits)
    {
        using Stream stream = SourceStream.Open(path, 0, limits);
        Span<byte> head = stackalloc byte[256];
        int read = stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        ReadOnlySpan<byte> bytes = head[..read];
        if (bytes.StartsWith("\uFEFF"u8))
            bytes = bytes[3..];
        bytes = bytes.TrimStart(" \t\r\n"u8);
        // A line may be an array by mistake; then objects do not follow it directly.
        return bytes.StartsWith("["u8) && bytes[1..].TrimStart(" \t\r\n"u8).StartsWith("{"u8);
    }
}
