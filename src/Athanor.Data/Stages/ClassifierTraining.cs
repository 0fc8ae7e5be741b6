using System.Globalization;
using Athanor.Data.FastText;
using Athanor.Runs.Stages;

namespace Athanor.Data.Stages;

/// <summary>What stages that train classifiers have in common.</summary>
internal static class ClassifierTraining
{
    /// <summary>Trains on what was added, writes the model into the stage's artifact and notes what it is.</summary>
    public static FastTextModel Train(StageContext context, FastTextTrainer trainer, int epochs, CancellationToken cancellation)
    {
        context.Progress.Expect(trainer.Tokens * epochs, "words");
        FastTextModel model = trainer.Train(words => context.Progress.Report(words), cancellation);
        model.Save(Path.Combine(context.Output, FastTextModel.FileName));
        string examples = Path.Combine(context.Output, ".examples");
        trainer.Dispose();
        Directory.Delete(examples);
        context.Note("examples", trainer.Examples);
        context.Note("words", trainer.Tokens);
        context.Note("loss", trainer.Loss);
        context.Note("vocabulary", model.Words);
        context.Note("labels", string.Join(' ', model.Labels.Order(StringComparer.Ordinal)));
        context.Note("bytes", model.Bytes);
        return model;
    }
}

/// <summary>How often a classifier is right about texts that it was not trained on.</summary>
internal sealed class LabelScore(FastTextModel model)
{
    private readonly FastTextClassifier _classifier = model.NewClassifier();
    private readonly SortedDictionary<string, (long Right, long Texts)> _labels = new(StringComparer.Ordinal);

    public void Add(string label, ReadOnlySpan<char> text)
    {
        FastTextPrediction best = _classifier.Classify(text);
        (long right, long texts) = _labels.GetValueOrDefault(label);
        _labels[label] = (right + (best.Label >= 0 && model.Labels[best.Label] == label ? 1 : 0), texts + 1);
    }

    public void Note(StageContext context)
    {
        long texts = _labels.Sum(label => label.Value.Texts);
        context.Note("held_out", texts);
        if (texts == 0)
            return;
        context.Note("accuracy", _labels.Sum(label => label.Value.Right) / (double)texts);
        context.Note("accuracy_by_label", string.Join(' ', _labels.Select(label => string.Create(CultureInfo.InvariantCulture, $"{label.Key}:{label.Value.Right / (double)label.Value.Texts:F3}"))));
    }
}
