using Athanor.Data.Steps;
using Athanor.Runs.Recipes;
using Athanor.Runs.Settings;

namespace Athanor.Data.Stages;

/// <summary>Settings of <c>process</c>.</summary>
public sealed record ProcessSettings : IValidated
{
    /// <summary>Steps in order, each a map whose kind names it, or that word alone.</summary>
    public required IReadOnlyList<IStepSource> Steps { get; init; }

    /// <inheritdoc/>
    public void Validate(SettingsCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        check.Require(Steps.Count > 0, nameof(Steps), "There is no step.", $"Write a list of {string.Join(", ", StepCatalog.All.Select(step => step.Name))}.");
    }
}

/// <summary>Takes documents through several steps in one pass: the same documents as a stage for each, without writing and reading between them.</summary>
public static class ProcessStage
{
    internal static StageKind Kind { get; } = StageKind.Of<ProcessSettings>("process", "2", "Takes documents through several steps in one pass.", DataStages.Documents,
        (context, settings, cancellation) => StepStage.Run(context, settings.Steps.Select(source => (StepCatalog.Of(source).Name, source)), context.Seed, cancellation)) with
    {
        Takes = StepStage.Takes(StepCatalog.All),
        Sections = [typeof(DataSettings)],
        Resumable = true,
        RunPart = (context, part, cancellation) => StepStage.RunPart(context, ((ProcessSettings)context.Settings).Steps.Select(source => (StepCatalog.Of(source).Name, source)), context.Seed, part, cancellation),
        Fingerprint = settings => string.Join(' ', ((ProcessSettings)settings).Steps.Select(source => StepCatalog.Of(source)).Select(kind => $"{kind.Name}:{kind.Version}")),
    };
}
