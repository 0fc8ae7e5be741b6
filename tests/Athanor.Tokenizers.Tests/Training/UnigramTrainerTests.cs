using System.Text;
using Athanor.Testing;
using Athanor.Tokenizers.Training;

namespace Athanor.Tokenizers.Tests.Training;

public class UnigramTrainerTests
{
    private const string Shakespeare = "tinyshakespeare/input.txt";

    [Theory]
    [InlineData(1, -0.57721566490153286)]
    [InlineData(0.5, -1.9635100260214235)]
    [InlineData(10, 2.2517525890667211)]
    [InlineData(1e6, 13.815510057964191)]
    public void Digamma_has_its_published_values(double x, double value) => Assert.Equal(value, UnigramTrainer.Digamma(x), 1e-9);

    [Fact]
    public void Expected_counts_are_those_of_all_segmentations()
    {
        var random = new Random(2);
        for (int round = 0; round < 200; round++)
        {
            UnigramCorpus corpus = Corpus(RandomWords(random, 1, 9));
            UnigramVocabulary vocabulary = RandomVocabulary(corpus, random);
            ReadOnlySpan<int> word = corpus.Text.AsSpan(corpus.Starts[0], corpus.End(0) - corpus.Starts[0]);
            var expected = new double[vocabulary.Count];
            double sum = 0;
            AddSegmentations(vocabulary, word.ToArray(), 0, 0, [], expected, ref sum);
            // A scale that makes every product leave the range of a double sends the same word through logarithms.
            foreach (double scale in (double[])[0, 2.5, 300, -300])
            {
                var found = new double[vocabulary.Count];
                double logarithm = new UnigramLattice(vocabulary, UnigramLattice.Factors(vocabulary, scale), scale).AddExpected(word, 3, found);
                Assert.Equal(Math.Log(sum), logarithm, 1e-9);
                for (int piece = 0; piece < found.Length; piece++)
                    Assert.Equal(3 * expected[piece] / sum, found[piece], 1e-9);
            }
        }
    }

    [Fact]
    public void The_best_segmentation_is_the_best_of_all()
    {
        var random = new Random(3);
        for (int round = 0; round < 200; round++)
        {
            UnigramCorpus corpus = Corpus(RandomWords(random, 1, 9));
            UnigramVocabulary vocabulary = RandomVocabulary(corpus, random);
            ReadOnlySpan<int> word = corpus.Text.AsSpan(corpus.Starts[0], corpus.End(0) - corpus.Starts[0]);
            double best = double.NegativeInfinity, sum = 0;
            AddSegmentations(vocabulary, word.ToArray(), 0, 0, [], new double[vocabulary.Count], ref sum, score => best = Math.Max(best, score));
            List<int> pieces = [];
            Assert.Equal(best, new UnigramLattice(vocabulary, [], 0).Best(word, pieces), 1e-9);
            Assert.Equal(best, pieces.Sum(piece => piece < 0 ? vocabulary.UnknownScore : vocabulary.Scores[piece]), 1e-9);
        }
    }

    [Fact]
    public void Seeds_are_the_branching_substrings_with_their_counts()
    {
        var random = new Random(4);
        for (int round = 0; round < 100; round++)
        {
            UnigramCorpus corpus = Corpus(RandomWords(random, random.Next(1, 40), random.Next(1, 40)));
            int longest = random.Next(2, 10);
            var found = new SortedDictionary<string, long>(StringComparer.Ordinal);
            new SubstringSeeds(corpus, longest, 2, default).ForEach(substring => found.Add(Show(corpus.Text.AsSpan(substring.Start, substring.Length)), substring.Count));
            Assert.Equal(Branching(corpus, longest), found);
        }
    }

    [SharedDataFact(Shakespeare)]
    public void Likelihood_rises_from_round_to_round_on_the_same_pieces()
    {
        UnigramTrainingResult result = Train(Shakespeare, new UnigramTrainerOptions(1000) { CharacterCoverage = 1 });
        Assert.Equal(1000, result.Pieces.Count);
        Assert.True(result.Rounds.Count >= 8);
        for (int i = 2; i < result.Rounds.Count; i += 2)
            Assert.True(result.Rounds[i + 1].LogLikelihood > result.Rounds[i].LogLikelihood + 1e-4, $"round {i}: {result.Rounds[i]} then {result.Rounds[i + 1]}");
        Assert.All(result.Pieces.Skip(3), piece => Assert.True(piece.Score < 0));
        Assert.Equal(result.Pieces.Skip(3).OrderByDescending(piece => piece.Score).Select(piece => piece.Score), result.Pieces.Skip(3).Select(piece => piece.Score));
        // English is what comes out of it.
        var tokens = result.Pieces.Select(piece => Encoding.UTF8.GetString(piece.Token)).ToHashSet();
        Assert.Superset(new HashSet<string> { "\u2581the", "\u2581and", "\u2581you", "\u2581", "s" }, tokens);
    }

    [SharedDataFact(Shakespeare)]
    public void The_result_does_not_depend_on_threads()
    {
        UnigramTrainingResult one = Train(Shakespeare, new UnigramTrainerOptions(2000) { Threads = 1 });
        foreach (int threads in (int[])[2, 3, 8])
        {
            UnigramTrainingResult other = Train(Shakespeare, new UnigramTrainerOptions(2000) { Threads = threads });
            Assert.Equal(one.Pieces.Select(piece => (Convert.ToHexString(piece.Token), piece.Score)), other.Pieces.Select(piece => (Convert.ToHexString(piece.Token), piece.Score)));
            Assert.Equal(one.Rounds, other.Rounds);
        }
    }

    [Fact]
    public void Special_tokens_and_bytes_come_first_and_are_never_pieces()
    {
        PieceCounts words = Words((" <unk>", 50), (" <0x41>", 50), (" word", 80), (" words", 20));
        UnigramTrainingResult result = UnigramTrainer.Train(words, new UnigramTrainerOptions(285) { ByteFallback = true, SplitLettersFromOthers = false, SpecialTokens = ["<pad>", "<unk>"] });
        Assert.Equal(1, result.UnknownId);
        Assert.Equal(["<pad>", "<unk>", "<0x00>", "<0x01>"], result.Pieces.Take(4).Select(piece => Encoding.UTF8.GetString(piece.Token)));
        Assert.Equal("<0xFF>", Encoding.UTF8.GetString(result.Pieces[257].Token));
        Assert.Equal(result.Pieces.Count, result.Pieces.Select(piece => Convert.ToHexString(piece.Token)).Distinct().Count());
        Assert.Contains(result.Pieces, piece => Encoding.UTF8.GetString(piece.Token) == "\u2581word");
    }

    [Fact]
    public void Letters_stay_apart_from_other_characters_unless_asked_otherwise()
    {
        PieceCounts words = Words((" end.", 100), (" end", 10), (" 1.", 40), (" a1", 60));
        var options = new UnigramTrainerOptions(40) { CharacterCoverage = 1 };
        Assert.DoesNotContain("\u2581end.", Tokens(UnigramTrainer.Train(words, options)));
        Assert.Contains("\u2581end.", Tokens(UnigramTrainer.Train(words, options with { SplitLettersFromOthers = false })));
    }

    [Fact]
    public void Rare_characters_beyond_the_coverage_and_invalid_bytes_are_left_out()
    {
        PieceCounts words = PieceCounts.From(
        [
            new(Encoding.UTF8.GetBytes(" aaab"), 1000), new(Encoding.UTF8.GetBytes(" a\u65e5a"), 1), new(new byte[] { (byte)' ', (byte)'a', 0xFF, 0xC3, (byte)'b' }, 5),
        ]);
        string[] tokens = Tokens(UnigramTrainer.Train(words, new UnigramTrainerOptions(30) { CharacterCoverage = 0.999 }));
        Assert.DoesNotContain(tokens, token => token.Contains('\u65e5', StringComparison.Ordinal) || token.Contains('\uFFFD', StringComparison.Ordinal));
        Assert.Contains("\u65e5", Tokens(UnigramTrainer.Train(words, new UnigramTrainerOptions(30) { CharacterCoverage = 1 })));
    }

    [Fact]
    public void Too_little_text_gives_a_smaller_vocabulary_and_says_so()
    {
        UnigramTrainingResult result = UnigramTrainer.Train(Words((" ab", 3)), new UnigramTrainerOptions(100));
        Assert.Contains("Give more text", result.StoppedEarly, StringComparison.Ordinal);
        Assert.Equal(3, UnigramTrainer.Train(Words(), new UnigramTrainerOptions(100)).Pieces.Count);
    }

    [Fact]
    public void Impossible_options_are_refused_with_the_remedy()
    {
        PieceCounts words = Words((" abcdefgh", 3));
        Assert.Contains("ask for at least 12", Refused(new UnigramTrainerOptions(8)), StringComparison.Ordinal);
        Assert.Contains("no room", Refused(new UnigramTrainerOptions(3)), StringComparison.Ordinal);
        Assert.Contains("given twice", Refused(new UnigramTrainerOptions(90) { SpecialTokens = ["<unk>", "<unk>"] }), StringComparison.Ordinal);
        Assert.Contains("not among", Refused(new UnigramTrainerOptions(90) { UnknownToken = "<u>" }), StringComparison.Ordinal);
        Assert.Contains("0.9995", Refused(new UnigramTrainerOptions(90) { CharacterCoverage = 1.5 }), StringComparison.Ordinal);
        Assert.Contains("0.75", Refused(new UnigramTrainerOptions(90) { ShrinkFactor = 1 }), StringComparison.Ordinal);

        string Refused(UnigramTrainerOptions options) => Assert.Throws<ArgumentException>(() => UnigramTrainer.Train(words, options)).Message;
    }

    [Fact]
    public void Training_can_be_cancelled() =>
        Assert.ThrowsAny<OperationCanceledException>(() => UnigramTrainer.Train(Words((" abc", 3)), new UnigramTrainerOptions(90), null, new CancellationToken(true)));

    private static UnigramTrainingResult Train(string file, UnigramTrainerOptions options)
    {
        var text = DocumentSource.From(File.ReadLines(SharedData.Path(file)).Take(4000));
        return UnigramTrainer.Train(text, new PieceCounterOptions(UnigramTrainerOptions.Words) { Threads = options.Threads }, options);
    }

    private static PieceCounts Words(params (string Word, long Count)[] words) =>
        PieceCounts.From(words.Select(word => KeyValuePair.Create((ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(word.Word), word.Count)));

    private static UnigramCorpus Corpus(PieceCounts words) => new(words, 1, default);

    private static string[] Tokens(UnigramTrainingResult result) => [.. result.Pieces.Select(piece => Encoding.UTF8.GetString(piece.Token))];

    private static PieceCounts RandomWords(Random random, int count, int length) =>
        Words([.. Enumerable.Range(0, count).Select(_ => (" " + string.Concat(Enumerable.Range(0, random.Next(1, length + 1)).Select(_ => (char)('a' + random.Next(3)))), (long)random.Next(1, 4)))]);

    private static UnigramVocabulary RandomVocabulary(UnigramCorpus corpus, Random random)
    {
        var pieces = new Dictionary<string, (int Start, int Length)>();
        for (int start = corpus.Starts[0]; start < corpus.End(0); start++)
        {
            for (int length = 1; length <= 4 && start + length <= corpus.End(0); length++)
            {
                if (random.Next(3) > 0)
                    pieces[Show(corpus.Text.AsSpan(start, length))] = (start, length);
            }
        }
        return new UnigramVocabulary(corpus, [.. pieces.Values.Select(piece => piece.Start)], [.. pieces.Values.Select(piece => piece.Length)], [.. pieces.Select(_ => -8 * random.NextDouble())]);
    }

    private static void AddSegmentations(
        UnigramVocabulary vocabulary, int[] word, int at, double score, List<int> path, double[] expected, ref double sum, Action<double>? each = null)
    {
        if (at == word.Length)
        {
            sum += Math.Exp(score);
            path.ForEach(piece => expected[piece] += Math.Exp(score));
            each?.Invoke(score);
            return;
        }
        bool single = false;
        for (int piece = 0; piece < vocabulary.Count; piece++)
        {
            if (!word.AsSpan(at).StartsWith(vocabulary.Text(piece)))
                continue;
            single |= vocabulary.Lengths[piece] == 1;
            path.Add(piece);
            AddSegmentations(vocabulary, word, at + vocabulary.Lengths[piece], score + vocabulary.Scores[piece], path, expected, ref sum, each);
            path.RemoveAt(path.Count - 1);
        }
        if (!single)
            AddSegmentations(vocabulary, word, at + 1, score + vocabulary.UnknownScore, path, expected, ref sum, each);
    }

    private static SortedDictionary<string, long> Branching(UnigramCorpus corpus, int longest)
    {
        var counts = new Dictionary<string, (long Count, HashSet<int> Next)>();
        for (int word = 0; word < corpus.Starts.Length; word++)
        {
            for (int start = corpus.Starts[word]; start < corpus.End(word); start++)
            {
                for (int length = 2; length <= longest && start + length <= corpus.End(word); length++)
                {
                    string text = Show(corpus.Text.AsSpan(start, length));
                    (long count, HashSet<int> next) = counts.GetValueOrDefault(text, (0, []));
                    int follower = corpus.Text[start + length];
                    next.Add(follower);
                    counts[text] = (count + corpus.Weights[word], next);
                }
            }
        }
        return new SortedDictionary<string, long>(
            counts.Where(pair => pair.Value.Count >= 2 && (pair.Value.Next.Count > 1 || pair.Value.Next.Contains(0))).ToDictionary(pair => pair.Key, pair => pair.Value.Count), StringComparer.Ordinal);
    }

    private static string Show(ReadOnlySpan<int> characters) => string.Concat(characters.ToArray().Select(number => (char)('A' + number)));
}
