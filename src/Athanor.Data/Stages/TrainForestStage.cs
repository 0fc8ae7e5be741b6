using System.ComponentModel.DataAnnotations;
using System.Runtime.InteropServices;
using Athanor.Data.Documents;
using Athanor.Data.Forests;
using Athanor.Runs.Recipes;
using Athanor.Runs.Settings;
using Athanor.Runs.Stages;

namespace Athanor.Data.Stages;

/// <summary>Settings of <c>train_forest</c>.</summary>
public sealed record TrainForestSettings : IValidated
{
    /// <summary>Metadata that hold numbers or lists of numbers, and signals of quality computed from the text: [embedding, signals.datatrove, signals.text.word_entropy].</summary>
    public required IReadOnlyList<string> Features { get; init; }

    /// <summary>What the documents of each stage in <c>from</c> are examples of, in the same order: [good, bad].</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>Instead of labels: the metadata that holds a document's label.</summary>
    public string? LabelBy { get; init; }

    /// <summary>Trees.</summary>
    [Range(1, 100_000)]
    public int Trees { get; init; } = 100;

    /// <summary>Splits above a leaf at most.</summary>
    [Range(1, 1000)]
    public int MaxDepth { get; init; } = 64;

    /// <summary>Examples in a leaf at least.</summary>
    [Range(1, int.MaxValue)]
    public int MinLeaf { get; init; } = 1;

    /// <summary>Features looked at for a split; 0: the square root of all.</summary>
    [Range(0, int.MaxValue)]
    public int FeaturesPerSplit { get; init; }

    /// <summary>The share of documents that is not trained on, to tell how good the forest is.</summary>
    [Range(0.0, 0.5)]
    public double HeldOut { get; init; } = 0.1;

    /// <inheritdoc/>
    public void Validate(SettingsCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        check.Require(Features.Count > 0, nameof(Features), "There are no features.", "Name the metadata that hold numbers, such as [embedding], or signals, such as signals.datatrove.");
        try
        {
            _ = new DocumentFeatures(Features);
        }
        catch (InvalidDataException e)
        {
            check.Problem(nameof(Features), e.Message);
        }
    }
}

/// <summary>Grows a random forest on numbers that documents carry.</summary>
public static class TrainForestStage
{
    internal static StageKind Kind { get; } = StageKind.Of<TrainForestSettings>("train_forest", "1", "Grows a random forest on numbers or embeddings that documents carry.", ForestSettings.ModelKind, Run) with
    {
        Takes = [new StageInput(DataStages.Documents, 1, 64)],
    };

    private static Task Run(StageContext context, TrainForestSettings settings, CancellationToken cancellation)
    {
        var options = new ForestOptions { Trees = settings.Trees, MaxDepth = settings.MaxDepth, MinLeaf = settings.MinLeaf, FeaturesPerSplit = settings.FeaturesPerSplit, Seed = context.Seed };
        var trainer = new ForestTrainer(options, settings.Features);
        var read = new DocumentFeatures(settings.Features);
        var features = new List<float>();
        var heldOut = new List<(string Label, float[] Features)>();
        foreach ((string label, Document document) in LabelledDocuments.Read(context, settings.Labels, settings.LabelBy))
        {
            cancellation.ThrowIfCancellationRequested();
            read.Read(document, features);
            if (ContentHash.Place(document.Id, context.Seed) < settings.HeldOut)
                heldOut.Add((label, [.. features]));
            else
                trainer.Add(label, CollectionsMarshal.AsSpan(features));
        }
        context.Progress.Expect(settings.Trees, "trees");
        RandomForest forest = trainer.Train(done => context.Progress.Report(done), cancellation);
        ForestFile.Save(forest, Path.Combine(context.Output, ForestFile.FileName));
        context.Note("examples", trainer.Examples);
        context.Note("features", trainer.Features);
        context.Note("labels", string.Join(' ', forest.Labels));
        context.Note("nodes", forest.Trees.Sum(tree => (long)tree.Nodes.Length));
        context.Note("held_out", heldOut.Count);
        if (heldOut.Count > 0)
            context.Note("accuracy", heldOut.Count(example => IsRight(forest, example.Label, example.Features)) / (double)heldOut.Count);
        return Task.CompletedTask;
    }

    private static bool IsRight(RandomForest forest, string label, float[] features)
    {
        float[] shares = new float[forest.Labels.Count];
        forest.Predict(features, shares);
        return forest.Labels[Array.IndexOf(shares, shares.Max())] == label;
    }
}
