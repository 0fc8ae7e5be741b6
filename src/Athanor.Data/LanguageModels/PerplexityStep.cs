using System.ComponentModel.DataAnnotations;
using Athanor.Data.Documents;
using Athanor.Data.Scoring;
using Athanor.Data.Steps;
using Athanor.Runs.Settings;

namespace Athanor.Data.LanguageModels;

/// <summary>Settings of <c>perplexity</c>.</summary>
public sealed record PerplexitySettings : IModelSource, IValidated
{
    /// <summary>A folder that <c>train_ngram</c> made or an .arpa file; left out where such a stage stands in <c>from</c>.</summary>
    [Input]
    public RecipePath? Model { get; init; }

    /// <summary>What the words of an .arpa file are; folders know it themselves.</summary>
    public NgramUnit Unit { get; init; } = NgramUnit.Normalized;

    /// <summary>Documents of a lower perplexity are removed: lists, repeated phrases.</summary>
    [Range(0, 1e30)]
    public double Min { get; init; }

    /// <summary>Documents of a higher perplexity are removed.</summary>
    [Range(0, 1e30)]
    public double Max { get; init; } = 1e30;

    /// <summary>
    /// Two bounds between the buckets head, middle and tail that documents are told to be in; CCNet has 340 and 520 for English with its own model, the 30th and 60th percentiles. Left out: no
    /// buckets.
    /// </summary>
    public IReadOnlyList<double> Buckets { get; init; } = [];

    /// <inheritdoc/>
    public static string ModelKind => "ngram_model";

    /// <inheritdoc/>
    public IStepSource WithModel(string folder) => this with { Model = new RecipePath(folder) };

    /// <inheritdoc/>
    public Func<DocumentStep> Prepare(long seed)
    {
        string path = Model?.FullPath ?? throw new InvalidDataException("perplexity has no model. Write model: and a folder or .arpa file, or put a train_ngram stage into from.");
        NgramModelFolder model = NgramModelFolder.Load(path, Unit);
        return () => new PerplexityStep(this, model.Scorer());
    }

    /// <inheritdoc/>
    public void Validate(SettingsCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        check.Require(Min <= Max, nameof(Min), $"No document has a perplexity of at least {Min} and at most {Max}.", "Write a min that is at most max.");
        check.Require(Buckets.Count is 0 || (Buckets.Count == 2 && Buckets[0] <= Buckets[1]), nameof(Buckets), "There are three buckets: head, middle, tail.", "Write two rising bounds, such as [340, 520].");
    }
}

/// <summary>Judges documents by how well a model of good text predicts them.</summary>
internal sealed class PerplexityStep(PerplexitySettings settings, IScorer scorer) : DocumentStep
{
    private static readonly string[] Names = ["head", "middle", "tail"];

    public override IReadOnlyList<string> Signals { get; } = ["perplexity", "unknown_words"];

    public override Removal? Apply(ref Document document, Span<float> signals)
    {
        TextScore score = scorer.Score(document.Text);
        double perplexity = score.Perplexity;
        signals[0] = (float)perplexity;
        signals[1] = score.Words == 0 ? float.NaN : score.Unknown / (float)score.Words;
        if (score.Words == 0)
            return new Removal("no_words", 0, 1);
        if (perplexity < settings.Min)
            return new Removal("low_perplexity", perplexity, settings.Min);
        if (perplexity > settings.Max)
            return new Removal("high_perplexity", perplexity, settings.Max);
        if (settings.Buckets.Count == 2)
        {
            string bucket = Names[perplexity < settings.Buckets[0] ? 0 : perplexity < settings.Buckets[1] ? 1 : 2];
            document = document with { Metadata = new Dictionary<string, string>(document.Metadata, StringComparer.Ordinal) { ["perplexity_bucket"] = bucket } };
        }
        return null;
    }
}
