using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Runtime.InteropServices;
using Athanor.Data.Documents;
using Athanor.Data.Steps;
using Athanor.Runs.Settings;

namespace Athanor.Data.Forests;

/// <summary>Settings of <c>forest</c>.</summary>
public sealed record ForestSettings : IModelSource, IValidated
{
    /// <summary>A folder that <c>train_forest</c> made; left out where such a stage stands in <c>from</c>.</summary>
    [Input]
    public RecipePath? Model { get; init; }

    /// <summary>The label whose share of the trees' votes the bound is held against.</summary>
    public required string Label { get; init; }

    /// <summary>Documents with a lower share are removed.</summary>
    [Range(0.0, 1.0)]
    public double MinScore { get; init; } = 0.5;

    /// <summary>The metadata that takes the share.</summary>
    public string Field { get; init; } = "forest_score";

    /// <inheritdoc/>
    public static string ModelKind => "forest";

    /// <inheritdoc/>
    public IStepSource WithModel(string folder) => this with { Model = new RecipePath(folder) };

    /// <inheritdoc/>
    public Func<DocumentStep> Prepare(long seed)
    {
        string path = Model?.FullPath ?? throw new InvalidDataException("forest has no model. Write model: and a folder, or put a train_forest stage into from.");
        RandomForest forest = ForestFile.Load(path);
        int label = forest.Labels.ToList().IndexOf(Label);
        return label < 0 ? throw new InvalidDataException($"{path} has no label '{Label}'; it has {string.Join(", ", forest.Labels)}.") : () => new ForestStep(this, forest, label);
    }

    /// <inheritdoc/>
    public void Validate(SettingsCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        check.Require(Field.Length > 0, nameof(Field), "Metadata needs a name.", "Write field: forest_score.");
    }
}

/// <summary>Judges documents by their features.</summary>
internal sealed class ForestStep(ForestSettings settings, RandomForest forest, int label) : DocumentStep
{
    private readonly DocumentFeatures _read = new(forest.Fields);
    private readonly List<float> _features = [];
    private readonly float[] _shares = new float[forest.Labels.Count];

    public override IReadOnlyList<string> Signals { get; } = ["score"];

    public override Removal? Apply(ref Document document, Span<float> signals)
    {
        _read.Read(document, _features);
        if (_features.Count != forest.Features)
            throw new InvalidDataException($"It has {_features.Count} features ({string.Join(", ", forest.Fields)}); the forest was grown on {forest.Features}.");
        forest.Predict(CollectionsMarshal.AsSpan(_features), _shares);
        float score = signals[0] = _shares[label];
        if (score < settings.MinScore)
            return new Removal("low_score", score, settings.MinScore);
        document = document with { Metadata = new Dictionary<string, string>(document.Metadata, StringComparer.Ordinal) { [settings.Field] = score.ToString("F4", CultureInfo.InvariantCulture) } };
        return null;
    }
}
