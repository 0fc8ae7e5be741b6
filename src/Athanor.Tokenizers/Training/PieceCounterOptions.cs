using Athanor.Tokenizers.PreTokenizers;

namespace Athanor.Tokenizers.Training;

/// <summary>How a corpus is cut into pieces and counted.</summary>
/// <param name="Scanner">Cuts text into pieces; a piece is what no token crosses.</param>
public sealed record PieceCounterOptions(PieceScanner Scanner)
{
    /// <summary>Threads that split and count; the result does not depend on it.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>
    /// Bytes that the tables of all threads may hold together, growth included; beyond it sorted runs go to temporary files. Blocks of text of 1 MiB
    /// (four a thread) and the result come on top.
    /// </summary>
    public long MemoryLimit { get; init; } = 1L << 30;

    /// <summary>Bytes that the result may hold: the text of the distinct pieces and 12 bytes for each.</summary>
    public long ResultLimit { get; init; } = 4L << 30;

    /// <summary>Folder for temporary files; null is the system's.</summary>
    public string? SpillFolder { get; init; }

    /// <summary>Longer pieces are cut into parts of at most this many bytes, between two characters where there are any; at most 1,048,575.</summary>
    public int MaxPieceBytes { get; init; } = 1024;

    /// <summary>Pieces that occur less often are left out of the result. 1 keeps all and so the training exact.</summary>
    public long MinimumCount { get; init; } = 1;

    internal Func<string, Stream>? CreateSpillFile { get; init; }

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(Scanner);
        ArgumentOutOfRangeException.ThrowIfLessThan(Threads, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MemoryLimit, 1 << 16);
        ArgumentOutOfRangeException.ThrowIfLessThan(ResultLimit, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxPieceBytes, 16);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxPieceBytes, PieceTable.MaxPieceBytes);
        ArgumentOutOfRangeException.ThrowIfLessThan(MinimumCount, 1);
    }
}
