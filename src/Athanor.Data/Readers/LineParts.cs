namespace Athanor.Data.Readers;

/// <summary>Lines of a part of a file: those that begin in it.</summary>
internal static class LineParts
{
    /// <summary>Yields the same object at each line that is not blank.</summary>
    public static IEnumerable<BoundedLines> Read(FilePart part, long position, bool split, ReadLimits limits, ReadProblems problems, CancellationToken cancellation)
    {
        bool inside = position == 0 && split && part.Start > 0;
        // From the byte before, so that a line that begins at the part's first byte is found.
        long begin = position > 0 ? position : inside ? part.Start - 1 : 0;
        using Stream stream = SourceStream.Open(part.Path, begin, limits);
        var lines = new BoundedLines(stream, begin, limits.LargestRecord, split ? part.End - begin : long.MaxValue);
        if (inside && !lines.Move())
            yield break;
        while ((!split || lines.Next < part.End) && lines.Move())
        {
            cancellation.ThrowIfCancellationRequested();
            if (lines.TooLong)
                problems.Add(new ReadProblem(ReadProblemKind.TooLong, part.Name, lines.Offset, $"a line of {lines.Next - lines.Offset} bytes; {limits.LargestRecord} are read (largest_record_mib)"));
            else if (lines.Line.Span.ContainsAnyExcept(" \t\r"u8))
                yield return lines;
        }
    }
}
