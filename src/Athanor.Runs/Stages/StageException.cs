namespace Athanor.Runs.Stages;

/// <summary>A stage that failed; what earlier stages made is kept.</summary>
public sealed class StageException : Exception
{
    /// <summary>The stage's name.</summary>
    public string Stage { get; }

    internal StageException(string stage, Exception inner)
        : base($"The stage '{stage}' failed: {inner.Message}", inner) => Stage = stage;
}

/// <summary>A run that was interrupted and can go on.</summary>
public sealed class RunInterruptedException : OperationCanceledException
{
    /// <summary>The stage at which it was interrupted.</summary>
    public string Stage { get; }

    /// <summary>The command that goes on with it.</summary>
    public string ResumeCommand { get; }

    internal RunInterruptedException(string stage, string resumeCommand, Exception inner, CancellationToken cancellation)
        : base($"Interrupted in the stage '{stage}'. Go on with: {resumeCommand}", inner, cancellation) => (Stage, ResumeCommand) = (stage, resumeCommand);
}
