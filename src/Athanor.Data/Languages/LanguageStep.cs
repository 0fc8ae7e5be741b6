using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Athanor.Data.Documents;
using Athanor.Data.FastText;
using Athanor.Data.Steps;
using Athanor.Runs.Settings;

namespace Athanor.Data.Languages;

/// <summary>Settings of <c>language</c>; as they are, those of FineWeb and RefinedWeb but for the languages.</summary>
public sealed record LanguageSettings : IModelSource
{
    /// <summary>lid.176.bin or lid.176.ftz of fasttext.cc, another model of that kind, or a folder that <c>train_language_id</c> made; left out where such a stage stands in <c>from</c>.</summary>
    [Input]
    public RecipePath? Model { get; init; }

    /// <summary>Codes of the languages that stay, as the model names them: [en, de]. Empty: all.</summary>
    public IReadOnlyList<string> Keep { get; init; } = [];

    /// <summary>Documents of whose language the model is less sure are removed: 0.65 in FineWeb and RefinedWeb, 0.5 in CCNet and Dolma.</summary>
    [Range(0.0, 1.1)]
    public double MinScore { get; init; } = 0.65;

    /// <summary>What becomes of the ends of lines: space (FineWeb), remove (CCNet).</summary>
    public LineEnds Lines { get; init; }

    /// <inheritdoc/>
    public static string ModelKind => "language_identifier";

    /// <inheritdoc/>
    public IStepSource WithModel(string folder) => this with { Model = new RecipePath(folder) };

    /// <inheritdoc/>
    public Func<DocumentStep> Prepare(long seed)
    {
        string path = Model?.FullPath ?? throw new InvalidDataException(
            "language has no model. Write model: lid.176.ftz (0.9 MB, from https://fasttext.cc/docs/en/language-identification.html), or put a train_language_id stage into from.");
        FastTextModel model = FastTextModel.Load(path);
        if (Keep.FirstOrDefault(language => !model.Labels.Contains(language, StringComparer.Ordinal)) is { } unknown)
            throw new InvalidDataException($"{path} does not know the language '{unknown}'; it knows {string.Join(", ", model.Labels.Order(StringComparer.Ordinal))}.");
        return () => new LanguageStep(this, model);
    }
}

/// <summary>Keeps documents of some languages.</summary>
internal sealed class LanguageStep(LanguageSettings settings, FastTextModel model) : DocumentStep
{
    private readonly FastTextClassifier _classifier = model.NewClassifier();

    public override IReadOnlyList<string> Signals { get; } = ["score"];

    public override Removal? Apply(ref Document document, Span<float> signals)
    {
        FastTextPrediction best = _classifier.Classify(document.Text, settings.Lines);
        if (best.Label < 0)
            return new Removal("no_language", 0, settings.MinScore);
        signals[0] = best.Score;
        string language = model.Labels[best.Label];
        if (settings.Keep.Count > 0 && !settings.Keep.Contains(language, StringComparer.Ordinal))
            return new Removal("language", best.Score, settings.MinScore, Note: language);
        if (best.Score < settings.MinScore)
            return new Removal("language_score", best.Score, settings.MinScore, Note: language);
        document = document with
        {
            Metadata = new Dictionary<string, string>(document.Metadata, StringComparer.Ordinal) { ["language"] = language, ["language_score"] = best.Score.ToString("F4", CultureInfo.InvariantCulture) },
        };
        return null;
    }
}
