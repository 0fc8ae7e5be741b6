using System.ComponentModel.DataAnnotations;
using Athanor.Data.Documents;
using Athanor.Data.FastText;
using Athanor.Runs.Recipes;
using Athanor.Runs.Settings;
using Athanor.Runs.Stages;

namespace Athanor.Data.Stages;

/// <summary>Settings of <c>train_classifier</c>; the defaults are those of DCLM's quality classifier.</summary>
public sealed record TrainClassifierSettings : IValidated
{
    /// <summary>What the documents of each stage in <c>from</c> are examples of, in the same order: [good, bad].</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>Instead of labels: the metadata that holds a document's label.</summary>
    public string? LabelBy { get; init; }

    /// <summary>Longest run of words that has a vector; 2 for bigrams.</summary>
    [Range(1, 10)]
    public int WordNgrams { get; init; } = 2;

    /// <summary>Shortest run of characters within a word that has a vector.</summary>
    [Range(0, 20)]
    public int MinCharacters { get; init; }

    /// <summary>Longest run of characters within a word that has a vector; 0 for none.</summary>
    [Range(0, 20)]
    public int MaxCharacters { get; init; }

    /// <summary>Numbers in a vector.</summary>
    [Range(1, 4096)]
    public int Dimensions { get; init; } = 100;

    /// <summary>Vectors that runs of words and characters share by their hash.</summary>
    [Range(1, int.MaxValue)]
    public int Buckets { get; init; } = 2_000_000;

    /// <summary>Words seen less often have no vector of their own.</summary>
    [Range(1, int.MaxValue)]
    public int MinCount { get; init; } = 1;

    /// <summary>Times that training goes over the documents.</summary>
    [Range(1, 10_000)]
    public int Epochs { get; init; } = 5;

    /// <summary>The rate of the first step; it falls linearly to 0.</summary>
    [Range(1e-6, 10.0)]
    public double LearningRate { get; init; } = 0.1;

    /// <summary>softmax; hierarchical_softmax for hundreds of labels; one_vs_all for scores that do not sum to 1.</summary>
    public FastTextLoss Loss { get; init; } = FastTextLoss.Softmax;

    /// <summary>The share of documents that is not trained on, to tell how good the classifier is.</summary>
    [Range(0.0, 0.5)]
    public double HeldOut { get; init; } = 0.05;

    internal FastTextOptions Options(long seed) => new()
    {
        WordNgrams = WordNgrams,
        MinCharacters = MinCharacters,
        MaxCharacters = MaxCharacters,
        Dimensions = Dimensions,
        Buckets = Buckets,
        MinCount = MinCount,
        Epochs = Epochs,
        LearningRate = LearningRate,
        Loss = Loss,
        Seed = seed,
    };

    /// <inheritdoc/>
    public void Validate(SettingsCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        check.Require(MinCharacters <= MaxCharacters, nameof(MinCharacters), $"No run has at least {MinCharacters} and at most {MaxCharacters} characters.", "Write a min_characters that is at most max_characters.");
        check.Require(Loss != FastTextLoss.NegativeSampling, nameof(Loss), "Classifiers are not trained by negative sampling here.", "Write softmax, hierarchical_softmax or one_vs_all.");
    }
}

/// <summary>Trains a classifier of the fastText kind on labelled documents.</summary>
public static class TrainClassifierStage
{
    internal static StageKind Kind { get; } = StageKind.Of<TrainClassifierSettings>("train_classifier", "1", "Trains a text classifier of the fastText kind on documents of several classes.", ClassifySettings.ModelKind, Run) with
    {
        Takes = [new StageInput(DataStages.Documents, 1, 64)],
    };

    private static Task Run(StageContext context, TrainClassifierSettings settings, CancellationToken cancellation)
    {
        using var trainer = new FastTextTrainer(settings.Options(context.Seed), Path.Combine(context.Output, ".examples"));
        long done = 0;
        context.Progress.Expect(null, "documents");
        foreach ((string label, Document document) in LabelledDocuments.Read(context, settings.Labels, settings.LabelBy))
        {
            cancellation.ThrowIfCancellationRequested();
            if (ContentHash.Place(document.Text, context.Seed) >= settings.HeldOut)
                trainer.Add(label, document.Text);
            context.Progress.Report(++done);
        }
        FastTextModel model = ClassifierTraining.Train(context, trainer, settings.Epochs, cancellation);
        var score = new LabelScore(model);
        if (settings.HeldOut > 0)
        {
            foreach ((string label, Document document) in LabelledDocuments.Read(context, settings.Labels, settings.LabelBy))
            {
                cancellation.ThrowIfCancellationRequested();
                if (ContentHash.Place(document.Text, context.Seed) < settings.HeldOut)
                    score.Add(label, document.Text);
            }
        }
        score.Note(context);
        return Task.CompletedTask;
    }
}
