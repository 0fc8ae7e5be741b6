using System.Buffers;
using System.Text;

namespace Athanor.Tokenizers.Training;

/// <summary>A stream of documents to train on. Nothing is read before the training starts, and a document never has to fit into memory.</summary>
public abstract class DocumentSource
{
    /// <summary>Documents that the caller holds or makes, as UTF-8; each must stay unchanged until the next one is asked for.</summary>
    public static DocumentSource From(IEnumerable<ReadOnlyMemory<byte>> documents) => new MemorySource(documents);

    /// <summary>Documents as text; unpaired surrogates become U+FFFD.</summary>
    public static DocumentSource From(IEnumerable<string> documents) =>
        new MemorySource(documents.Select(document => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(document)));

    /// <summary>A text file as one document; <c>.gz</c> is unpacked on the way.</summary>
    public static DocumentSource TextFile(string path) => new TextFileSource(path, TextUnit.File);

    /// <summary>A text file whose lines are documents, line ends left out (or kept, as the Hugging Face trainers do); <c>.gz</c> is unpacked on the way.</summary>
    public static DocumentSource Lines(string path, bool keepLineEnds = false) =>
        new TextFileSource(path, keepLineEnds ? TextUnit.LineWithEnd : TextUnit.Line);

    /// <summary>A JSON Lines file with a document in the string <paramref name="field"/> of each line; <c>.gz</c> is unpacked on the way.</summary>
    public static DocumentSource JsonLines(string path, string field = "text") => new JsonLinesSource(path, field);

    /// <summary>
    /// All files of a folder and its subfolders in ordinal order of their paths: <c>.jsonl</c> and <c>.ndjson</c> as JSON Lines, every other one that
    /// <paramref name="searchPattern"/> matches as a text file.
    /// </summary>
    public static DocumentSource Folder(string path, string searchPattern = "*", string field = "text") => new FolderSource(path, searchPattern, field);

    /// <summary>What a path names: a folder, a <c>.jsonl</c> or <c>.ndjson</c> file with documents in "text", or a text file; files may be <c>.gz</c>.</summary>
    /// <exception cref="FileNotFoundException">There is neither a file nor a folder.</exception>
    public static DocumentSource AtPath(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Directory.Exists(path))
            return Folder(path);
        if (!File.Exists(path))
            throw new FileNotFoundException($"There is no file or folder '{path}'.", path);
        string plain = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? path[..^3] : path;
        bool lines = plain.EndsWith(".jsonl", StringComparison.OrdinalIgnoreCase) || plain.EndsWith(".ndjson", StringComparison.OrdinalIgnoreCase);
        return lines ? JsonLines(path) : TextFile(path);
    }

    /// <summary>The documents one by one, each valid until the next is asked for. Those above <paramref name="maxBytes"/> come in parts of that size.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Documents(int maxBytes = 64 << 20)
    {
        var whole = new ArrayBufferWriter<byte>();
        foreach (TextSegment segment in Segments())
        {
            if (whole.WrittenCount == 0 && segment.EndsDocument)
            {
                yield return segment.Bytes;
                continue;
            }
            whole.Write(segment.Bytes.Span);
            if (!segment.EndsDocument && whole.WrittenCount < maxBytes)
                continue;
            yield return whole.WrittenMemory;
            whole.ResetWrittenCount();
        }
    }

    /// <summary>The documents of several sources, one source behind the other.</summary>
    public static DocumentSource Concat(params IReadOnlyList<DocumentSource> sources) => new ConcatSource(sources);

    internal abstract IEnumerable<TextSegment> Segments();

    private sealed class MemorySource(IEnumerable<ReadOnlyMemory<byte>> documents) : DocumentSource
    {
        internal override IEnumerable<TextSegment> Segments() => documents.Select(document => new TextSegment(document, EndsDocument: true));
    }

    private sealed class ConcatSource(IReadOnlyList<DocumentSource> sources) : DocumentSource
    {
        internal override IEnumerable<TextSegment> Segments() => sources.SelectMany(source => source.Segments());
    }
}
