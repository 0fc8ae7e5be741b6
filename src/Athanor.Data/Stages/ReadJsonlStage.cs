using Athanor.Data.Readers;
using Athanor.Runs.Recipes;
using Athanor.Runs.Settings;

namespace Athanor.Data.Stages;

/// <summary>Settings of <c>read_jsonl</c>.</summary>
public sealed record ReadJsonlSettings : ReaderSettings, IValidated
{
    /// <summary>The key that holds the text.</summary>
    public string TextKey { get; init; } = "text";

    /// <summary>The key that names a document.</summary>
    public string IdKey { get; init; } = "id";

    /// <summary>The key that says what a document was read from.</summary>
    public string SourceKey { get; init; } = "source";

    /// <inheritdoc/>
    public void Validate(SettingsCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        check.Require(TextKey != IdKey && TextKey != SourceKey && IdKey != SourceKey, nameof(TextKey), $"'{TextKey}', '{IdKey}' and '{SourceKey}' are not three different keys.", "Text, id and source lie in keys of their own.");
    }

    /// <inheritdoc/>
    protected override FileFormat Format(ReadLimits limits) => new JsonLinesFormat(new JsonKeys(TextKey, IdKey, SourceKey), limits);
}

/// <summary>Reads JSON Lines.</summary>
public static class ReadJsonlStage
{
    internal static StageKind Kind { get; } = ReaderStage.Kind<ReadJsonlSettings>("read_jsonl", "Reads JSON Lines (.jsonl, .ndjson, also .gz and .zst), a document a line.");
}
