using System.ComponentModel.DataAnnotations;
using Athanor.Data.Steps;
using Athanor.Runs.Settings;

namespace Athanor.Data.Words;

/// <summary>Settings of <c>filter_words</c>: removes documents with words of lists, such as those about sex and abuse.</summary>
public sealed record FilterWordsSettings : IStepSource, IValidated
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

    /// <inheritdoc/>
    public void Validate(SettingsCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        check.Require(Lists is not null || BuiltIn, nameof(Lists), "there is no list of words.", "Name a file or folder with lists, or set built_in: true.");
    }

    /// <inheritdoc/>
    public Func<DocumentStep> Prepare(long seed)
    {
        WordLists lists = WordLists.Load(Lists?.FullPath, BuiltIn, Allow);
        return () => new WordListStep(this, lists, seed);
    }
}
