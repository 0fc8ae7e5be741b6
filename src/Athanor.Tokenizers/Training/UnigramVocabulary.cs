namespace Athanor.Tokenizers.Training;

/// <summary>The pieces of a round of training, each a stretch of the corpus, with a trie over them.</summary>
internal sealed class UnigramVocabulary
{
    private const double UnknownPenalty = 10;

    private readonly UnigramCorpus _corpus;
    private readonly PairIndex _children;
    private int[] _pieceAt = new int[256];   // by node

    public UnigramVocabulary(UnigramCorpus corpus, int[] starts, int[] lengths, double[] scores)
    {
        (_corpus, Starts, Lengths, Scores) = (corpus, starts, lengths, scores);
        _children = new PairIndex(2 * starts.Length);
        int nodes = 1;
        _pieceAt[0] = -1;
        double lowest = 0;
        for (int piece = 0; piece < starts.Length; piece++)
        {
            int node = 0;
            for (int i = 0; i < lengths[piece]; i++)
            {
                node = _children.FindOrAdd(PairIndex.Key(node, corpus.Text[starts[piece] + i]), nodes);
                if (node != nodes)
                    continue;
                if (++nodes > _pieceAt.Length)
                    Array.Resize(ref _pieceAt, 2 * _pieceAt.Length);
                _pieceAt[node] = -1;
            }
            _pieceAt[node] = piece;
            lowest = Math.Min(lowest, scores[piece]);
        }
        UnknownScore = lowest - UnknownPenalty;
    }

    public int Count => Starts.Length;

    public int[] Starts { get; }

    public int[] Lengths { get; }

    public double[] Scores { get; }

    /// <summary>The score of a character that is no piece of its own (any more).</summary>
    public double UnknownScore { get; }

    public ReadOnlySpan<int> Text(int piece) => _corpus.Text.AsSpan(Starts[piece], Lengths[piece]);

    /// <summary>The node behind <paramref name="node"/> (0 is the root) by <paramref name="character"/>, or -1, and the piece that ends there, or -1.</summary>
    public int Step(int node, int character, out int piece)
    {
        int next = _children.Find(PairIndex.Key(node, character));
        piece = next < 0 ? -1 : _pieceAt[next];
        return next;
    }

    /// <summary>The vocabulary of those pieces that have a score in <paramref name="scores"/>; NaN leaves a piece out.</summary>
    public UnigramVocabulary With(double[] scores)
    {
        int[] kept = [.. Enumerable.Range(0, Count).Where(piece => !double.IsNaN(scores[piece]))];
        return new UnigramVocabulary(_corpus, Array.ConvertAll(kept, i => Starts[i]), Array.ConvertAll(kept, i => Lengths[i]), Array.ConvertAll(kept, i => scores[i]));
    }
}
