using Athanor.Data.Decontamination;
using Athanor.Data.Extraction;
using Athanor.Data.FastText;
using Athanor.Data.Forests;
using Athanor.Data.LanguageModels;
using Athanor.Data.Languages;
using Athanor.Data.Policies;
using Athanor.Data.Privacy;
using Athanor.Data.Quality;
using Athanor.Data.Repair;
using Athanor.Data.Sampling;
using Athanor.Data.Steps;
using Athanor.Data.Urls;
using Athanor.Data.Words;

namespace Athanor.Data.Stages;

/// <summary>All steps. A new one is a line here: it becomes a stage kind of its own and an item of <c>process</c>.</summary>
public static class StepCatalog
{
    /// <summary>The steps, in the order in which they are explained.</summary>
    public static IReadOnlyList<StepKind> All { get; } =
    [
        StepKind.Of<ExtractHtmlSettings>("extract_html", "1", "Takes the main content and the metadata out of web pages."),
        StepKind.Of<FilterUrlSettings>("filter_url", "1", "Removes documents by their addresses: domains, hosts, words."),
        StepKind.Of<FilterPolicySettings>("filter_policy", "1", "Removes documents whose owners have opted out or whose licence is not allowed."),
        StepKind.Of<TakedownSettings>("takedown", "1", "Removes documents that are on takedown lists."),
        StepKind.Of<LengthSettings>("length", "1", "Removes documents that are too short or too long."),
        StepKind.Of<FilterQualitySettings>("filter_quality", "1", "Removes documents by heuristic rules: gopher-paper, fineweb, c4, dolma, dclm, slimpajama, or rules of one's own."),
        StepKind.Of<C4LinesSettings>("c4_lines", "1", "Keeps the lines that C4's rules keep, and documents with enough sentences in them."),
        StepKind.Of<RefinedWebLinesSettings>("refinedweb_lines", "1", "Takes out lines of capitals, counters, menus; removes documents that lose much by it."),
        StepKind.Of<PiiSettings>("pii", "1", "Masks e-mail addresses, telephone, account and card numbers, internet addresses, keys and tokens, or puts examples in their place."),
        StepKind.Of<RepairSettings>("repair", "1", "Undoes wrong encodings, deletes control and zero-width characters, composes characters, makes line ends one kind."),
        StepKind.WithModel<FilterWordsSettings>("filter_words", "1", "Removes documents with words of lists, such as those about sex and abuse, and those that a classifier takes for such.", usesSeed: true),
        StepKind.Of<SampleSettings>("sample", "1", "Keeps a random share of documents, by the seed.", usesSeed: true),
        StepKind.Of<DecontaminateSettings>("decontaminate", "1", "Removes documents that hold copies of questions of tasks, or cuts the copies out."),
        StepKind.WithModel<PerplexitySettings>("perplexity", "1", "Removes documents, or puts them into buckets, by how well an n-gram model of good text predicts them."),
        StepKind.WithModel<ClassifySettings>("classify", "1", "Removes documents, or labels them, by what a text classifier takes them for."),
        StepKind.WithModel<LanguageSettings>("language", "1", "Keeps documents of some languages."),
        StepKind.WithModel<ForestSettings>("forest", "1", "Removes documents, or labels them, by what a random forest says of their features."),
    ];

    /// <summary>The step of a settings record.</summary>
    public static StepKind Of(IStepSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return All.First(kind => kind.Settings == source.GetType());
    }
}
