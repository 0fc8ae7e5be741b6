using Athanor.Runs.Stages;

namespace Athanor.Runs.Recipes;

/// <summary>A kind of artifact that a stage takes from the stages it names in <c>from</c>.</summary>
/// <param name="Artifact">What the other stage's kind produces.</param>
/// <param name="Min">How many at least.</param>
/// <param name="Max">How many at most.</param>
/// <param name="Instead">Another artifact that does as well: each of its kind counts as one of these.</param>
public sealed record StageInput(string Artifact, int Min = 1, int Max = 1, string? Instead = null)
{
    /// <summary>For messages: <c>tokens or documents</c>.</summary>
    public override string ToString() => Instead is null ? Artifact : $"{Artifact} or {Instead}";
}

/// <summary>What a stage's <c>use:</c> names: settings, inputs, output and the work itself.</summary>
public sealed record StageKind
{
    /// <summary>The name that <c>use:</c> gives, in snake_case.</summary>
    public required string Name { get; init; }

    /// <summary>A sealed record.</summary>
    public required Type Settings { get; init; }

    /// <summary>Changes whenever the code would produce other bytes from the same inputs and settings.</summary>
    public required string Version { get; init; }

    /// <summary>One sentence for people.</summary>
    public required string Summary { get; init; }

    /// <summary>Writes the artifact into the context's output folder.</summary>
    public required Func<StageContext, CancellationToken, Task> Run { get; init; }

    /// <summary>What the artifact is: <c>documents</c>, <c>token_shards</c>, <c>checkpoint</c>.</summary>
    public required string Produces { get; init; }

    /// <summary>What the stage takes; empty for stages that begin a chain.</summary>
    public IReadOnlyList<StageInput> Takes { get; init; } = [];

    /// <summary>Sections that the stage reads; they decide about reuse and others cannot be read.</summary>
    public IReadOnlyList<Type> Sections { get; init; } = [];

    /// <summary>Whether the recipe's seed decides about reuse.</summary>
    public bool UsesSeed { get; init; } = true;

    /// <summary>Whether the stage keeps its progress in a work folder and goes on from there after an interruption.</summary>
    public bool Resumable { get; init; }

    /// <summary>
    /// Does one of the parts of the work into the context's work folder, where other processes do the others. <see cref="Run"/> then takes what parts made and makes the same artifact as it makes
    /// alone. Null for kinds whose work is not cut.
    /// </summary>
    public Func<StageContext, StagePart, CancellationToken, Task>? RunPart { get; init; }

    /// <summary>Anything else that decides about reuse, such as the version of data found on the machine; from the settings.</summary>
    public Func<object, string>? Fingerprint { get; init; }

    /// <summary>A kind whose settings are of a type known at compile time.</summary>
    public static StageKind Of<TSettings>(string name, string version, string summary, string produces, Func<StageContext, TSettings, CancellationToken, Task> run)
        where TSettings : class => new()
        {
            Name = name,
            Settings = typeof(TSettings),
            Version = version,
            Summary = summary,
            Produces = produces,
            Run = (context, cancellation) => run(context, (TSettings)context.Settings, cancellation),
        };
}

/// <summary>A top-level key of recipes whose value is a settings record.</summary>
/// <param name="Name">The key, in snake_case.</param>
/// <param name="Settings">A sealed record.</param>
/// <param name="Summary">One sentence for people.</param>
public sealed record SectionKind(string Name, Type Settings, string Summary);
