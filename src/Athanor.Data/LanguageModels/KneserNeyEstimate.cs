namespace Athanor.Data.LanguageModels;

/// <summary>
/// From counts to probabilities, in three readings of the windows. While they are read, the place for an n-gram's probability in its table holds the bits of its adjusted count.
/// <code>
/// u(w | h) = (a(h w) − D(a(h w))) / Σ_x a(h x)
/// b(h)     = (Σ_x D(a(h x)) + Σ of all a(h x) that are pruned) / Σ_x a(h x)
/// p(w | h) = u(w | h) + b(h) · p(w | h without its oldest word)
/// </code>
/// </summary>
internal sealed class KneserNeyEstimate
{
    private readonly KneserNeyOptions _options;
    private readonly IReadOnlyList<KneserNeyDiscounts> _discounts;
    private readonly NgramTable[] _tables;
    private readonly NgramValue[] _unigrams;
    private readonly double[] _unigramProbabilities;

    /// <summary>Sums over the words behind a history, for histories of each length: of counts, and of what they lose.</summary>
    private readonly double[][] _sums, _lost;

    public KneserNeyEstimate(KneserNeyOptions options, IReadOnlyList<KneserNeyDiscounts> discounts, NgramTable[] tables, ulong[] unigrams)
    {
        (_options, _discounts, _tables) = (options, discounts, tables);
        _unigrams = new NgramValue[unigrams.Length];
        _sums = new double[tables.Length][];
        _lost = new double[tables.Length][];
        for (int i = 0; i < tables.Length; i++)
        {
            long places = i == 0 ? unigrams.Length : tables[i - 1].Slots.Length;
            (_sums[i], _lost[i]) = (new double[places], new double[places]);
        }
        _unigramProbabilities = Unigrams(unigrams, discounts[0]);
    }

    /// <summary>The readings in which the tables are filled, in order.</summary>
    public IEnumerable<INgramVisitor> Readings => [new Insertion(this), new Summation(this), new Mixing(this)];

    /// <summary>Fills in backoffs, after all readings.</summary>
    /// <returns>The unigrams' values.</returns>
    public NgramValue[] Finish()
    {
        for (int word = 0; word < _unigrams.Length; word++)
            _unigrams[word] = new NgramValue(Log(_unigramProbabilities[word]), Backoff(0, word));
        for (int i = 1; i < _tables.Length; i++)
        {
            NgramTable.Slot[] slots = _tables[i - 1].Slots;
            for (int at = 0; at < slots.Length; at++)
            {
                if (slots[at].Key != 0)
                    slots[at].Backoff = Backoff(i, at);
            }
        }
        return _unigrams;
    }

    private static double[] Unigrams(ulong[] counts, KneserNeyDiscounts discounts)
    {
        double sum = 0, lost = 0;
        foreach (ulong count in counts)
        {
            sum += count;
            lost += discounts.Of(count);
        }
        // The beginning of a sentence is never predicted.
        double uniform = lost / sum / (counts.Length - 1);
        double[] probabilities = new double[counts.Length];
        for (int word = 0; word < counts.Length; word++)
            probabilities[word] = word == NgramVocabulary.Begin ? 1 : (counts[word] - discounts.Of(counts[word])) / sum + uniform;
        return probabilities;
    }

    private static float Log(double probability) => (float)Math.Log10(probability);

    private float Backoff(int length, int place) => _sums[length][place] > 0 ? Log(_lost[length][place] / _sums[length][place]) : 0;

    /// <summary>The place of an n-gram's history, the n-gram without its newest word; −1 where it is pruned.</summary>
    private int History(ReadOnlySpan<uint> words)
    {
        if (words.Length == 2)
            return (int)words[1];
        ulong hash = NgramHash.Begin(words[1]);
        foreach (uint word in words[2..])
            hash = NgramHash.Extend(hash, word);
        return _tables[words.Length - 3].Find(hash);
    }

    /// <summary>Puts n-grams that stay into their tables, with their adjusted counts.</summary>
    private sealed class Insertion(KneserNeyEstimate estimate) : INgramVisitor
    {
        public void Open(ReadOnlySpan<uint> words, ulong hash)
        {
        }

        public void Close(ReadOnlySpan<uint> words, ulong hash, ulong raw, ulong adjusted)
        {
            if (words.Length == 1 || !KneserNeyTrainer.Keeps(estimate._options, words.Length, raw))
                return;
            NgramTable table = estimate._tables[words.Length - 2];
            int place = table.Add(hash);
            if (place < 0)
                throw new InvalidDataException("Two n-grams have the same 64-bit hash; one model cannot hold both. Train with one document more or less.");
            table.Slots[place].Probability = BitConverter.UInt32BitsToSingle((uint)Math.Min(adjusted, uint.MaxValue));
        }
    }

    /// <summary>Adds up what stands behind each history.</summary>
    private sealed class Summation(KneserNeyEstimate estimate) : INgramVisitor
    {
        public void Open(ReadOnlySpan<uint> words, ulong hash)
        {
        }

        public void Close(ReadOnlySpan<uint> words, ulong hash, ulong raw, ulong adjusted)
        {
            int order = words.Length;
            if (order == 1)
                return;
            int history = estimate.History(words);
            if (history < 0)
                return;
            bool kept = KneserNeyTrainer.Keeps(estimate._options, order, raw);
            estimate._sums[order - 2][history] += adjusted;
            estimate._lost[order - 2][history] += kept ? estimate._discounts[order - 1].Of(adjusted) : adjusted;
        }
    }

    /// <summary>Fills in probabilities from short n-grams to long ones.</summary>
    private sealed class Mixing(KneserNeyEstimate estimate) : INgramVisitor
    {
        private readonly double[] _open = new double[NgramModel.MaxOrder];

        public void Open(ReadOnlySpan<uint> words, ulong hash)
        {
            int order = words.Length;
            if (order == 1)
            {
                _open[0] = estimate._unigramProbabilities[words[0]];
                return;
            }
            NgramTable table = estimate._tables[order - 2];
            int place = table.Find(hash);
            // Where an n-gram is pruned its extensions are too: they were not seen more often.
            if (place < 0)
                return;
            ulong adjusted = BitConverter.SingleToUInt32Bits(table.Slots[place].Probability);
            int history = estimate.History(words);
            double sum = estimate._sums[order - 2][history];
            _open[order - 1] = (adjusted - estimate._discounts[order - 1].Of(adjusted) + estimate._lost[order - 2][history] * _open[order - 2]) / sum;
            table.Slots[place].Probability = Log(_open[order - 1]);
        }

        public void Close(ReadOnlySpan<uint> words, ulong hash, ulong raw, ulong adjusted)
        {
        }
    }
}
