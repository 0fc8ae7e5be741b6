using Athanor.Data.Readers;
using Athanor.Data.Wiki;
using Athanor.Runs.Recipes;

namespace Athanor.Data.Stages;

/// <summary>Settings of <c>read_wiki</c>.</summary>
public sealed record ReadWikiSettings : ReaderSettings
{
    /// <summary>Whether wikitext is made plain text; else it stays as it is.</summary>
    public bool Plain { get; init; } = true;

    /// <summary>Numbers of the namespaces that are taken; 0 is that of the articles.</summary>
    public IReadOnlyList<int> Namespaces { get; init; } = [0];

    /// <inheritdoc/>
    protected override FileFormat Format(ReadLimits limits) => new WikiXmlFormat(Plain, Namespaces, limits);
}

/// <summary>Reads dumps of MediaWiki.</summary>
public static class ReadWikiStage
{
    internal static StageKind Kind { get; } = ReaderStage.Kind<ReadWikiSettings>("read_wiki", "Reads dumps of MediaWiki (.xml, also .gz, .zst and .bz2), a document a page.");
}
