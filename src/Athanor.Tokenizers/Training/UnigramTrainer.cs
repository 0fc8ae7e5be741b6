using System.Text;
using Athanor.Tokenizers.SentencePiece;

namespace Athanor.Tokenizers.Training;

/// <summary>
/// Trains a Unigram language model of pieces as SentencePiece does (Kudo 2018, arXiv 1804.10959): starts from the frequent substrings, fits probabilities by
/// expectation and maximization, and prunes the pieces whose loss costs least, until the size is reached.
/// </summary>
/// <remarks>
/// A round costs O(n L) for n characters of distinct words and pieces of up to L characters. Sums are formed in sixteen fixed parts, so
/// the result does not depend on the number of threads.
/// </remarks>
public static class UnigramTrainer
{
    private const int Parts = 16;
    private const double LeastExpected = 0.5;   // SentencePiece drops pieces that are expected less often
    private const double SizeMargin = 1.1;      // pruning stops so much above the size; the last cut goes by score

    /// <summary>Counts the words of a corpus and trains on them.</summary>
    public static UnigramTrainingResult Train(
        DocumentSource source, PieceCounterOptions counting, UnigramTrainerOptions options, IProgress<TrainingProgress>? progress = null, CancellationToken cancellation = default)
    {
        options.Validate();
        return Train(PieceCounter.Count(source, counting, progress, cancellation), options, progress, cancellation);
    }

    /// <summary>Trains on counted words, which begin with a space except at the beginning of a document.</summary>
    /// <exception cref="ArgumentException">The options contradict each other, or the size does not hold the characters.</exception>
    public static UnigramTrainingResult Train(PieceCounts words, UnigramTrainerOptions options, IProgress<TrainingProgress>? progress = null, CancellationToken cancellation = default)
    {
        options.Validate();
        var corpus = new UnigramCorpus(words, options.CharacterCoverage, cancellation);
        int room = options.VocabularySize - options.SpecialTokens.Count - (options.ByteFallback ? 256 : 0);
        int characters = corpus.Characters.Length - 1;
        if (characters > room)
        {
            throw new ArgumentException(
                $"The text has {characters} characters, but a vocabulary of {options.VocabularySize} tokens has room for {room} pieces; " +
                $"ask for at least {options.VocabularySize - room + characters} tokens, or lower CharacterCoverage.");
        }
        progress?.Report(new TrainingProgress("seed", 0, 0));
        HashSet<byte[]> taken = new(options.SpecialTokens.Select(Encoding.UTF8.GetBytes), ByteStringComparer.Instance);
        if (options.ByteFallback)
            taken.UnionWith(Enumerable.Range(0, 256).Select(ByteTokens.Name));
        UnigramVocabulary vocabulary = Seed(corpus, options, taken, cancellation);
        List<UnigramRound> rounds = [];
        int target = (int)Math.Min(int.MaxValue, room * SizeMargin);
        double scale = 2.5;
        while (corpus.Starts.Length > 0)
        {
            for (int i = 0; i < options.SubIterations; i++)
            {
                progress?.Report(new TrainingProgress("expectation", vocabulary.Count, target));
                double[] expected = Expect(corpus, vocabulary, ref scale, options.Threads, out double logLikelihood, cancellation);
                rounds.Add(new UnigramRound(vocabulary.Count, logLikelihood));
                vocabulary = vocabulary.With(Maximize(expected));
            }
            if (vocabulary.Count <= target)
                break;
            vocabulary = vocabulary.With(Prune(corpus, vocabulary, Math.Max(target, (int)(options.ShrinkFactor * vocabulary.Count)), options.Threads, cancellation));
        }
        return Finish(corpus, vocabulary, options, room, taken, rounds, words.Statistics);
    }

    /// <summary>Expected counts of all pieces; <paramref name="scale"/> becomes the mean loss a character, which the next round is scaled by.</summary>
    internal static double[] Expect(UnigramCorpus corpus, UnigramVocabulary vocabulary, ref double scale, int threads, out double logLikelihood, CancellationToken cancellation)
    {
        double[] factors = UnigramLattice.Factors(vocabulary, scale);
        double used = scale;
        var partExpected = new double[Parts][];
        var partLogs = new double[Parts];
        ForParts(corpus, threads, (part, from, to) =>
        {
            var lattice = new UnigramLattice(vocabulary, factors, used);
            double[] expected = new double[vocabulary.Count];
            double logs = 0;
            for (int word = from; word < to; word++)
                logs += corpus.Weights[word] * lattice.AddExpected(Word(corpus, word), corpus.Weights[word], expected);
            partExpected[part] = expected;
            partLogs[part] = logs;
        }, cancellation);
        var sum = new double[vocabulary.Count];
        Parallel.For(0, Parts, new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellation }, slice =>
        {
            (int from, int to) = ((int)((long)sum.Length * slice / Parts), (int)((long)sum.Length * (slice + 1) / Parts));
            foreach (double[] expected in partExpected)
            {
                for (int piece = from; piece < to; piece++)
                    sum[piece] += expected[piece];
            }
        });
        double weights = 0, characters = 0;
        for (int word = 0; word < corpus.Starts.Length; word++)
        {
            weights += corpus.Weights[word];
            characters += (double)corpus.Weights[word] * (corpus.End(word) - corpus.Starts[word]);
        }
        logLikelihood = partLogs.Sum() / weights;
        scale = -partLogs.Sum() / characters;
        return sum;
    }

    /// <summary>New scores from expected counts, NaN for pieces to drop: digamma in place of the logarithm keeps rare pieces low (variational Bayes).</summary>
    internal static double[] Maximize(double[] expected)
    {
        double sum = 0;
        foreach (double count in expected)
            sum += count >= LeastExpected ? count : 0;
        double total = Digamma(sum);
        return Array.ConvertAll(expected, count => count >= LeastExpected ? Digamma(count) - total : double.NaN);
    }

    /// <summary>The derivative of the logarithm of the gamma function, for positive numbers.</summary>
    internal static double Digamma(double x)
    {
        double result = 0;
        for (; x < 7; x++)
            result -= 1 / x;
        x -= 0.5;
        double inverse = 1 / x, square = inverse * inverse, fourth = square * square;
        return result + Math.Log(x) + square / 24 - 7.0 / 960 * fourth + 31.0 / 8064 * fourth * square - 127.0 / 30720 * fourth * fourth;
    }

    private static UnigramVocabulary Seed(UnigramCorpus corpus, UnigramTrainerOptions options, HashSet<byte[]> taken, CancellationToken cancellation)
    {
        List<SubstringSeeds.Substring> found = [];
        var first = new int[corpus.Characters.Length];
        for (int at = 0; at < corpus.Text.Length; at++)
        {
            if (first[corpus.Text[at]] == 0)
                first[corpus.Text[at]] = at;
        }
        var seeds = new SubstringSeeds(corpus, options.MaxPieceCharacters, options.Threads, cancellation);
        seeds.ForEach(substring =>
        {
            if (IsPiece(corpus, substring, options.SplitLettersFromOthers) && !taken.Contains(corpus.Encode(corpus.Text.AsSpan(substring.Start, substring.Length))))
                found.Add(substring);
        });
        double[] keys = [.. found.Select(substring => -(double)substring.Count * substring.Length)];
        int[] order = [.. Enumerable.Range(0, keys.Length)];
        Array.Sort(order, (a, b) => keys[a] != keys[b] ? keys[a].CompareTo(keys[b]) : a.CompareTo(b));
        List<int> starts = [], lengths = [];
        List<double> scores = [];
        for (int number = 1; number < corpus.Characters.Length; number++)
        {
            if (taken.Contains(corpus.Encode([number])))
                continue;
            starts.Add(first[number]);
            lengths.Add(1);
            scores.Add(corpus.CharacterCounts[number]);
        }
        foreach (int index in order.Take(Math.Max(0, options.SeedSize - starts.Count)))
        {
            starts.Add(found[index].Start);
            lengths.Add(found[index].Length);
            scores.Add(-keys[index]);
        }
        double sum = Math.Log(scores.Sum());
        return new UnigramVocabulary(corpus, [.. starts], [.. lengths], [.. scores.Select(score => Math.Log(score) - sum)]);
    }

    private static bool IsPiece(UnigramCorpus corpus, SubstringSeeds.Substring substring, bool splitLetters)
    {
        ReadOnlySpan<int> text = corpus.Text.AsSpan(substring.Start, substring.Length);
        int first = text[0] == corpus.SpaceNumber ? 1 : 0;
        for (int i = first; i < text.Length; i++)
        {
            // The mark stands at the beginning only, except in a run of marks.
            if (text[i] == corpus.SpaceNumber)
                return text.IndexOfAnyExcept(corpus.SpaceNumber) < 0;
            if (splitLetters && corpus.IsLetter[text[i]] != corpus.IsLetter[text[first]])
                return false;
        }
        return true;
    }

    /// <summary>Scores with NaN for the pieces that cost least to lose: those that never occur in a best segmentation, then by loss of likelihood.</summary>
    private static double[] Prune(UnigramCorpus corpus, UnigramVocabulary vocabulary, int size, int threads, CancellationToken cancellation)
    {
        // How each piece would be segmented if it were gone; null when it is never the best for its own text, empty when it has no other.
        double[] factors = [];
        var replacements = new int[vocabulary.Count][];
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellation };
        Parallel.For(0, Parts, parallel, part =>
        {
            var lattice = new UnigramLattice(vocabulary, factors, 0);
            List<int> pieces = [];
            for (int piece = part; piece < vocabulary.Count; piece += Parts)
            {
                double other = lattice.Best(vocabulary.Text(piece), pieces, wholeWord: false);
                bool possible = !pieces.Contains(-1);
                if (!possible)
                    replacements[piece] = [];
                else if (vocabulary.Scores[piece] >= other)
                    replacements[piece] = [.. pieces];
            }
        });
        var partCounts = new long[Parts][];
        ForParts(corpus, threads, (part, from, to) =>
        {
            var lattice = new UnigramLattice(vocabulary, factors, 0);
            List<int> pieces = [];
            var counts = new long[vocabulary.Count];
            for (int word = from; word < to; word++)
            {
                lattice.Best(Word(corpus, word), pieces);
                foreach (int piece in pieces)
                {
                    if (piece >= 0)
                        counts[piece] += corpus.Weights[word];
                }
            }
            partCounts[part] = counts;
        }, cancellation);
        var frequency = new double[vocabulary.Count];
        for (int piece = 0; piece < frequency.Length; piece++)
        {
            foreach (long[] counts in partCounts)
                frequency[piece] += counts[piece];
        }
        double sum = frequency.Sum(), logSum = Math.Log(sum), words = 0;
        foreach (long weight in corpus.Weights)
            words += weight;
        var scores = new double[vocabulary.Count];
        Array.Fill(scores, double.NaN);
        List<(double Loss, int Piece)> candidates = [];
        int kept = 0;
        for (int piece = 0; piece < vocabulary.Count; piece++)
        {
            double count = frequency[piece];
            if (count == 0 || replacements[piece] is null)
                continue;
            if (replacements[piece].Length == 0)
            {
                scores[piece] = vocabulary.Scores[piece];
                kept++;
                continue;
            }
            double logSumWithout = Math.Log(sum + count * (replacements[piece].Length - 1)), without = 0;
            foreach (int other in replacements[piece])
                without += Math.Log(frequency[other] + count) - logSumWithout;
            candidates.Add((count / words * (Math.Log(count) - logSum - without), piece));
        }
        candidates.Sort((a, b) => a.Loss != b.Loss ? b.Loss.CompareTo(a.Loss) : a.Piece.CompareTo(b.Piece));
        foreach ((_, int piece) in candidates.Take(Math.Max(0, size - kept)))
            scores[piece] = vocabulary.Scores[piece];
        return scores;
    }

    private static UnigramTrainingResult Finish(
        UnigramCorpus corpus, UnigramVocabulary vocabulary, UnigramTrainerOptions options, int room, HashSet<byte[]> taken, List<UnigramRound> rounds, PieceCountingStatistics counting)
    {
        // Every character gets in, those that training dropped with scores below all others.
        var scoreOf = new double[corpus.Characters.Length];
        Array.Fill(scoreOf, double.NaN);
        List<int> longer = [];
        double lowest = 0;
        for (int piece = 0; piece < vocabulary.Count; piece++)
        {
            lowest = Math.Min(lowest, vocabulary.Scores[piece]);
            if (vocabulary.Lengths[piece] == 1)
                scoreOf[vocabulary.Text(piece)[0]] = vocabulary.Scores[piece];
            else
                longer.Add(piece);
        }
        List<UnigramPiece> chosen = [];
        for (int number = 1; number < scoreOf.Length; number++)
        {
            byte[] token = corpus.Encode([number]);
            if (!taken.Contains(token))
                chosen.Add(new UnigramPiece(token, double.IsNaN(scoreOf[number]) ? lowest -= 1e-4 : scoreOf[number]));
        }
        longer.Sort((a, b) => vocabulary.Scores[a] != vocabulary.Scores[b] ? vocabulary.Scores[b].CompareTo(vocabulary.Scores[a]) : a.CompareTo(b));
        foreach (int piece in longer.Take(room - chosen.Count))
            chosen.Add(new UnigramPiece(corpus.Encode(vocabulary.Text(piece)), vocabulary.Scores[piece]));
        chosen.Sort((a, b) => a.Score != b.Score ? b.Score.CompareTo(a.Score) : a.Token.AsSpan().SequenceCompareTo(b.Token));
        List<UnigramPiece> pieces = [.. options.SpecialTokens.Select(name => new UnigramPiece(Encoding.UTF8.GetBytes(name), 0))];
        if (options.ByteFallback)
            pieces.AddRange(Enumerable.Range(0, 256).Select(value => new UnigramPiece(ByteTokens.Name(value), 0)));
        pieces.AddRange(chosen);
        return new UnigramTrainingResult
        {
            Pieces = pieces,
            SpecialTokens = [.. options.SpecialTokens.Select((name, id) => new AddedToken(id, name))],
            UnknownId = options.SpecialTokens.ToList().IndexOf(options.UnknownToken),
            ByteFallback = options.ByteFallback,
            Rounds = rounds,
            StoppedEarly = pieces.Count == options.VocabularySize ? null
                : $"The text has only {pieces.Count} tokens worth keeping instead of {options.VocabularySize}. Give more text, ask for a smaller vocabulary, or raise MaxPieceCharacters.",
            Counting = counting,
        };
    }

    private static ReadOnlySpan<int> Word(UnigramCorpus corpus, int word) => corpus.Text.AsSpan(corpus.Starts[word], corpus.End(word) - corpus.Starts[word]);

    /// <summary>The words in parts of about equal text that do not depend on the number of threads.</summary>
    private static void ForParts(UnigramCorpus corpus, int threads, Action<int, int, int> body, CancellationToken cancellation) =>
        Parallel.For(0, Parts, new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellation }, part => body(part, Edge(corpus, part), Edge(corpus, part + 1)));

    private static int Edge(UnigramCorpus corpus, int part)
    {
        int at = Array.BinarySearch(corpus.Starts, (int)((long)corpus.Text.Length * part / Parts));
        return at < 0 ? ~at : at;
    }
}
