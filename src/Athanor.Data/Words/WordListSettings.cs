using System.ComponentModel.DataAnnotations;
using Athanor.Data.FastText;
using Athanor.Data.Steps;
using Athanor.Runs.Settings;

namespace Athanor.Data.Words;

/// <summary>Settings of <c>filter_words</c>: removes documents with words of lists, such as those about sex and abuse, and those that a classifier takes for such.</summary>
public sealed record FilterWordsSettings : IModelSource, IValidated
{
    /// <summary>A file with a word or phrase a line, or a folder of such files named by language codes, as LDNOOBW has them: en, de, ja.</summary>
    [Input]
    public RecipePath? Lists { get; init; }

    /// <summary>Also look for a short list of English terms of pornography that comes with this program.</summary>
    public bool BuiltIn { get; init; }

    /// <summary>The language of documents whose metadata name none; a folder's list of that language is used.</summary>
    public string Language { get; init; } = "en";

    /// <summary>Words of the lists that are allowed.</summary>
    public IReadOnlyList<string> Allow { get; init; } = [];

    /// <summary>Finds up to which a document is kept.</summary>
    [Range(0, 1_000_000)]
    public int MaxFinds { get; init; }

    /// <summary>The share of documents above that which is kept all the same, chosen by the recipe's seed and the text; C4 keeps none.</summary>
    [Range(0, 1)]
    public double KeepShare { get; init; }

    /// <summary>A classifier beside the lists: a .bin or .ftz file of fasttext, or a folder that <c>train_classifier</c> made; left out where such a stage stands in <c>from</c>. Needs label.</summary>
    [Input]
    public RecipePath? Classifier { get; init; }

    /// <summary>The classifier's label of bad text, such as toxic or nsfw; left out, no classifier is asked.</summary>
    public string? Label { get; init; }

    /// <summary>The label's score up to which a document is kept.</summary>
    [Range(0.0, 1.0)]
    public double MaxScore { get; init; } = 0.5;

    /// <inheritdoc/>
    public static string ModelKind => ClassifySettings.ModelKind;

    /// <inheritdoc/>
    public IStepSource WithModel(string folder) => Label is null || Classifier is not null ? this : this with { Classifier = new RecipePath(folder) };

    /// <inheritdoc/>
    public void Validate(SettingsCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        check.Require(Lists is not null || BuiltIn || Label is not null, nameof(Lists), "there is no list of words.", "Name a file or folder with lists, set built_in: true, or name a classifier's label.");
        check.Require(Classifier is null || Label is not null, nameof(Label), "there is a classifier and no label.", "Name the classifier's label of bad text.");
    }

    /// <inheritdoc/>
    public Func<DocumentStep> Prepare(long seed)
    {
        WordLists lists = WordLists.Load(Lists?.FullPath, BuiltIn, Allow);
        if (Label is null)
            return () => new WordListStep(this, lists, null, -1, seed);
        string path = Classifier?.FullPath ?? throw new InvalidDataException("filter_words names a label and has no classifier. Write classifier: and a .bin or .ftz file of fasttext, or put a train_classifier stage into from.");
        FastTextModel model = FastTextModel.Load(path);
        int label = model.PlaceOf(Label, path);
        return () => new WordListStep(this, lists, model.NewClassifier(), label, seed);
    }
}
