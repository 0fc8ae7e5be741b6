namespace Athanor.Data.FastText;

/// <summary>One step of gradient descent. For one thread.</summary>
internal sealed class FastTextUpdate(FastTextModel model, DenseRows input, DenseRows output)
{
    private readonly float[] _hidden = new float[input.Columns], _gradient = new float[input.Columns], _scores = new float[output.Count];

    /// <summary>Moves the vectors of an example's rows and of the labels.</summary>
    /// <returns>The loss before.</returns>
    public double Step(ReadOnlySpan<int> rows, int label, float rate)
    {
        input.Average(rows, _hidden);
        _gradient.AsSpan().Clear();
        double loss = model.Options.Loss switch
        {
            FastTextLoss.Softmax => Softmax(label, rate),
            FastTextLoss.HierarchicalSoftmax => Path(label, rate),
            _ => Each(label, rate),
        };
        float share = 1f / rows.Length;
        foreach (ref float value in _gradient.AsSpan())
            value *= share;
        input.AddTo(rows, _gradient);
        return loss;
    }

    private double Softmax(int label, float rate)
    {
        for (int i = 0; i < _scores.Length; i++)
            _scores[i] = output.Dot(i, _hidden);
        FastTextScores.Softmax(_scores);
        for (int i = 0; i < _scores.Length; i++)
            Move(i, rate * ((i == label ? 1 : 0) - _scores[i]));
        return -Math.Log(Math.Max(_scores[label], 1e-7));
    }

    private double Path(int label, float rate)
    {
        double loss = 0;
        foreach ((int row, bool right) in model.Tree!.Paths[label])
            loss += Logistic(row, right, rate);
        return loss;
    }

    private double Each(int label, float rate)
    {
        double loss = 0;
        for (int i = 0; i < output.Count; i++)
            loss += Logistic(i, i == label, rate);
        return loss;
    }

    private double Logistic(int row, bool positive, float rate)
    {
        float score = FastTextScores.Sigmoid(output.Dot(row, _hidden));
        Move(row, rate * ((positive ? 1 : 0) - score));
        return float.IsNaN(score) ? score : -Math.Log(Math.Max(positive ? score : 1 - score, 1e-7));
    }

    private void Move(int row, float step)
    {
        output.AddRow(row, step, _gradient);
        output.AddTo(row, step, _hidden);
    }
}
