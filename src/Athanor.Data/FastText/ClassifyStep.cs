using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Athanor.Data.Documents;
using Athanor.Data.Steps;
using Athanor.Runs.Settings;

namespace Athanor.Data.FastText;

/// <summary>Settings of <c>classify</c>.</summary>
public sealed record ClassifySettings : IModelSource, IValidated
{
    /// <summary>A .bin or .ftz file of fasttext, or a folder that <c>train_classifier</c> made; left out where such a stage stands in <c>from</c>.</summary>
    [Input]
    public RecipePath? Model { get; init; }

    /// <summary>The label whose score the bounds are held against; left out: the best one's.</summary>
    public string? Label { get; init; }

    /// <summary>Documents with a lower score are removed. DCLM keeps the best tenth with 0.018112 for the label of good text of its own model.</summary>
    [Range(0.0, 1.1)]
    public double MinScore { get; init; }

    /// <summary>Documents with a higher score are removed: for labels of bad text.</summary>
    [Range(0.0, 1.1)]
    public double MaxScore { get; init; } = 1.1;

    /// <summary>Documents whose best label is another one are removed; left out: none is.</summary>
    public IReadOnlyList<string> Keep { get; init; } = [];

    /// <summary>What becomes of the ends of lines: space, remove.</summary>
    public LineEnds Lines { get; init; }

    /// <summary>The metadata that takes the best label; its score stands beside it under the same name with _score behind.</summary>
    public string Field { get; init; } = "label";

    /// <inheritdoc/>
    public static string ModelKind => "classifier";

    /// <inheritdoc/>
    public IStepSource WithModel(string folder) => this with { Model = new RecipePath(folder) };

    /// <inheritdoc/>
    public Func<DocumentStep> Prepare(long seed)
    {
        string path = Model?.FullPath ?? throw new InvalidDataException("classify has no model. Write model: and a .bin or .ftz file of fasttext, or put a train_classifier stage into from.");
        FastTextModel model = FastTextModel.Load(path);
        int label = Label is null ? -1 : model.PlaceOf(Label, path);
        foreach (string kept in Keep)
            model.PlaceOf(kept, path);
        return () => new ClassifyStep(this, model, label);
    }

    /// <inheritdoc/>
    public void Validate(SettingsCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        check.Require(MinScore <= MaxScore, nameof(MinScore), $"No score is at least {MinScore} and at most {MaxScore}.", "Write a min_score that is at most max_score.");
        check.Require(Field.Length > 0, nameof(Field), "Metadata needs a name.", "Write field: label.");
    }
}

/// <summary>Judges documents by what a classifier takes them for.</summary>
internal sealed class ClassifyStep(ClassifySettings settings, FastTextModel model, int label) : DocumentStep
{
    private readonly FastTextClassifier _classifier = model.NewClassifier();
    private readonly string _score = settings.Field + "_score";

    public override IReadOnlyList<string> Signals { get; } = ["score", "best_score"];

    public override Removal? Apply(ref Document document, Span<float> signals)
    {
        FastTextPrediction best = _classifier.Classify(document.Text, settings.Lines);
        if (best.Label < 0)
            return new Removal("nothing_known", 0, 1);
        float score = label < 0 ? best.Score : _classifier.Scores[label];
        (signals[0], signals[1]) = (score, best.Score);
        string name = model.Labels[best.Label];
        if (settings.Keep.Count > 0 && !settings.Keep.Contains(name, StringComparer.Ordinal))
            return new Removal("label", best.Score, 1, Note: name);
        if (score < settings.MinScore)
            return new Removal("low_score", score, settings.MinScore, Note: name);
        if (score > settings.MaxScore)
            return new Removal("high_score", score, settings.MaxScore, Note: name);
        document = document with
        {
            Metadata = new Dictionary<string, string>(document.Metadata, StringComparer.Ordinal) { [settings.Field] = name, [_score] = score.ToString("F4", CultureInfo.InvariantCulture) },
        };
        return null;
    }
}
