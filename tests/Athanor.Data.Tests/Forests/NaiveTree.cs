namespace Athanor.Data.Tests.Forests;

/// <summary>CART as a textbook has it: of all features and all places between values, the split with the least weighted Gini impurity; the first where several are alike.</summary>
internal sealed class NaiveTree
{
    private readonly int _feature = -1;
    private readonly double _threshold;
    private readonly NaiveTree? _left, _right;
    private readonly double[] _shares;

    public NaiveTree((float[] Features, int Class)[] examples, int classes, int depth, int minLeaf)
    {
        _shares = [.. Enumerable.Range(0, classes).Select(kind => examples.Count(example => example.Class == kind) / (double)examples.Length)];
        double best = double.PositiveInfinity;
        if (depth > 0 && _shares.Max() < 1)
        {
            for (int feature = 0; feature < examples[0].Features.Length; feature++)
            {
                float[] values = [.. examples.Select(example => example.Features[feature]).Distinct().Order()];
                for (int i = 0; i + 1 < values.Length; i++)
                {
                    (float[], int Class)[] left = [.. examples.Where(example => example.Features[feature] <= values[i])], right = [.. examples.Where(example => example.Features[feature] > values[i])];
                    double impurity = (left.Length * Gini(left)) + (right.Length * Gini(right));
                    if (left.Length >= minLeaf && right.Length >= minLeaf && impurity < best)
                        (best, _feature, _threshold) = (impurity, feature, (values[i] + (double)values[i + 1]) / 2);
                }
            }
        }
        if (_feature < 0)
            return;
        _left = new NaiveTree([.. examples.Where(example => example.Features[_feature] <= _threshold)], classes, depth - 1, minLeaf);
        _right = new NaiveTree([.. examples.Where(example => example.Features[_feature] > _threshold)], classes, depth - 1, minLeaf);

        double Gini((float[], int Class)[] part) => 1 - Enumerable.Range(0, classes).Sum(kind => Math.Pow(part.Count(example => example.Class == kind) / (double)part.Length, 2));
    }

    /// <summary>The sum over examples of the leaf's impurity: what trees are grown to make small.</summary>
    public double Impurity((float[] Features, int Class)[] examples) => examples.Sum(example => 1 - Predict(example.Features).Sum(share => share * share));

    public double[] Predict(float[] features) => _feature < 0 ? _shares : (features[_feature] <= _threshold ? _left! : _right!).Predict(features);
}
