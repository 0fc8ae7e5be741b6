using System.Runtime.CompilerServices;

namespace Athanor.Data.LanguageModels;

/// <summary>What an n-gram model remembers between words: the last words that it knows together, the newest first, and their backoffs.</summary>
public struct NgramState
{
    internal NgramWords Words;
    internal NgramBackoffs Backoffs;
    internal int Length;
}

[InlineArray(NgramModel.MaxOrder - 1)]
internal struct NgramWords
{
    private uint _first;
}

[InlineArray(NgramModel.MaxOrder - 1)]
internal struct NgramBackoffs
{
    private float _first;
}

/// <summary>
/// A backoff n-gram model: log10 p(w | history) is that of the longest n-gram known, plus the backoffs of the longer histories that are known. Can be asked by several threads.
/// </summary>
public sealed class NgramModel
{
    /// <summary>The longest n-grams that a model may have.</summary>
    public const int MaxOrder = 7;

    /// <summary>Words between a place being asked for and looked at: a few hundred nanoseconds.</summary>
    private const int Ahead = 3;

    private readonly INgramTable[] _tables;
    private readonly ExactLookup[] _exact;
    private readonly QuantizedLookup[] _quantized;

    /// <param name="unigrams">For each word's id.</param>
    /// <param name="tables">N-grams of order 2 and up.</param>
    internal NgramModel(NgramVocabulary vocabulary, NgramValue[] unigrams, INgramTable[] tables)
    {
        if (tables.Length is < 1 or > MaxOrder - 1)
            throw new ArgumentOutOfRangeException(nameof(tables), $"A model has an order of 2 to {MaxOrder}.");
        (Vocabulary, Unigrams, _tables) = (vocabulary, unigrams, tables);
        IsQuantized = tables[0] is QuantizedNgramTable;
        _quantized = IsQuantized ? [.. tables.Select(table => new QuantizedLookup((QuantizedNgramTable)table))] : [];
        _exact = IsQuantized ? [] : [.. tables.Select(table => new ExactLookup((NgramTable)table))];
    }

    /// <summary>Length of the longest n-grams.</summary>
    public int Order => _tables.Length + 1;

    /// <summary>The words.</summary>
    public NgramVocabulary Vocabulary { get; }

    /// <summary>N-grams of each order from 1 on.</summary>
    public IReadOnlyList<long> Counts => [Unigrams.Length, .. _tables.Select(table => table.Count)];

    /// <summary>Whether values are rounded to 256 an order.</summary>
    public bool IsQuantized { get; }

    /// <summary>Bytes of its tables.</summary>
    public long Bytes => _tables.Sum(table => table.Bytes) + Unigrams.LongLength * 8;

    internal NgramValue[] Unigrams { get; }

    internal IReadOnlyList<INgramTable> Tables => _tables;

    /// <summary>The state at the beginning of a sentence.</summary>
    public NgramState Begin()
    {
        var state = new NgramState { Length = 1 };
        state.Words[0] = NgramVocabulary.Begin;
        state.Backoffs[0] = Unigrams[NgramVocabulary.Begin].Backoff;
        return state;
    }

    /// <summary>log10 of a word's probability behind what came before; the state moves on.</summary>
    public double Score(ref NgramState state, uint word) => IsQuantized ? Score(_quantized, ref state, word) : Score(_exact, ref state, word);

    /// <summary>The sum of log10 probabilities of a sentence, its end included.</summary>
    public double Score(ReadOnlySpan<uint> sentence) => Add(0, sentence);

    /// <summary>A sum with the log10 probabilities of a sentence and its end added to it, one after another.</summary>
    internal double Add(double sum, ReadOnlySpan<uint> sentence) => IsQuantized ? Add(_quantized, sum, sentence) : Add(_exact, sum, sentence);

    /// <summary>The model with values rounded to 256 an order.</summary>
    public NgramModel Quantize() => IsQuantized ? this : new NgramModel(Vocabulary, Unigrams, [.. _tables.Select(table => QuantizedNgramTable.Of((NgramTable)table))]);

    private double Add<TLookup>(TLookup[] tables, double sum, ReadOnlySpan<uint> sentence)
        where TLookup : struct, INgramLookup
    {
        NgramState state = Begin();
        for (int i = 0; i < Math.Min(Ahead, sentence.Length); i++)
            Prefetch(tables, sentence, i);
        for (int i = 0; i < sentence.Length; i++)
        {
            if (i + Ahead < sentence.Length)
                Prefetch(tables, sentence, i + Ahead);
            sum += Score(tables, ref state, sentence[i]);
        }
        return sum + Score(tables, ref state, NgramVocabulary.End);
    }

    /// <summary>Asks for the places of a word behind all the words before it: more than are known together perhaps, but long before they are looked at.</summary>
    private static void Prefetch<TLookup>(TLookup[] tables, ReadOnlySpan<uint> sentence, int at)
        where TLookup : struct, INgramLookup
    {
        ulong hash = NgramHash.Begin(sentence[at]);
        for (int i = 0; i < tables.Length && i <= at; i++)
        {
            hash = NgramHash.Extend(hash, i < at ? sentence[at - 1 - i] : NgramVocabulary.Begin);
            tables[i].Prefetch(hash);
        }
    }

    private double Score<TLookup>(TLookup[] tables, ref NgramState state, uint word)
        where TLookup : struct, INgramLookup
    {
        int known = state.Length, longest = Math.Min(known, tables.Length);
        Span<ulong> hashes = stackalloc ulong[MaxOrder];
        ulong hash = NgramHash.Begin(word);
        // All places are asked for before the first is looked at: their cache misses overlap.
        for (int i = 0; i < longest; i++)
        {
            hashes[i] = hash = NgramHash.Extend(hash, state.Words[i]);
            tables[i].Prefetch(hash);
        }
        NgramValue value = Unigrams[word];
        double score = value.Probability;
        var next = new NgramState { Length = 1 };
        next.Words[0] = word;
        next.Backoffs[0] = value.Backoff;
        int matched = 0;
        while (matched < longest && tables[matched].TryGet(hashes[matched], out value))
        {
            score = value.Probability;
            matched++;
            if (matched < tables.Length)
            {
                next.Words[matched] = state.Words[matched - 1];
                next.Backoffs[matched] = value.Backoff;
                next.Length = matched + 1;
            }
        }
        for (int i = matched; i < known; i++)
            score += state.Backoffs[i];
        state = next;
        return score;
    }
}
