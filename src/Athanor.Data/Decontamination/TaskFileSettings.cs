using Athanor.Runs.Settings;

namespace Athanor.Data.Decontamination;

/// <summary>Questions of a task that models will be tested with.</summary>
public sealed record TaskFileSettings : IValidated
{
    /// <summary>Names the task in reasons of removal; the file's name where left out.</summary>
    public string? Name { get; init; }

    /// <summary>A .jsonl file (also .gz), a .csv or .tsv file, or a folder of them.</summary>
    [Input]
    public required RecipePath Path { get; init; }

    /// <summary>Fields of the question: keys, or for csv and tsv columns from 0. Lists count as their texts joined.</summary>
    public IReadOnlyList<string> Query { get; init; } = ["question"];

    /// <summary>Fields of the gold answer.</summary>
    public IReadOnlyList<string> Answer { get; init; } = [];

    /// <summary>The task's name in messages.</summary>
    internal string Shown => Name ?? System.IO.Path.GetFileNameWithoutExtension(Path.FullPath.TrimEnd('/', '\\'));

    /// <inheritdoc/>
    public void Validate(SettingsCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        check.Require(Query.Count + Answer.Count > 0, nameof(Query), "No field of the task is named.", "Write query: [question] and answer: [answer].");
    }
}
