using Athanor.Data.Readers;
using Athanor.Runs.Recipes;
using Athanor.Runs.Settings;

namespace Athanor.Data.Stages;

/// <summary>Settings of <c>read_csv</c>.</summary>
public sealed record ReadCsvSettings : ReaderSettings, IValidated
{
    /// <summary>The column that holds the text; its number from 1 where there is no header.</summary>
    public string TextColumn { get; init; } = "text";

    /// <summary>The column that names a document.</summary>
    public string IdColumn { get; init; } = "id";

    /// <summary>The column that says what a document was read from.</summary>
    public string SourceColumn { get; init; } = "source";

    /// <summary>Stands between fields, one ASCII character; left out, a tab in .tsv files and a comma in others.</summary>
    public string? Separator { get; init; }

    /// <summary>Whether the first record names the columns.</summary>
    public bool Header { get; init; } = true;

    /// <summary>Whether fields in quotes may hold separators and line ends (RFC 4180).</summary>
    public bool Quotes { get; init; } = true;

    /// <inheritdoc/>
    public void Validate(SettingsCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        check.Require(Separator is null || (Separator.Length == 1 && char.IsAscii(Separator[0]) && Separator[0] is not ((char)34 or (char)10 or (char)13)), nameof(Separator), $"The separator (separator: {Separator}) is no single ASCII character, or is a quote or line end.", "Write a comma, a semicolon, a bar or \"\\t\".");
    }

    /// <inheritdoc/>
    protected override FileFormat Format(ReadLimits limits) => new CsvFormat(new CsvColumns(TextColumn, IdColumn, SourceColumn), Separator is null ? (byte)0 : (byte)Separator[0], Header, Quotes, limits);
}

/// <summary>Reads tables of text.</summary>
public static class ReadCsvStage
{
    internal static StageKind Kind { get; } = ReaderStage.Kind<ReadCsvSettings>("read_csv", "Reads CSV and TSV files (also .gz and .zst), a document a record.");
}
