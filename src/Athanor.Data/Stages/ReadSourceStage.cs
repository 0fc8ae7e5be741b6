using Athanor.Data.Readers;
using Athanor.Data.SourceCode;
using Athanor.Runs.Recipes;

namespace Athanor.Data.Stages;

/// <summary>Settings of <c>read_source</c>.</summary>
public sealed record ReadSourceSettings : ReaderSettings
{
    /// <summary>Languages that are taken, as GitHub names them: C#, Python; all where empty.</summary>
    public IReadOnlyList<string> Languages { get; init; } = [];

    /// <summary>Whether generated and minified files are taken; they are marked in the metadata then.</summary>
    public bool Generated { get; init; }

    /// <summary>Whether folders of packages (node_modules, vendor) are read.</summary>
    public bool Foreign { get; init; }

    /// <inheritdoc/>
    protected override FileFormat Format(ReadLimits limits) => new SourceCodeFormat(Languages, Generated, Foreign, limits);
}

/// <summary>Reads trees of source code.</summary>
public static class ReadSourceStage
{
    internal static StageKind Kind { get; } = ReaderStage.Kind<ReadSourceSettings>("read_source", "Reads trees of source code, a document a file, with language and licence.");
}
