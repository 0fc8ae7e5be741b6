namespace Athanor.Data.Readers;

/// <summary>The rest of a file cannot be read. Readers end the file with a problem noted; it never leaves them.</summary>
internal sealed class ReadStopException(ReadProblemKind kind, long offset, string detail, Exception? inner = null) : IOException(detail, inner)
{
    public ReadProblemKind Kind { get; } = kind;

    public long Offset { get; } = offset;
}
