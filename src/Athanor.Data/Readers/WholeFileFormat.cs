using Athanor.Data.Charsets;
using Athanor.Data.Documents;

namespace Athanor.Data.Readers;

/// <summary>Formats in which a file is a document.</summary>
public abstract class WholeFileFormat(ReadLimits limits) : FileFormat
{
    /// <summary>Whether the file may declare its charset itself.</summary>
    protected virtual bool IsMarkup => false;

    /// <inheritdoc/>
    public sealed override IEnumerable<PartDocument> Read(FilePart part, long position, ReadProblems problems, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(part);
        ArgumentNullException.ThrowIfNull(problems);
        if (position > 0 || Load(part, problems) is not { } bytes)
            yield break;
        // A picture or a program has NULs early; UTF-16 has them in every second place and is found by the decoder.
        DecodedText text = TextDecoder.Decode(bytes, "", IsMarkup);
        if (text.Text.AsSpan(0, Math.Min(text.Text.Length, 8192)).Contains('\0'))
            problems.Add(new ReadProblem(ReadProblemKind.NotText, part.Name, 0, "the file is binary"));
        else if (Make(part, text, problems) is { } document)
        {
            if (!text.Valid)
                problems.Add(new ReadProblem(ReadProblemKind.InvalidText, part.Name, 0, $"the file has bytes that are not {text.Charset}"));
            yield return new PartDocument(document, 1);
        }
    }

    /// <summary>Makes a document of a file's text, or none.</summary>
    private protected abstract Document? Make(FilePart part, DecodedText text, ReadProblems problems);

    private byte[]? Load(FilePart part, ReadProblems problems)
    {
        using Stream stream = SourceStream.Open(part.Path, 0, limits);
        byte[] bytes = new byte[Math.Clamp(part.End, 256, limits.LargestRecord) + 1];
        int count = 0;
        while (stream.Read(bytes, count, bytes.Length - count) is > 0 and int read)
        {
            count += read;
            if (count > limits.LargestRecord)
            {
                problems.Add(new ReadProblem(ReadProblemKind.TooLong, part.Name, 0, $"the file has more than {limits.LargestRecord} bytes (largest_record_mib)"));
                return null;
            }
            if (count == bytes.Length)
                Array.Resize(ref bytes, (int)Math.Min(2L * bytes.Length, limits.LargestRecord + 1L));
        }
        Array.Resize(ref bytes, count);
        return bytes;
    }
}
