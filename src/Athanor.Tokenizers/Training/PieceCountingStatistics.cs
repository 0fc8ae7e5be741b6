namespace Athanor.Tokenizers.Training;

/// <summary>What a count of pieces went through.</summary>
public sealed record PieceCountingStatistics
{
    /// <summary>Documents read.</summary>
    public long Documents { get; init; }

    /// <summary>Bytes of text read.</summary>
    public long Bytes { get; init; }

    /// <summary>Pieces, repeated ones included.</summary>
    public long Pieces { get; init; }

    /// <summary>Pieces that were longer than the cap and were cut.</summary>
    public long CutPieces { get; init; }

    /// <summary>Distinct pieces that were left out because they occur too rarely.</summary>
    public long RarePieces { get; init; }

    /// <summary>Sorted runs that went to temporary files.</summary>
    public int SpilledRuns { get; init; }

    /// <summary>Bytes that went to temporary files.</summary>
    public long SpilledBytes { get; init; }

    /// <summary>The most bytes that the tables held together at the end of a block.</summary>
    public long PeakTableBytes { get; init; }
}
