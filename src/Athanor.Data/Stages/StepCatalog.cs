using Athanor.Data.Steps;

namespace Athanor.Data.Stages;

/// <summary>All steps. A new one is a line here: it becomes a stage kind of its own and an item of <c>process</c>.</summary>
public static class StepCatalog
{
    /// <summary>The steps, in the order in which they are explained.</summary>
    public static IReadOnlyList<StepKind> All { get; } =
    [
        StepKind.Of<LengthSettings>("length", "1", "Removes documents that are too short or too long."),
    ];

    /// <summary>The step of a settings record.</summary>
    public static StepKind Of(IStepSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return All.First(kind => kind.Settings == source.GetType());
    }
}
