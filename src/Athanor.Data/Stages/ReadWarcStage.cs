using Athanor.Data.Readers;
using Athanor.Data.Warc;
using Athanor.Runs.Recipes;
using Athanor.Runs.Settings;

namespace Athanor.Data.Stages;

/// <summary>Settings of <c>read_warc</c>.</summary>
public sealed record ReadWarcSettings : ReaderSettings, IValidated
{
    /// <summary>Media types of pages that are taken; others are counted as not_asked. The texts of WET files are taken always.</summary>
    public IReadOnlyList<string> ContentTypes { get; init; } = ["text/html", "application/xhtml+xml"];

    /// <summary>Whether pages are taken that the server did not answer with 2xx.</summary>
    public bool AnyStatus { get; init; }

    /// <inheritdoc/>
    public void Validate(SettingsCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        check.Require(ContentTypes.All(type => type.Contains('/', StringComparison.Ordinal) && !type.Contains(';', StringComparison.Ordinal)), nameof(ContentTypes), "A media type looks like text/html.", "Write the type without its parameters.");
    }

    /// <inheritdoc/>
    protected override FileFormat Format(ReadLimits limits) => new WarcFormat(ContentTypes, AnyStatus, limits);
}

/// <summary>Reads crawl files.</summary>
public static class ReadWarcStage
{
    internal static StageKind Kind { get; } = ReaderStage.Kind<ReadWarcSettings>("read_warc", "Reads crawl files (.warc, .wet, also .gz): pages as markup for extract, WET as text.");
}
