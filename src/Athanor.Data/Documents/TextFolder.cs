using System.Buffers;
using System.Text;
using Athanor.Data.Compression;
using Athanor.Data.Readers;

namespace Athanor.Data.Documents;

/// <summary>What of a text file is a document.</summary>
public enum TextUnit
{
    /// <summary>The file as a whole.</summary>
    File,

    /// <summary>What lies between blank lines.</summary>
    Paragraph,

    /// <summary>What lies between two delimiters, such as the <c>&lt;|endoftext|&gt;</c> of TinyStories.</summary>
    Delimiter,

    /// <summary>Each line.</summary>
    Line,
}

/// <summary>Reads text files (<c>.txt</c>, <c>.md</c>, also <c>.gz</c>) as documents; memory holds one document.</summary>
/// <param name="Path">A file, or a folder with its subfolders.</param>
/// <param name="Unit">What is a document.</param>
/// <param name="Delimiter">Stands between documents, within one line.</param>
/// <param name="Source">The documents' source; the name of the file or folder where null.</param>
public sealed record TextFolder(string Path, TextUnit Unit = TextUnit.File, string Delimiter = "<|endoftext|>", string? Source = null)
{
    private static readonly string[] Endings = [".txt", ".md", ".txt.gz", ".md.gz"];

    /// <summary>The files, in ordinal order of their paths.</summary>
    /// <exception cref="IOException">There is nothing to read.</exception>
    public IReadOnlyList<string> Files()
    {
        if (File.Exists(Path))
            return [Path];
        if (!Directory.Exists(Path))
            throw new FileNotFoundException($"There is no file or folder '{Path}'.", Path);
        string[] files = [.. Directory.EnumerateFiles(Path, "*", SearchOption.AllDirectories)
            .Where(file => Endings.Any(ending => file.EndsWith(ending, StringComparison.OrdinalIgnoreCase))).Order(StringComparer.Ordinal)];
        return files.Length > 0 ? files : throw new IOException($"The folder '{Path}' holds no text: files that end in {string.Join(", ", Endings)}.");
    }

    /// <summary>Reads the documents in the order of files and places. Empty ones are left out, white space around them too.</summary>
    /// <param name="bytesRead">Called with the bytes of files that are done.</param>
    /// <param name="problems">Takes what is wrong with files, and reading goes on with the next one; where null, the first such file is an error.</param>
    public IEnumerable<Document> Read(Action<long>? bytesRead = null, ReadProblems? problems = null)
    {
        string source = Source ?? System.IO.Path.GetFileNameWithoutExtension(Path.TrimEnd('/', '\\'));
        long done = 0;
        foreach (string file in Files())
        {
            string name = file == Path ? System.IO.Path.GetFileName(file) : System.IO.Path.GetRelativePath(Path, file).Replace('\\', '/');
            using (IEnumerator<Document> documents = ReadFile(file, name).GetEnumerator())
            {
                while (Next(documents, file, name, problems))
                {
                    Look(documents.Current, name, problems);
                    yield return documents.Current with { Source = source };
                }
            }
            var info = new FileInfo(file);
            if (info is { Exists: true, Length: 0 })
                problems?.Add(new ReadProblem(ReadProblemKind.Empty, name, 0, "the file is empty"));
            bytesRead?.Invoke(done += info.Exists ? info.Length : 0);
        }
    }

    private static bool Next(IEnumerator<Document> documents, string file, string name, ReadProblems? problems)
    {
        try
        {
            return documents.MoveNext();
        }
        catch (ReadStopException e) when (problems is null)
        {
            throw new InvalidDataException($"{file}: {e.Message}", e);
        }
        catch (ReadStopException e)
        {
            problems!.Add(new ReadProblem(e.Kind, name, e.Offset, e.Message));
        }
        catch (DocumentException e) when (problems is not null)
        {
            problems.Add(new ReadProblem(ReadProblemKind.TooLong, name, 0, e.Problem));
        }
        catch (Exception e) when (problems is not null && e is IOException or UnauthorizedAccessException)
        {
            problems!.Add(new ReadProblem(ReadProblemKind.Unreadable, name, 0, e.Message));
        }
        return false;
    }

    private static void Look(Document document, string name, ReadProblems? problems)
    {
        if (problems is null)
            return;
        long offset = document.Origin?.Offset ?? 0;
        if (document.Text.Contains('\0', StringComparison.Ordinal))
            problems.Add(new ReadProblem(ReadProblemKind.NulBytes, name, offset, $"'{document.Id}' has NUL characters"));
        if (document.Text.Contains('\uFFFD', StringComparison.Ordinal))
            problems.Add(new ReadProblem(ReadProblemKind.InvalidText, name, offset, $"'{document.Id}' has bytes that are not UTF-8, or U+FFFD in their place"));
    }

    private IEnumerable<Document> ReadFile(string path, string name)
    {
        byte[] delimiter = Encoding.UTF8.GetBytes(Delimiter);
        var text = new ArrayBufferWriter<byte>();
        long begin = 0;
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.SequentialScan);
        using Stream stream = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GzipSequence(file) : file;
        foreach (TextLine line in TextLines.Read(stream, path))
        {
            int start = 0;
            while (Unit == TextUnit.Delimiter && line.Bytes.Span[start..].IndexOf(delimiter) is >= 0 and int at)
            {
                Append(line.Bytes.Span.Slice(start, at), line.Offset + start);
                if (Take() is { } part)
                    yield return part;
                start += at + delimiter.Length;
            }
            bool blank = Unit == TextUnit.Paragraph && line.Bytes.Span.Trim(" \t\r"u8).Length == 0;
            if (!blank)
            {
                Append(line.Bytes.Span[start..], line.Offset + start);
                Append("\n"u8, line.Offset);
            }
            if ((blank || Unit == TextUnit.Line) && Take() is { } document)
                yield return document;
        }
        if (Take() is { } last)
            yield return last;

        void Append(ReadOnlySpan<byte> bytes, long offset)
        {
            if (text.WrittenCount == 0)
            {
                // White space in front does not count, so the origin is where the text begins.
                ReadOnlySpan<byte> trimmed = bytes.TrimStart(" \t\r\n"u8);
                begin = offset + bytes.Length - trimmed.Length;
                bytes = trimmed;
            }
            text.Write(bytes);
        }

        Document? Take()
        {
            ReadOnlySpan<byte> bytes = text.WrittenSpan.TrimEnd(" \t\r\n"u8);
            Document? document = bytes.Length == 0 ? null
                : new Document(FormattableString.Invariant($"{name}@{begin}"), Encoding.UTF8.GetString(bytes).Replace("\r\n", "\n", StringComparison.Ordinal)) { Origin = new DocumentOrigin(name, begin) };
            text.ResetWrittenCount();
            return document;
        }
    }
}
