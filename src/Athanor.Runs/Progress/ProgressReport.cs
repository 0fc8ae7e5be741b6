namespace Athanor.Runs.Progress;

/// <summary>What a progress report is about.</summary>
public enum ProgressKind
{
    /// <summary>A stage begins.</summary>
    Started,

    /// <summary>A stage got further.</summary>
    Advanced,

    /// <summary>A stage is done.</summary>
    Finished,

    /// <summary>A stage was not needed: its artifact is reused.</summary>
    Reused,

    /// <summary>A stage failed.</summary>
    Failed,

    /// <summary>A stage was interrupted and saved what it could.</summary>
    Interrupted,

    /// <summary>Something worth saying.</summary>
    Message,
}

/// <summary>How far a run is.</summary>
/// <param name="Kind">What this is about.</param>
/// <param name="Stage">The stage's name; empty for messages of the run as a whole.</param>
/// <param name="Index">The stage's number from 1.</param>
/// <param name="Count">How many stages the run has.</param>
/// <param name="Done">How much is done, in units.</param>
/// <param name="Total">How much there is, where known.</param>
/// <param name="Unit">What is counted: <c>tokens</c>, <c>documents</c>, <c>bytes</c>.</param>
/// <param name="Rate">Units a second of late, where known.</param>
/// <param name="Elapsed">Since the stage began.</param>
/// <param name="Remaining">Estimated, where known.</param>
/// <param name="Text">What is happening, for people: a loss, a file name, an error.</param>
public readonly record struct ProgressReport(ProgressKind Kind, string Stage, int Index, int Count, double Done, double? Total, string Unit, double? Rate,
    TimeSpan Elapsed, TimeSpan? Remaining, string? Text);

/// <summary>Shows progress: as bars on a terminal, as lines in a log, as JSON for machines.</summary>
public interface IProgressFace
{
    /// <summary>Shows a report; called from any thread, one call at a time, at most some ten times a second.</summary>
    void Show(in ProgressReport report);
}
