using Athanor.Data.Documents;

namespace Athanor.Data.Readers;

/// <summary>A file, or the bytes of one, that one worker reads.</summary>
/// <param name="Path">The file.</param>
/// <param name="Name">How documents and problems name it: relative to the folder that was given.</param>
/// <param name="Start">The first byte. Records that begin before it belong to the part before.</param>
/// <param name="End">The byte after the last one at which a record of this part may begin.</param>
public sealed record FilePart(string Path, string Name, long Start, long End);

/// <summary>What one worker reads at a time: some small files, a large one, or a part of it.</summary>
/// <param name="Index">Its place in the order of the corpus, from 0.</param>
/// <param name="Parts">Read one after another.</param>
public sealed record ReadTask(int Index, IReadOnlyList<FilePart> Parts)
{
    /// <summary>Bytes on the disk.</summary>
    public long Bytes => Parts.Sum(part => part.End - part.Start);
}

/// <summary>A place in a task to go on from. Only the reader that gave it understands its numbers; it can be kept as two integers.</summary>
/// <param name="Part">The part of the task.</param>
/// <param name="Position">A byte offset, or a number of records where a format can only be read from its beginning.</param>
public readonly record struct ReadMark(int Part, long Position);

/// <summary>A document that was read, and where to go on behind it.</summary>
public readonly record struct ReadDocument(Document Document, ReadMark Next);

/// <summary>
/// Reads documents from files of one kind. Tasks depend on the files and the size asked for alone, and the documents of all tasks in their order are the corpus:
/// the number of workers changes nothing. A reader is safe to use from many threads.
/// </summary>
public interface IDocumentReader
{
    /// <summary>Divides the files into tasks, in order.</summary>
    /// <param name="taskBytes">About how many bytes on the disk a task has; files that cannot be cut stay whole.</param>
    /// <exception cref="IOException">There is nothing to read.</exception>
    IReadOnlyList<ReadTask> Tasks(long taskBytes);

    /// <summary>Reads a task. What cannot be read is noted and passed over; only cancellation ends it early.</summary>
    /// <param name="task">One of <see cref="Tasks"/>.</param>
    /// <param name="from">The default to begin; else what came with the last document that was dealt with. Problems before it are not noted again.</param>
    /// <param name="problems">Takes what could not be read. Serves one worker.</param>
    /// <param name="cancellation">Ends it.</param>
    IEnumerable<ReadDocument> Read(ReadTask task, ReadMark from, ReadProblems problems, CancellationToken cancellation = default);
}

/// <summary>Implemented by the settings of stages that read: makes the reader that they describe.</summary>
public interface IReaderSettings
{
    /// <summary>Makes the reader.</summary>
    IDocumentReader Open();
}
