namespace Athanor.Tokenizers.Training;

/// <summary>All segmentations of a word: their sum, the expected counts of pieces, the best one. Reused from word to word.</summary>
/// <remarks>
/// Probabilities are multiplied as they are, each scaled by a constant to the power of its piece's length: every segmentation of a word gets the same factor, and
/// sums of ordinary words stay near 1. Where they leave the range of a double all the same, the word is done again with logarithms.
/// </remarks>
internal sealed class UnigramLattice
{
    private readonly UnigramVocabulary _vocabulary;
    private readonly double[] _factors;
    private readonly double _unknownFactor, _scale;
    private int[] _firstEdge = new int[64];
    private int[] _edgeEnds = new int[256], _edgePieces = new int[256];
    private double[] _forward = new double[64], _backward = new double[64];
    private int[] _bestEdge = new int[64];

    /// <param name="factors">The factor of each piece, from <see cref="Factors"/>.</param>
    public UnigramLattice(UnigramVocabulary vocabulary, double[] factors, double scale)
    {
        (_vocabulary, _factors, _scale) = (vocabulary, factors, scale);
        _unknownFactor = Math.Exp(vocabulary.UnknownScore + scale);
    }

    /// <summary>Probabilities times e to the power of <paramref name="scale"/> a character.</summary>
    public static double[] Factors(UnigramVocabulary vocabulary, double scale)
    {
        var factors = new double[vocabulary.Count];
        for (int piece = 0; piece < factors.Length; piece++)
            factors[piece] = Math.Exp(vocabulary.Scores[piece] + scale * vocabulary.Lengths[piece]);
        return factors;
    }

    /// <summary>Adds the expected number of each piece in <paramref name="weight"/> words like this one; returns the logarithm of the word's probability.</summary>
    public double AddExpected(ReadOnlySpan<int> word, double weight, double[] expected)
    {
        CollectEdges(word, wholeWord: true);
        int length = word.Length;
        double[] forward = _forward, backward = _backward;
        forward.AsSpan(0, length + 1).Clear();
        forward[0] = 1;
        for (int begin = 0; begin < length; begin++)
        {
            double here = forward[begin];
            for (int edge = _firstEdge[begin]; edge < _firstEdge[begin + 1]; edge++)
                forward[_edgeEnds[edge]] += here * Factor(edge);
        }
        double sum = forward[length];
        if (sum is not (> 1e-250 and < 1e250))
            return AddExpectedByLogarithms(length, weight, expected);
        double share = weight / sum;
        backward[length] = 1;
        for (int begin = length - 1; begin >= 0; begin--)
        {
            double rest = 0, here = forward[begin] * share;
            for (int edge = _firstEdge[begin]; edge < _firstEdge[begin + 1]; edge++)
            {
                double through = Factor(edge) * backward[_edgeEnds[edge]];
                rest += through;
                if (_edgePieces[edge] >= 0)
                    expected[_edgePieces[edge]] += here * through;
            }
            backward[begin] = rest;
        }
        return Math.Log(sum) - length * _scale;
    }

    /// <summary>The pieces of the best segmentation, -1 for an unknown character; without <paramref name="wholeWord"/> the word itself is not among the pieces.</summary>
    public double Best(ReadOnlySpan<int> word, List<int> pieces, bool wholeWord = true)
    {
        CollectEdges(word, wholeWord);
        int length = word.Length;
        _forward.AsSpan(0, length + 1).Fill(double.NegativeInfinity);
        _forward[0] = 0;
        for (int begin = 0; begin < length; begin++)
        {
            for (int edge = _firstEdge[begin]; edge < _firstEdge[begin + 1]; edge++)
            {
                double score = _forward[begin] + Score(edge);
                int end = _edgeEnds[edge];
                if (score <= _forward[end])
                    continue;
                _forward[end] = score;
                _bestEdge[end] = edge;
            }
        }
        pieces.Clear();
        for (int end = length; end > 0;)
        {
            int piece = _edgePieces[_bestEdge[end]];
            pieces.Add(piece);
            end -= piece < 0 ? 1 : _vocabulary.Lengths[piece];
        }
        pieces.Reverse();
        return _forward[length];
    }

    private double Factor(int edge) => _edgePieces[edge] < 0 ? _unknownFactor : _factors[_edgePieces[edge]];

    private double Score(int edge) => _edgePieces[edge] < 0 ? _vocabulary.UnknownScore : _vocabulary.Scores[_edgePieces[edge]];

    private void CollectEdges(ReadOnlySpan<int> word, bool wholeWord)
    {
        if (_firstEdge.Length < word.Length + 2)
        {
            int size = 2 * word.Length + 2;
            (_firstEdge, _bestEdge, _forward, _backward) = (new int[size], new int[size], new double[size], new double[size]);
        }
        int edges = 0;
        for (int begin = 0; begin < word.Length; begin++)
        {
            _firstEdge[begin] = edges;
            bool single = false;
            int node = 0;
            for (int end = begin; end < word.Length; end++)
            {
                node = _vocabulary.Step(node, word[end], out int piece);
                if (node < 0)
                    break;
                if (piece < 0 || (!wholeWord && end - begin + 1 == word.Length))
                    continue;
                single |= end == begin;
                Add(end + 1, piece);
            }
            if (!single)
                Add(begin + 1, -1);
        }
        _firstEdge[word.Length] = edges;

        void Add(int end, int piece)
        {
            if (edges == _edgeEnds.Length)
            {
                Array.Resize(ref _edgeEnds, 2 * edges);
                Array.Resize(ref _edgePieces, 2 * edges);
            }
            _edgeEnds[edges] = end;
            _edgePieces[edges++] = piece;
        }
    }

    private double AddExpectedByLogarithms(int length, double weight, double[] expected)
    {
        double[] forward = _forward, backward = _backward;
        forward.AsSpan(0, length + 1).Fill(double.NegativeInfinity);
        forward[0] = 0;
        for (int begin = 0; begin < length; begin++)
        {
            for (int edge = _firstEdge[begin]; edge < _firstEdge[begin + 1]; edge++)
                forward[_edgeEnds[edge]] = AddLogarithms(forward[_edgeEnds[edge]], forward[begin] + Score(edge));
        }
        backward[length] = 0;
        for (int begin = length - 1; begin >= 0; begin--)
        {
            double rest = double.NegativeInfinity;
            for (int edge = _firstEdge[begin]; edge < _firstEdge[begin + 1]; edge++)
            {
                double through = Score(edge) + backward[_edgeEnds[edge]];
                rest = AddLogarithms(rest, through);
                if (_edgePieces[edge] >= 0)
                    expected[_edgePieces[edge]] += weight * Math.Exp(forward[begin] + through - forward[length]);
            }
            backward[begin] = rest;
        }
        return forward[length];
    }

    private static double AddLogarithms(double a, double b)
    {
        (double low, double high) = a < b ? (a, b) : (b, a);
        return double.IsNegativeInfinity(low) ? high : high + Math.Log(1 + Math.Exp(low - high));
    }
}
