namespace Athanor.Runs.Stages;

/// <summary>What a running stage works with.</summary>
public sealed class StageContext
{
    /// <summary>The stage's name in its recipe.</summary>
    public required string Name { get; init; }

    /// <summary>A record of the kind's settings type.</summary>
    public required object Settings { get; init; }
}
