namespace Athanor.Data.LanguageModels;

/// <summary>Settings of <see cref="KneserNeyTrainer"/>.</summary>
public sealed record KneserNeyOptions
{
    /// <summary>Length of the longest n-grams.</summary>
    public int Order { get; init; } = 5;

    /// <summary>N-grams that were seen at most so often are left out, for each order from 1 on; the last number holds for the rest. Numbers do not fall, and the first is 0.</summary>
    public IReadOnlyList<int> Prune { get; init; } = [0];

    /// <summary>Bytes of memory for counting; more goes through files.</summary>
    public long Memory { get; init; } = 1L << 30;

    /// <summary>Takes the files of counting.</summary>
    public required string Folder { get; init; }
}

/// <summary>
/// Interpolated modified Kneser-Ney smoothing (Chen and Goodman 1998), as KenLM's lmplz estimates it (Heafield et al. 2013): discounted counts of an order, mixed with the next lower order, whose counts
/// say behind how many different words an n-gram was seen. Unigrams are mixed with the uniform distribution over all words but the beginning of a sentence.
/// </summary>
public sealed class KneserNeyTrainer : IDisposable
{
    private readonly NgramCounts _counts;
    private readonly NgramWindow _window;
    private readonly KneserNeyOptions _options;
    private readonly List<uint> _sentence = [];

    /// <summary>A trainer that saw nothing.</summary>
    /// <exception cref="ArgumentException">The options are impossible.</exception>
    public KneserNeyTrainer(KneserNeyOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Order is < 2 or > NgramModel.MaxOrder)
            throw new ArgumentException($"The order is 2 to {NgramModel.MaxOrder}, not {options.Order}.", nameof(options));
        if (options.Prune.Count == 0 || options.Prune[0] != 0 || options.Prune.Zip(options.Prune.Skip(1)).Any(pair => pair.Second < pair.First))
            throw new ArgumentException($"Pruning begins with 0 and does not fall: {string.Join(", ", options.Prune)} cannot be.", nameof(options));
        _options = options;
        _window = new NgramWindow(options.Order);
        _counts = new NgramCounts(options.Folder, options.Memory);
    }

    /// <summary>The words seen.</summary>
    public NgramVocabulary Vocabulary { get; } = new();

    /// <summary>Words and sentence ends counted.</summary>
    public long Tokens => _counts.Total;

    /// <summary>Sentences counted.</summary>
    public long Sentences { get; private set; }

    /// <summary>Files written because memory was full.</summary>
    public int Spills => _counts.Spills;

    /// <summary>Discounts of each order, after <see cref="Train"/>.</summary>
    public IReadOnlyList<KneserNeyDiscounts> Discounts { get; private set; } = [];

    /// <summary>Counts a sentence of ids of <see cref="Vocabulary"/>.</summary>
    /// <exception cref="InvalidDataException">There are more words than n-grams of this order can hold.</exception>
    public void Add(ReadOnlySpan<uint> words)
    {
        if (Vocabulary.Count > _window.MostWords)
            throw new InvalidDataException($"{Vocabulary.Count} different words are more than an order of {_window.Order} can hold ({_window.MostWords}). Lower the order, or use a tokenizer's pieces as words.");
        _sentence.Clear();
        _sentence.AddRange(words);
        _sentence.Add(NgramVocabulary.End);
        ReadOnlySpan<uint> sentence = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_sentence);
        for (int at = 0; at < sentence.Length; at++)
            _counts.Add(_window.Of(sentence, at));
        Sentences++;
    }

    /// <summary>Estimates the model of all that was counted.</summary>
    /// <exception cref="InvalidDataException">Nothing was counted.</exception>
    public NgramModel Train(CancellationToken cancellation = default)
    {
        if (Sentences == 0)
            throw new InvalidDataException("There is no sentence to train on.");
        var sizes = new Sizes(_options, Vocabulary.Count);
        NgramGroups.Visit(_counts, _window, sizes, cancellation);
        Discounts = [.. sizes.CountOfCounts.Select(counts => KneserNeyDiscounts.From(counts))];
        var tables = new NgramTable[_options.Order - 1];
        for (int i = 0; i < tables.Length; i++)
            tables[i] = new NgramTable(sizes.Kept[i + 1]);
        var estimate = new KneserNeyEstimate(_options, Discounts, tables, sizes.Unigrams);
        foreach (INgramVisitor reading in estimate.Readings)
            NgramGroups.Visit(_counts, _window, reading, cancellation);
        return new NgramModel(Vocabulary, estimate.Finish(), tables);
    }

    /// <summary>Writes a model that this trainer made as ARPA text.</summary>
    public void WriteArpa(NgramModel model, Stream target, CancellationToken cancellation = default) => ArpaWriter.Write(model, _counts, _window, target, cancellation);

    /// <inheritdoc/>
    public void Dispose() => _counts.Dispose();

    /// <summary>Whether an n-gram seen so often stays.</summary>
    internal static bool Keeps(KneserNeyOptions options, int order, ulong raw) => raw > (ulong)options.Prune[Math.Min(order, options.Prune.Count) - 1];

    /// <summary>How many n-grams of each order there are, how many are counted once to four times, and the unigrams' counts.</summary>
    private sealed class Sizes(KneserNeyOptions options, int words) : INgramVisitor
    {
        public ulong[] Unigrams { get; } = new ulong[words];

        public long[] Kept { get; } = new long[options.Order];

        public long[][] CountOfCounts { get; } = [.. Enumerable.Range(0, options.Order).Select(_ => new long[5])];

        public void Open(ReadOnlySpan<uint> words, ulong hash)
        {
        }

        public void Close(ReadOnlySpan<uint> words, ulong hash, ulong raw, ulong adjusted)
        {
            int at = words.Length - 1;
            CountOfCounts[at][Math.Min(adjusted, 4)] += adjusted > 4 ? 0 : 1;
            if (at == 0)
                Unigrams[words[0]] = adjusted;
            if (Keeps(options, words.Length, raw))
                Kept[at]++;
        }
    }
}
