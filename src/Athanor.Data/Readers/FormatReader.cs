using System.Text;

namespace Athanor.Data.Readers;

/// <summary>Reads a file, or a folder with its subfolders, of one format. Small files share a task, large ones are cut where the format allows.</summary>
/// <param name="path">A file or folder.</param>
/// <param name="format">How a file becomes documents.</param>
/// <param name="source">The documents' source where they name none; the name of the file or folder where null.</param>
public sealed class FormatReader(string path, FileFormat format, string? source = null) : IDocumentReader
{
    /// <summary>A task has no more files, so that going on within one stays cheap.</summary>
    private const int FilesATask = 4096;

    private readonly string _source = source ?? Path.GetFileName(path.TrimEnd('/', '\\')).Split('.')[0];

    /// <inheritdoc/>
    public IReadOnlyList<ReadTask> Tasks(long taskBytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(taskBytes, 1);
        var tasks = new List<ReadTask>();
        var parts = new List<FilePart>();
        long bytes = 0;
        foreach (FilePart file in Files())
        {
            if (parts.Count > 0 && (bytes + file.End > taskBytes || parts.Count == FilesATask))
                Close();
            if (file.End <= taskBytes || !format.CanSplit(file.Path))
            {
                parts.Add(file);
                bytes += file.End;
                continue;
            }
            long count = (file.End + taskBytes - 1) / taskBytes;
            for (long i = 0; i < count; i++)
            {
                parts.Add(file with { Start = Cut(i), End = Cut(i + 1) });
                Close();
            }
            long Cut(long i) => (long)((Int128)file.End * i / count);
        }
        if (parts.Count > 0)
            Close();
        return tasks;

        void Close()
        {
            tasks.Add(new ReadTask(tasks.Count, [.. parts]));
            parts.Clear();
            bytes = 0;
        }
    }

    /// <inheritdoc/>
    public IEnumerable<ReadDocument> Read(ReadTask task, ReadMark from, ReadProblems problems, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(problems);
        for (int i = from.Part; i < task.Parts.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            FilePart part = task.Parts[i];
            long position = i == from.Part ? from.Position : 0;
            (long Length, DateTime Written)? before = Look(part, problems);
            if (before is null)
                continue;
            if (before.Value.Length == 0)
            {
                problems.Add(new ReadProblem(ReadProblemKind.Empty, part.Name, 0, "the file is empty"));
                continue;
            }
            using (IEnumerator<PartDocument> documents = format.Read(part, position, problems, cancellation).GetEnumerator())
            {
                while (Next(documents, part, problems))
                {
                    PartDocument read = documents.Current;
                    if (!read.WithoutNul && read.Document.Text.Contains('\0', StringComparison.Ordinal))
                        problems.Add(new ReadProblem(ReadProblemKind.NulBytes, part.Name, read.Document.Origin?.Offset ?? 0, $"'{read.Document.Id}' has NUL characters"));
                    yield return new ReadDocument(read.Document.Source.Length > 0 ? read.Document : read.Document with { Source = _source }, new ReadMark(i, read.Next));
                }
            }
            if (Look(part, problems) is { } after && after != before)
                problems.Add(new ReadProblem(ReadProblemKind.Changed, part.Name, part.Start, $"it had {before.Value.Length} bytes when reading began and {after.Length} at the end, or was written to"));
        }
    }

    private static bool Next(IEnumerator<PartDocument> documents, FilePart part, ReadProblems problems)
    {
        try
        {
            return documents.MoveNext();
        }
        catch (ReadStopException e)
        {
            problems.Add(new ReadProblem(e.Kind, part.Name, e.Offset, e.Message));
        }
        catch (InvalidDataException e)
        {
            problems.Add(new ReadProblem(ReadProblemKind.Damaged, part.Name, part.Start, e.Message));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problems.Add(new ReadProblem(ReadProblemKind.Unreadable, part.Name, part.Start, e.Message));
        }
        return false;
    }

    private static (long Length, DateTime Written)? Look(FilePart part, ReadProblems problems)
    {
        var file = new FileInfo(part.Path);
        if (file.Exists)
            return (file.Length, file.LastWriteTimeUtc);
        problems.Add(new ReadProblem(ReadProblemKind.Unreadable, part.Name, 0, "the file is gone"));
        return null;
    }

    private FilePart[] Files()
    {
        if (File.Exists(path))
            return [new FilePart(path, Path.GetFileName(path), 0, new FileInfo(path).Length)];
        if (!Directory.Exists(path))
            throw new FileNotFoundException($"There is no file or folder '{path}'.", path);
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = true };
        FilePart[] files = [.. Directory.EnumerateFiles(path, "*", options)
            .Where(file => format.Endings.Any(ending => file.EndsWith(ending, StringComparison.OrdinalIgnoreCase)))
            .Select(file => new FilePart(file, Path.GetRelativePath(path, file).Replace('\\', '/'), 0, new FileInfo(file).Length))
            .Where(file => format.Takes(file.Name)).OrderBy(file => file.Name, StringComparer.Ordinal)];
        return files.Length > 0 ? files : throw new IOException($"The folder '{path}' holds nothing to read: files that end in {Listed()}.");
    }

    private string Listed()
    {
        var text = new StringBuilder();
        foreach (string ending in format.Endings.Take(12))
            text.Append(text.Length > 0 ? ", " : "").Append(ending);
        return text.Append(format.Endings.Count > 12 ? " …" : "").ToString();
    }
}
