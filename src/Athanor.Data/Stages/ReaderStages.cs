using Athanor.Runs.Recipes;

namespace Athanor.Data.Stages;

/// <summary>The stage kinds that read foreign files and write documents for others.</summary>
internal static class ReaderStages
{
    public static IReadOnlyList<StageKind> All { get; } =
    [
        ReadWarcStage.Kind, ReadJsonlStage.Kind, ReadParquetStage.Kind, ReadCsvStage.Kind, ReadHtmlStage.Kind, ReadSourceStage.Kind, ReadWikiStage.Kind, ReadChatStage.Kind, ExportStage.Kind,
    ];
}
