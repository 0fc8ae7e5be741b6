using Athanor.Data.Parquet;
using Athanor.Data.Readers;
using Athanor.Runs.Recipes;
using Athanor.Runs.Settings;

namespace Athanor.Data.Stages;

/// <summary>Settings of <c>read_parquet</c>.</summary>
public sealed record ReadParquetSettings : ReaderSettings, IValidated
{
    /// <summary>The column that holds the text.</summary>
    public string TextKey { get; init; } = "text";

    /// <summary>The column that names a document.</summary>
    public string IdKey { get; init; } = "id";

    /// <summary>The column that says what a document was read from.</summary>
    public string SourceKey { get; init; } = "source";

    /// <inheritdoc/>
    public void Validate(SettingsCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        check.Require(TextKey != IdKey && TextKey != SourceKey, nameof(TextKey), $"The column '{TextKey}' is said to be text and something else.", "Text, id and source lie in columns of their own.");
    }

    /// <inheritdoc/>
    protected override FileFormat Format(ReadLimits limits) => new ParquetFormat(new JsonKeys(TextKey, IdKey, SourceKey), limits);
}

/// <summary>Reads Parquet files.</summary>
public static class ReadParquetStage
{
    internal static StageKind Kind { get; } = ReaderStage.Kind<ReadParquetSettings>("read_parquet", "Reads flat columns of Parquet files, a document a row.");
}
