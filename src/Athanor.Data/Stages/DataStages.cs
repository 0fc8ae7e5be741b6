using Athanor.Data.Steps;
using Athanor.Runs.Recipes;

namespace Athanor.Data.Stages;

/// <summary>The stage kinds of this project. Documents travel as artifacts of kind <c>documents</c>: <c>documents.jsonl</c>, and <c>val-&lt;set&gt;.jsonl</c> for each set that is held out.</summary>
public static class DataStages
{
    /// <summary>Artifact kinds that stages of this project make.</summary>
    public const string Documents = "documents", Tokenizer = "tokenizer", Tokens = "tokens";

    /// <summary>Stages over whole sets, a line each.</summary>
    private static IReadOnlyList<StageKind> Whole { get; } =
    [
        DotnetDocsStage.Kind,
        ReadTextStage.Kind,
        ProcessStage.Kind,
        DedupExactStage.Kind,
        DedupLinesStage.Kind,
        DedupSentencesStage.Kind,
        DedupBloomStage.Kind,
        DedupMinhashStage.Kind,
        DedupSubstringsStage.Kind,
        MixStage.Kind,
        SplitStage.Kind,
        TrainTokenizerStage.Kind,
        TrainNgramStage.Kind,
        TrainClassifierStage.Kind,
        TrainLanguageIdStage.Kind,
        TrainForestStage.Kind,
        LoadTokenizerStage.Kind,
        ExtendTokenizerStage.Kind,
        TokenizeStage.Kind,
    ];

    /// <summary>All stage kinds: steps, readers, stages over whole sets.</summary>
    public static IReadOnlyList<StageKind> Kinds { get; } = [.. StepCatalog.All.Select(StepStage.KindOf), .. ReaderStages.All, .. Whole];

    /// <summary>Adds all of them to a vocabulary.</summary>
    public static RecipeVocabulary AddData(this RecipeVocabulary vocabulary)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        foreach (StepKind step in StepCatalog.All)
            vocabulary.Variant(typeof(IStepSource), step.Name, step.Settings);
        vocabulary.Section<DataSettings>("data", "How stages that take documents through steps work and what they tell.");
        foreach (StageKind kind in Kinds)
            vocabulary.Stage(kind);
        return vocabulary;
    }
}
