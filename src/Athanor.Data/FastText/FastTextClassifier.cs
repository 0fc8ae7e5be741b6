namespace Athanor.Data.FastText;

/// <summary>What a classifier says about a text.</summary>
/// <param name="Label">The place of the best label among <see cref="FastTextModel.Labels"/>; −1 where the text holds nothing that the model knows.</param>
/// <param name="Score">Its score as fasttext tells it: the probability and 1e-5.</param>
public readonly record struct FastTextPrediction(int Label, float Score);

/// <summary>Asks a model. For one thread.</summary>
public sealed class FastTextClassifier
{
    private readonly FastTextModel _model;
    private readonly FastTextInput _input;
    private readonly float[] _hidden, _scores, _logs;
    private readonly Func<int, float> _product;

    internal FastTextClassifier(FastTextModel model)
    {
        _model = model;
        _input = new FastTextInput(model.Dictionary, model.Options);
        _hidden = new float[model.Input.Columns];
        _scores = new float[model.Labels.Count];
        _logs = new float[model.Tree is null ? 0 : Math.Max(1, (2 * _scores.Length) - 1)];
        _product = row => model.Output.Dot(row, _hidden);
    }

    /// <summary>The scores of the last text, by label.</summary>
    public ReadOnlySpan<float> Scores => _scores;

    /// <summary>The best label of a text; all scores are in <see cref="Scores"/>. Only the first 16 MiB are looked at.</summary>
    /// <exception cref="InvalidDataException">The model's numbers are too large to give scores.</exception>
    public FastTextPrediction Classify(ReadOnlySpan<char> text, LineEnds lines = LineEnds.Space) => Classify(_input.Rows(text, lines));

    internal FastTextPrediction Classify(ReadOnlySpan<int> rows)
    {
        _scores.AsSpan().Clear();
        if (rows.IsEmpty)
            return new FastTextPrediction(-1, 0);
        _model.Input.Average(rows, _hidden);
        if (_model.Tree is { } tree)
            tree.Score(_product, _logs, _scores);
        else
        {
            for (int label = 0; label < _scores.Length; label++)
                _scores[label] = _model.Output.Dot(label, _hidden);
            if (_model.Options.Loss == FastTextLoss.Softmax)
                FastTextScores.Softmax(_scores);
            foreach (ref float score in _scores.AsSpan())
                score = FastTextScores.Told(_model.Options.Loss == FastTextLoss.Softmax ? score : FastTextScores.Sigmoid(score));
        }
        int best = 0;
        for (int label = 0; label < _scores.Length; label++)
        {
            if (!float.IsFinite(_scores[label]))
                throw new InvalidDataException("The classifier's numbers are so large that it has no scores for this text. Use another model file.");
            if (_scores[label] > _scores[best])
                best = label;
        }
        return new FastTextPrediction(best, _scores[best]);
    }
}
