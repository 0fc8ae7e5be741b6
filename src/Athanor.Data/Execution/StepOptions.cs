namespace Athanor.Data.Execution;

/// <summary>What is written about removed documents.</summary>
public enum RemovedText
{
    /// <summary>A line each with rule, value, threshold and excerpt; the whole text of a sample of each rule.</summary>
    Sample,

    /// <summary>A line each, with the whole text.</summary>
    All,

    /// <summary>Counts and samples only.</summary>
    None,
}

/// <summary>How steps are run.</summary>
/// <param name="Workers">Threads.</param>
/// <param name="Removed">What is written about removed documents.</param>
/// <param name="Samples">Documents of a sample.</param>
/// <param name="Memory">Bytes of this process above which nothing is read ahead.</param>
/// <param name="CheckpointEvery">The least time between checkpoints.</param>
internal sealed record StepOptions(int Workers, RemovedText Removed, int Samples, long Memory, TimeSpan CheckpointEvery);
