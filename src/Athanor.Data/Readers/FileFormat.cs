using Athanor.Data.Documents;

namespace Athanor.Data.Readers;

/// <summary>A document of a part of a file, and the position behind it.</summary>
public readonly record struct PartDocument(Document Document, long Next)
{
    /// <summary>Whether the text is known to have no NUL characters, so that nobody need look for them again.</summary>
    internal bool WithoutNul { get; init; }
}

/// <summary>How files of one kind become documents. <see cref="FormatReader"/> makes a reader of it.</summary>
public abstract class FileFormat
{
    /// <summary>Names of files in folders end so; a file that is given by its own name need not.</summary>
    public abstract IReadOnlyList<string> Endings { get; }

    /// <summary>Whether a part of the file can be read without what is before it.</summary>
    public virtual bool CanSplit(string path) => false;

    /// <summary>Whether the folder's file belongs to the corpus, its ending aside.</summary>
    /// <param name="name">Relative to the folder, with forward slashes.</param>
    public virtual bool Takes(string name) => true;

    /// <summary>Reads the records that begin in a part.</summary>
    /// <param name="part">The part.</param>
    /// <param name="position">0, or the <see cref="PartDocument.Next"/> of the last document that was dealt with.</param>
    /// <param name="problems">Takes what is wrong with records.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="IOException">The rest of the file cannot be read.</exception>
    public abstract IEnumerable<PartDocument> Read(FilePart part, long position, ReadProblems problems, CancellationToken cancellation);
}
