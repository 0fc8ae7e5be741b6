namespace Athanor.Data.Forests;

/// <summary>Examples of a forest: features row after row, and classes.</summary>
internal sealed record ForestExamples(float[] Features, int[] Classes, int Width, int ClassCount)
{
    public int Count => Classes.Length;
}

/// <summary>Grows one tree (CART, Breiman et al. 1984): each split is the one, of some features drawn at random, that leaves the least Gini impurity.</summary>
internal sealed class TreeGrower(ForestExamples examples, ForestOptions options)
{
    private readonly List<ForestNode> _nodes = [];
    private readonly List<float> _shares = [];
    private readonly int[] _order = new int[examples.Count];
    private readonly float[] _values = new float[examples.Count];
    private readonly int[] _sorted = new int[examples.Count];
    private readonly int[] _features = [.. Enumerable.Range(0, examples.Width)];
    private readonly long[] _left = new long[examples.ClassCount], _right = new long[examples.ClassCount];

    public ForestTree Grow(ulong seed, CancellationToken cancellation)
    {
        var random = new ForestRandom(seed);
        for (int i = 0; i < _order.Length; i++)
            _order[i] = options.Bootstrap ? random.Below(_order.Length) : i;
        // A node waits with its range of the order; its own number is known when it is taken.
        var waiting = new Stack<(int From, int To, int Depth, int Parent, bool IsRight)>();
        waiting.Push((0, _order.Length, 0, -1, false));
        while (waiting.TryPop(out (int From, int To, int Depth, int Parent, bool IsRight) part))
        {
            cancellation.ThrowIfCancellationRequested();
            int node = _nodes.Count;
            if (part.Parent >= 0)
                _nodes[part.Parent] = part.IsRight ? _nodes[part.Parent] with { Right = node } : _nodes[part.Parent] with { Left = node };
            if (part.Depth >= options.MaxDepth || part.To - part.From < 2 * options.MinLeaf || !TrySplit(part.From, part.To, ref random, out int feature, out float threshold))
            {
                _nodes.Add(new ForestNode(-1, 0, _shares.Count, 0));
                Count(part.From, part.To);
                foreach (long count in _right)
                    _shares.Add(count / (float)(part.To - part.From));
                continue;
            }
            _nodes.Add(new ForestNode(feature, threshold, 0, 0));
            int middle = Divide(part.From, part.To, feature, threshold);
            waiting.Push((middle, part.To, part.Depth + 1, node, true));
            waiting.Push((part.From, middle, part.Depth + 1, node, false));
        }
        return new ForestTree([.. _nodes], [.. _shares]);
    }

    private float Value(int example, int feature) => examples.Features[((long)example * examples.Width) + feature];

    private void Count(int from, int to)
    {
        _right.AsSpan().Clear();
        for (int i = from; i < to; i++)
            _right[examples.Classes[_order[i]]]++;
    }

    /// <summary>Draws features until enough of them were looked at that differ at all, as scikit-learn does.</summary>
    private bool TrySplit(int from, int to, ref ForestRandom random, out int feature, out float threshold)
    {
        (feature, threshold) = (-1, 0);
        Count(from, to);
        if (_right.Max() == to - from)
            return false;
        int wanted = options.FeaturesPerSplit > 0 ? Math.Min(options.FeaturesPerSplit, examples.Width) : Math.Max(1, (int)Math.Sqrt(examples.Width));
        double best = double.NegativeInfinity;
        for (int drawn = 0, seen = 0; drawn < _features.Length && seen < wanted; drawn++)
        {
            int other = drawn + random.Below(_features.Length - drawn);
            (_features[drawn], _features[other]) = (_features[other], _features[drawn]);
            if (Sort(from, to, _features[drawn]))
            {
                seen++;
                Search(from, to, _features[drawn], ref best, ref feature, ref threshold);
            }
        }
        return feature >= 0;
    }

    /// <summary>Puts a feature's values of a part in order; false where they are all the same.</summary>
    private bool Sort(int from, int to, int feature)
    {
        float least = float.PositiveInfinity, most = float.NegativeInfinity;
        for (int i = from; i < to; i++)
        {
            float value = _values[i] = Value(_order[i], feature);
            _sorted[i] = examples.Classes[_order[i]];
            (least, most) = (Math.Min(least, value), Math.Max(most, value));
        }
        if (least == most)
            return false;
        Array.Sort(_values, _sorted, from, to - from);
        return true;
    }

    /// <summary>Gini impurity is least where Σ left² / |left| + Σ right² / |right| is most.</summary>
    private void Search(int from, int to, int feature, ref double best, ref int bestFeature, ref float threshold)
    {
        _left.AsSpan().Clear();
        _right.AsSpan().Clear();
        double leftSquares = 0, rightSquares = 0;
        for (int i = from; i < to; i++)
            rightSquares += (2 * _right[_sorted[i]]++) + 1;
        for (int i = from; i < to - 1; i++)
        {
            int kind = _sorted[i];
            leftSquares += (2 * _left[kind]++) + 1;
            rightSquares -= (2 * _right[kind]--) - 1;
            int left = i + 1 - from, right = to - i - 1;
            if (_values[i] == _values[i + 1] || left < options.MinLeaf || right < options.MinLeaf)
                continue;
            double purity = (leftSquares / left) + (rightSquares / right);
            if (purity <= best)
                continue;
            float middle = (_values[i] / 2) + (_values[i + 1] / 2);
            (best, bestFeature, threshold) = (purity, feature, middle >= _values[i + 1] || middle < _values[i] ? _values[i] : middle);
        }
    }

    /// <summary>Puts examples at or below the threshold first.</summary>
    private int Divide(int from, int to, int feature, float threshold)
    {
        int middle = from;
        for (int i = from; i < to; i++)
        {
            if (Value(_order[i], feature) <= threshold)
            {
                (_order[middle], _order[i]) = (_order[i], _order[middle]);
                middle++;
            }
        }
        return middle;
    }
}
