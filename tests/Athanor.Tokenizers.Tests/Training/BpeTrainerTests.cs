using System.Text;
using Athanor.Testing;
using Athanor.Tokenizers.PreTokenizers.Scanners;
using Athanor.Tokenizers.Tests.Testing;
using Athanor.Tokenizers.Training;
using FsCheck;
using FsCheck.Fluent;

namespace Athanor.Tokenizers.Tests.Training;

public class BpeTrainerTests
{
    private const string Shakespeare = "tinyshakespeare/input.txt";

    private static readonly PieceCounterOptions Counting = new(PieceScanners.Gpt2) { Threads = 2 };

    [Fact]
    public void Merges_equal_those_of_the_textbook_on_random_pieces()
    {
        // Few letters and short words make many ties, overlaps (aaa) and pairs whose neighbours change twice in a step.
        Gen<(byte[], long)[]> pieces = Gen.Zip(
            Gen.Choose((int)'a', (int)'e').Select(value => (byte)value).ArrayOf().Where(word => word.Length is > 0 and < 16),
            Gen.Choose(1, 5).Select(count => (long)count)).Select(pair => (pair.Item1, pair.Item2)).ArrayOf();
        Check.QuickThrowOnFailure(Prop.ForAll(Arb.From(pieces), Arb.From(Gen.Choose(1, 3)), (words, minimum) =>
        {
            PieceCounts counts = PieceCounts.From(words.Select(word => KeyValuePair.Create((ReadOnlyMemory<byte>)word.Item1, word.Item2)));
            AssertSameAsTextbook(counts, 40, minimum, ByteOrder.Gpt2);
        }));
    }

    [Fact]
    public void Merges_equal_those_of_the_textbook_on_long_random_pieces()
    {
        var random = new Random(7);
        for (int round = 0; round < 60; round++)
        {
            int letters = random.Next(1, 4), length = random.Next(2, 300);
            byte[][] words = new byte[random.Next(1, 6)][];
            for (int i = 0; i < words.Length; i++)
            {
                words[i] = new byte[random.Next(1, length)];
                for (int j = 0; j < words[i].Length; j++)
                    words[i][j] = (byte)random.Next(letters);
            }
            AssertSameAsTextbook(Counts([.. words.Select(word => (word, 1L + random.Next(3)))]), 100, 1, (ByteOrder)(round % 2));
        }
    }

    [SharedDataFact(Shakespeare)]
    public void Merges_equal_those_of_the_textbook_on_shakespeare()
    {
        byte[] text = File.ReadAllBytes(SharedData.Path(Shakespeare));
        PieceCounts counts = PieceCounter.Count(DocumentSource.From([text.AsMemory(0, 100_000)]), Counting);
        AssertSameAsTextbook(counts, 250, 2, ByteOrder.Gpt2);
    }

    [Fact]
    public void Counts_above_32_bits_order_pairs_rightly()
    {
        long[] sizes = [1L << 31, (1L << 31) + 1, (1L << 32) - 1, (1L << 32) + 5, 1L << 40, (1L << 40) + 1, 3L << 58];
        (byte[], long)[] words = [.. sizes.Select((size, index) => (Encoding.ASCII.GetBytes($"{(char)('a' + index)}{(char)('A' + index)}"), size))];
        BpeTrainingResult result = BpeTrainer.Train(Counts(words), new BpeTrainerOptions(256 + sizes.Length) { ByteOrder = ByteOrder.Value });
        Assert.Equal(sizes.Reverse(), result.Merges.Select(merge => merge.Count));
        Assert.Equal(sizes.Select((_, index) => 'a' + index).Reverse(), result.Merges.Select(merge => merge.Left));
    }

    [Fact]
    public void Sums_that_pass_63_bits_are_refused()
    {
        PieceCounts counts = Counts([("ab"u8.ToArray(), long.MaxValue - 1)]);
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(() => BpeTrainer.Train(counts, new BpeTrainerOptions(300)));
        Assert.Contains("divide", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_result_does_not_depend_on_threads_or_order_of_documents()
    {
        var random = new Random(3);
        ReadOnlyMemory<byte>[] documents = [.. Enumerable.Range(0, 400).Select(_ => (ReadOnlyMemory<byte>)NastyText.Create(random, 400))];
        List<TrainedMerge>? first = null;
        foreach (int threads in (int[])[1, 2, 3, 8])
        {
            BpeTrainingResult result = BpeTrainer.Train(
                DocumentSource.From(documents), Counting with { Threads = threads }, new BpeTrainerOptions(1500) { Threads = threads });
            Array.Reverse(documents);
            first ??= [.. result.Merges];
            Assert.Equal(first, result.Merges);
        }
        Assert.Equal(1244, first!.Count);
    }

    [Fact]
    public void Bytes_stand_in_the_order_of_gpt2_or_of_their_values()
    {
        PieceCounts none = Counts([]);
        BpeTrainingResult gpt2 = BpeTrainer.Train(none, new BpeTrainerOptions(256));
        Assert.Equal("!\"#", Encoding.Latin1.GetString([gpt2.Tokens[0].Value[0], gpt2.Tokens[1].Value[0], gpt2.Tokens[2].Value[0]]));
        Assert.Equal(0, gpt2.Tokens[188].Value[0]);
        Assert.Equal(' ', (char)gpt2.Tokens[220].Value[0]);
        BpeTrainingResult value = BpeTrainer.Train(none, new BpeTrainerOptions(256) { ByteOrder = ByteOrder.Value });
        Assert.All(value.Tokens, token => Assert.Equal(token.Key, token.Value[0]));
    }

    [Fact]
    public void Special_and_reserved_tokens_stand_where_they_are_asked_for()
    {
        PieceCounts counts = Counts([("abab"u8.ToArray(), 9)]);
        var options = new BpeTrainerOptions(262) { SpecialTokens = ["<s>", "</s>"], ReservedTokens = 2, PadToMultiple = 8 };
        BpeTrainingResult end = BpeTrainer.Train(counts, options);
        Assert.Null(end.StoppedEarly);
        Assert.Equal(264, end.VocabularySize);
        Assert.Equal([258, 259, 260, 261, 262, 263], end.SpecialTokens.Select(token => token.Id));
        Assert.Equal(["<s>", "</s>", "<|reserved_0|>", "<|reserved_1|>", "<|reserved_2|>", "<|reserved_3|>"], end.SpecialTokens.Select(token => token.Content));

        BpeTrainingResult start = BpeTrainer.Train(counts, options with { SpecialTokenPlace = SpecialTokenPlace.Start });
        Assert.Equal([0, 1, 2, 3, 262, 263], start.SpecialTokens.Select(token => token.Id));
        Assert.Equal(4, start.Tokens[0].Key);
        Assert.Equal(end.Merges.Select(merge => (merge.Left + 4, merge.Right + 4, merge.Result + 4)), start.Merges.Select(merge => (merge.Left, merge.Right, merge.Result)));
        Assert.Equal("abab", Encoding.ASCII.GetString(start.Tokens[^1].Value));
    }

    [Fact]
    public void A_special_token_never_comes_out_of_merges()
    {
        (byte[], long)[] words = [("<s>x"u8.ToArray(), 50), ("<s>"u8.ToArray(), 80), ("s>"u8.ToArray(), 90)];
        BpeTrainingResult result = BpeTrainer.Train(Counts(words), new BpeTrainerOptions(300) { SpecialTokens = ["<s>"] });
        Assert.DoesNotContain(result.Tokens, token => token.Value.AsSpan().SequenceEqual("<s>"u8));
        AssertSameAsTextbook(Counts(words), 43, 2, ByteOrder.Gpt2, forbidden: "<s>");
    }

    [Fact]
    public void Tokens_stay_within_the_longest_length()
    {
        var random = new Random(1);
        (byte[], long)[] words = [.. Enumerable.Range(0, 200).Select(_ => (NastyText.CreateAscii(random, random.Next(1, 30)), 1L + random.Next(4)))];
        AssertSameAsTextbook(Counts(words), 200, 2, ByteOrder.Gpt2, maxTokenBytes: 3);
        Assert.Equal(3, BpeTrainer.Train(Counts(words), new BpeTrainerOptions(456) { MaxTokenBytes = 3 }).Tokens.Max(token => token.Value.Length));
    }

    [Fact]
    public void Training_that_runs_out_of_pairs_says_so()
    {
        BpeTrainingResult result = BpeTrainer.Train(Counts([("abc"u8.ToArray(), 5)]), new BpeTrainerOptions(1000) { PadToMultiple = 128 });
        Assert.Contains("After 2 of 744 merges", result.StoppedEarly, StringComparison.Ordinal);
        Assert.Contains("lower MinimumFrequency", result.StoppedEarly, StringComparison.Ordinal);
        Assert.Equal(384, result.VocabularySize);
        Assert.Equal(256, BpeTrainer.Train(Counts([]), new BpeTrainerOptions(1000)).VocabularySize);
    }

    [Theory]
    [InlineData(255, "ask for at least 256", new string[0])]
    [InlineData(257, "ask for at least 258", new[] { "<s>", "</s>" })]
    [InlineData(300, "given twice", new[] { "<s>", "<s>" })]
    [InlineData(300, "has no name", new[] { "" })]
    [InlineData(300, "single byte", new[] { "a" })]
    public void Impossible_options_are_refused_with_the_remedy(int size, string message, string[] specials)
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => BpeTrainer.Train(Counts([]), new BpeTrainerOptions(size) { SpecialTokens = specials }));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Training_reports_progress_and_can_be_cancelled()
    {
        var random = new Random(5);
        (byte[], long)[] words = [.. Enumerable.Range(0, 3000).Select(_ => (NastyText.CreateAscii(random, random.Next(2, 30)), 1L))];
        using var stop = new CancellationTokenSource();
        var progress = new Recorder(report =>
        {
            if (report.Done >= 512)
                stop.Cancel();
        });
        Assert.ThrowsAny<OperationCanceledException>(() => BpeTrainer.Train(Counts(words), new BpeTrainerOptions(3000), progress, stop.Token));
        Assert.Equal([256L, 512L], progress.Seen.Select(report => report.Done));
    }

    private static PieceCounts Counts((byte[], long)[] words) =>
        PieceCounts.From(words.Select(word => KeyValuePair.Create((ReadOnlyMemory<byte>)word.Item1, word.Item2)));

    private static void AssertSameAsTextbook(PieceCounts counts, int merges, long minimum, ByteOrder order, int maxTokenBytes = int.MaxValue, string? forbidden = null)
    {
        BpeTrainingResult result = BpeTrainer.Train(counts, new BpeTrainerOptions(256 + merges + (forbidden is null ? 0 : 1))
        {
            MinimumFrequency = minimum,
            ByteOrder = order,
            MaxTokenBytes = maxTokenBytes,
            SpecialTokens = forbidden is null ? [] : [forbidden],
        });
        var byteIds = new int[256];
        for (int id = 0; id < 256; id++)
            byteIds[result.Tokens[id].Value[0]] = id;
        var expected = NaiveBpe.Train(
            counts.Select(piece => KeyValuePair.Create(piece.Key.ToArray(), piece.Value)), merges, minimum, byteIds, maxTokenBytes,
            forbidden is null ? null : new HashSet<string> { forbidden });
        Assert.Equal(expected, result.Merges.Select(merge => (merge.Left, merge.Right, merge.Count)));
    }

    private sealed class Recorder(Action<TrainingProgress> then) : IProgress<TrainingProgress>
    {
        public List<TrainingProgress> Seen { get; } = [];

        public void Report(TrainingProgress value)
        {
            Seen.Add(value);
            then(value);
        }
    }
}
