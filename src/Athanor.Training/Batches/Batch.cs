namespace Athanor.Training.Batches;

/// <summary>
/// The rows of one optimizer step, [Rows, Length] row-major: token ids, targets (−100 where none is trained), positions that restart with each document, and
/// segments (−1: padding). Its arrays are used again for later batches.
/// </summary>
public sealed class Batch
{
    /// <summary>The target of positions that are not trained.</summary>
    public const int Ignored = -100;

    private int[] _ids = [], _targets = [], _positions = [], _segments = [], _prefixes = [];

    internal Batch(int sources)
    {
        SourceTokens = new long[sources];
        After = BatchCursor.Start(sources);
    }

    /// <summary>Rows.</summary>
    public int Rows { get; private set; }

    /// <summary>Positions of a row.</summary>
    public int Length { get; private set; }

    /// <summary>Token ids, 0 for padding.</summary>
    public Span<int> Ids => _ids.AsSpan(0, Rows * Length);

    /// <summary>Targets.</summary>
    public Span<int> Targets => _targets.AsSpan(0, Rows * Length);

    /// <summary>Positions within documents; not used where <see cref="IsPacked"/> is false.</summary>
    public Span<int> Positions => _positions.AsSpan(0, Rows * Length);

    /// <summary>Documents within rows; not used where <see cref="IsPacked"/> is false.</summary>
    public Span<int> Segments => _segments.AsSpan(0, Rows * Length);

    /// <summary>For each position the place in its row before which tokens of its document are seen by it, later ones too; not used where <see cref="IsBidirectional"/> is false.</summary>
    public Span<int> Prefixes => _prefixes.AsSpan(0, Rows * Length);

    /// <summary>Whether tokens see their own document only.</summary>
    public bool IsPacked { get; internal set; }

    /// <summary>Whether parts of documents are read in both directions.</summary>
    public bool IsBidirectional { get; internal set; }

    /// <summary>Positions that are no padding.</summary>
    public long FilledPositions { get; internal set; }

    /// <summary>Targets that are trained.</summary>
    public long TrainedTokens { get; internal set; }

    /// <summary>Trained targets by source.</summary>
    public long[] SourceTokens { get; }

    /// <summary>Where the batch behind this one begins.</summary>
    public BatchCursor After { get; }

    internal void Resize(int rows, int length)
    {
        (Rows, Length) = (rows, length);
        int size = checked(rows * length);
        if (_ids.Length < size)
            (_ids, _targets, _positions, _segments, _prefixes) = (new int[size], new int[size], new int[size], new int[size], new int[size]);
        (TrainedTokens, FilledPositions) = (0, 0);
        Array.Clear(SourceTokens);
    }
}
