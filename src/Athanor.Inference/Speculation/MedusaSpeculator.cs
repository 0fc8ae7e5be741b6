using Athanor.Models.Medusa;

namespace Athanor.Inference.Speculation;

/// <summary>
/// Guesses with heads on the model's own last hidden state (<see cref="MedusaHeads"/>), as a static tree of their likeliest draws: several guesses for each place, which one pass of the model checks
/// together. One object serves one text.
/// </summary>
public sealed class MedusaSpeculator : ISpeculator
{
    private const int MostRanks = 8;

    // Where heads were not measured: usual shares of Medusa's own heads.
    private static readonly double[] Usual = [0.6, 0.15, 0.07, 0.04, 0.03, 0.02];

    private readonly MedusaHeads _heads;
    private readonly MedusaTree?[] _trees = new MedusaTree?[65];
    private readonly int[] _guesses = new int[16 * MostRanks], _nodes = new int[128];
    private float[] _logits = [];

    /// <summary>A guesser.</summary>
    /// <param name="heads">The heads, which are not disposed with it.</param>
    public MedusaSpeculator(MedusaHeads heads)
    {
        ArgumentNullException.ThrowIfNull(heads);
        _heads = heads;
    }

    /// <inheritdoc/>
    public bool ReadsHidden => true;

    /// <inheritdoc/>
    public void Propose(in SpeculationPlace place, DraftTree guesses, int most)
    {
        ArgumentNullException.ThrowIfNull(guesses);
        if (!place.Hidden.Exists)
            throw new ArgumentException("Medusa heads need the hidden state behind which the last token was drawn.", nameof(place));
        // A tree of twice as many guesses as a chain of this depth would have.
        MedusaTree tree = _trees[Math.Min(most, 64)] ??= MedusaTree.Of(Accuracy(), 2 * Math.Min(most, 64), most);
        int depth = tree.Depths.Count == 0 ? 0 : tree.Depths.Max() + 1, vocabulary = _heads.Config.VocabularySize;
        Span<int> found = stackalloc int[16];
        if (_logits.Length == 0)
            _logits = new float[vocabulary];
        for (int head = 0; head < depth; head++)
        {
            _heads.LogitRows(head, place.Hidden, _logits);
            ReadOnlySpan<float> logits = place.Vocabulary > 0 && place.Vocabulary < vocabulary ? _logits.AsSpan(0, place.Vocabulary) : _logits;
            found[head] = place.Sampler.Guess(logits, _guesses.AsSpan(head * MostRanks, MostRanks), head);
        }
        for (int i = 0; i < tree.Parents.Count; i++)
        {
            int head = tree.Depths[i], rank = tree.Ranks[i], parent = tree.Parents[i] < 0 ? DraftTree.Root : _nodes[tree.Parents[i]];
            // Filters may have left fewer guesses than the tree has room for.
            bool there = rank < found[head] && (tree.Parents[i] < 0 || parent >= 0);
            _nodes[i] = there ? guesses.Add(_guesses[head * MostRanks + rank], parent) : -1;
        }
    }

    private IReadOnlyList<IReadOnlyList<double>> Accuracy() =>
        _heads.Accuracy.Count > 0 ? _heads.Accuracy : [.. Enumerable.Range(0, _heads.Count).Select(head => Usual.Select(share => share * Math.Pow(0.85, head)).ToArray())];

    /// <inheritdoc/>
    public void Dispose()
    {
        // Nothing is held beside memory.
    }
}
