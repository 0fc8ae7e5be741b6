using System.Globalization;
using System.Text;
using Athanor.Data.LanguageModels;
using Athanor.Data.Tests.Testing;

namespace Athanor.Data.Tests.LanguageModels;

public sealed class KneserNeyTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Bigrams_of_two_sentences_have_the_probabilities_that_one_finds_by_hand()
    {
        // "a b", "a c": adjusted counts of unigrams: a 1 (behind <s>), b 1, c 1, </s> 2 (behind b, c). No count of 3, so the discounts are 0.5, 1, 1.5.
        using KneserNeyTrainer trainer = Counted(2, [["a", "b"], ["a", "c"]]);
        NgramModel model = trainer.Train();
        Assert.All(trainer.Discounts, discounts => Assert.False(discounts.Estimated));
        // Σ = 5, lost = 0.5·3 + 1 = 2.5; uniform over a b c </s> <unk>: 2.5/5/5 = 0.1.
        Assert.Equal(0.1 + 0.5 / 5, Unigram(model, "a"), 6);
        Assert.Equal(0.1 + 1.0 / 5, Unigram(model, "</s>"), 6);
        Assert.Equal(0.1, Unigram(model, "<unk>"), 6);
        // <s> a was seen twice: (2 − 1)/2 + 1/2·p(a).
        Assert.Equal(0.5 + 0.5 * 0.2, Probability(model, "a"), 6);
        // a b once, a c once: (1 − 0.5)/2 + (0.5 + 0.5)/2·p(b).
        Assert.Equal(0.25 + 0.5 * 0.2, Probability(model, "b", "a"), 6);
        Assert.Equal(0.5 * 0.1, Probability(model, "new", "a"), 6);
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(3, 2)]
    [InlineData(5, 3)]
    [InlineData(7, 4)]
    public void Probabilities_are_those_of_the_formulas(int order, int seed)
    {
        string[][] sentences = Random(seed, 250, 25);
        var naive = new NaiveKneserNey(order, sentences);
        using KneserNeyTrainer trainer = Counted(order, sentences);
        NgramModel model = trainer.Train();
        var random = new Random(seed);
        foreach (string[] sentence in sentences.Take(12).Concat(Random(seed + 100, 12, 30)))
        {
            NgramState state = model.Begin();
            for (int i = 0; i <= sentence.Length; i++)
            {
                string word = i == sentence.Length ? "</s>" : sentence[i];
                double expected = naive.Probability(naive.Words.Contains(word) ? word : "<unk>", ["<s>", .. sentence[..i]]);
                Assert.Equal(Math.Log10(expected), model.Score(ref state, model.Vocabulary.Find(word)), 4);
            }
        }
    }

    [Fact]
    public void Probabilities_behind_any_history_add_up_to_one()
    {
        string[][] sentences = Random(7, 120, 12);
        foreach (int[] prune in (int[][])[[0], [0, 0, 1], [0, 1, 2]])
        {
            using KneserNeyTrainer trainer = Counted(3, sentences, prune);
            NgramModel model = trainer.Train();
            foreach (string[] history in (string[][])[[], ["w1"], ["w1", "w2"], ["w3", "w0", "w1"], ["never"]])
            {
                double sum = 0;
                for (uint word = 0; word < model.Vocabulary.Count; word++)
                    sum += word == NgramVocabulary.Begin ? 0 : Math.Pow(10, Last(model, word, history));
                Assert.Equal(1, sum, 4);
            }
        }
    }

    [Fact]
    public void Pruned_ngrams_are_those_seen_seldom()
    {
        string[][] sentences = Random(9, 200, 10);
        using KneserNeyTrainer whole = Counted(3, sentences), pruned = Counted(3, sentences, [0, 0, 1]);
        long[] all = [.. whole.Train().Counts], left = [.. pruned.Train().Counts];
        Assert.Equal(all[..2], left[..2]);
        long seldom = sentences.SelectMany(sentence => Windows(["<s>", .. sentence, "</s>"], 3)).GroupBy(gram => gram).LongCount(group => group.Count() == 1);
        Assert.True(seldom > 0);
        Assert.Equal(all[2] - seldom, left[2]);
    }

    [Fact]
    public void What_goes_through_files_counts_as_in_memory()
    {
        string[][] sentences = Random(11, 6000, 400);
        using KneserNeyTrainer inMemory = Counted(4, sentences), throughFiles = Counted(4, sentences, memory: 1);
        byte[] expected = Arpa(inMemory), found = Arpa(throughFiles);
        Assert.Equal(0, inMemory.Spills);
        Assert.True(throughFiles.Spills > 3);
        Assert.Equal(expected, found);
        throughFiles.Dispose();
        Assert.Empty(Directory.EnumerateFiles(_folder.FullName, "*.tmp", SearchOption.AllDirectories));
    }

    [Fact]
    public void Files_of_the_format_come_back_as_the_same_model()
    {
        string[][] sentences = Random(13, 400, 40);
        using KneserNeyTrainer trainer = Counted(4, sentences);
        NgramModel model = trainer.Train();
        string arpa = _folder["m.arpa"], folder = _folder["m"];
        using (FileStream stream = File.Create(arpa))
            trainer.WriteArpa(model, stream);
        new NgramModelFolder(model, NgramUnit.Words).Save(folder);
        new NgramModelFolder(model.Quantize(), NgramUnit.Words).Save(folder + "-quantized");
        NgramModel read = ArpaFile.Read(arpa), loaded = NgramModelFolder.Load(folder).Model, quantized = NgramModelFolder.Load(folder + "-quantized").Model;
        Assert.Equal(model.Counts, read.Counts);
        Assert.Equal(model.Counts, quantized.Counts);
        Assert.True(quantized.IsQuantized && !loaded.IsQuantized);
        Assert.True(quantized.Tables.Sum(table => table.Bytes) < 0.6 * model.Tables.Sum(table => table.Bytes));
        double error = 0;
        foreach (string[] sentence in Random(99, 100, 45))
        {
            double score = Score(model, sentence);
            Assert.Equal(score, Score(read, sentence), 4);
            Assert.Equal(score, Score(loaded, sentence));
            error = Math.Max(error, Math.Abs(score - Score(quantized, sentence)) / (sentence.Length + 1));
        }
        Assert.InRange(error, 1e-9, 0.02);
    }

    [Fact]
    public void Perplexity_is_that_of_the_scores()
    {
        string[][] sentences = Random(15, 300, 20);
        using KneserNeyTrainer trainer = Counted(3, sentences);
        NgramModel model = trainer.Train();
        string text = "w1 w2 w3\n\n  \nw4 unheard\n";
        NgramScore score = new NgramModelFolder(model, NgramUnit.Words).Scorer().Score(text);
        double sum = Score(model, ["w1", "w2", "w3"]) + Score(model, ["w4", "unheard"]);
        Assert.Equal(5, score.Words);
        Assert.Equal(2, score.Lines);
        Assert.Equal(1, score.Unknown);
        Assert.Equal(Math.Pow(10, -sum / 7), score.Perplexity, 6);
    }

    [Theory]
    [InlineData("nothing", "no \\data\\")]
    [InlineData("\\data\\\nngram 1=2\nngram 2=1\n\n\\1-grams:\n-1\ta\t0\n-1\tb\t0\n\n\\2-grams:\n-1\ta c\n\n\\end\\\n", "'c' is no unigram")]
    [InlineData("\\data\\\nngram 1=3\nngram 2=1\n\n\\1-grams:\n-1\ta\t0\n-1\tb\t0\n\n\\2-grams:\n-1\ta b\n\n\\end\\\n", "fewer 1-grams")]
    [InlineData("\\data\\\nngram 1=2\nngram 2=1\n\n\\1-grams:\n0.5\ta\t0\n-1\tb\t0\n\n\\2-grams:\n-1\ta b\n\n\\end\\\n", "log10 of at most 0")]
    [InlineData("\\data\\\nngram 1=2\nngram 2=2\n\n\\1-grams:\n-1\ta\t0\n-1\tb\t0\n\n\\2-grams:\n-1\ta b\n-1\ta b\n\n\\end\\\n", "twice")]
    [InlineData("\\data\\\nngram 1=2\nngram 2=99999999999\n\n\\1-grams:\n", "count")]
    [InlineData("\\data\\\nngram 1=2\nngram 2=1\nngram 3=1\n\n\\1-grams:\n-1\ta\t0\n-1\tb\t0\n\n\\2-grams:\n-1\ta b\t0\n\n\\3-grams:\n-1\ta b a\n\n\\end\\\n", "without its first word")]
    public void Text_that_is_no_model_is_refused_with_its_line(string text, string problem)
    {
        string path = _folder["bad.arpa"];
        File.WriteAllText(path, text);
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => ArpaFile.Read(path));
        Assert.Contains("line ", error.Message, StringComparison.Ordinal);
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_model_file_is_refused_wherever_it_is_damaged()
    {
        using KneserNeyTrainer trainer = Counted(3, Random(17, 30, 8));
        string folder = _folder["m"];
        new NgramModelFolder(trainer.Train(), NgramUnit.Words).Save(folder);
        string file = System.IO.Path.Combine(folder, "ngram.bin");
        byte[] good = File.ReadAllBytes(file);
        var random = new Random(1);
        for (int i = 0; i < 300; i++)
        {
            byte[] bad = [.. good];
            if (i % 3 == 0)
                bad = bad[..random.Next(bad.Length)];
            else
                bad[random.Next(bad.Length)] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(file, bad);
            Assert.Contains("ngram.bin", Assert.Throws<InvalidDataException>(() => NgramModelFolder.Load(folder)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Impossible_settings_are_refused()
    {
        Assert.Throws<ArgumentException>(() => new KneserNeyTrainer(new KneserNeyOptions { Order = 1, Folder = _folder.FullName }));
        Assert.Throws<ArgumentException>(() => new KneserNeyTrainer(new KneserNeyOptions { Prune = [0, 2, 1], Folder = _folder.FullName }));
        using var empty = new KneserNeyTrainer(new KneserNeyOptions { Folder = _folder.FullName });
        Assert.Throws<InvalidDataException>(() => empty.Train());
    }

    private KneserNeyTrainer Counted(int order, string[][] sentences, int[]? prune = null, long memory = 1 << 26)
    {
        var trainer = new KneserNeyTrainer(new KneserNeyOptions { Order = order, Prune = prune ?? [0], Memory = memory, Folder = _folder[Guid.NewGuid().ToString("N")] });
        foreach (string[] sentence in sentences)
            trainer.Add([.. sentence.Select(word => trainer.Vocabulary.Add(word))]);
        return trainer;
    }

    /// <summary>Sentences of words whose frequencies fall as 1/rank.</summary>
    private static string[][] Random(int seed, int count, int words)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => Enumerable.Range(0, random.Next(1, 12))
            .Select(_ => string.Create(CultureInfo.InvariantCulture, $"w{(int)Math.Pow(words, random.NextDouble()) - 1}")).ToArray())];
    }

    private static IEnumerable<string> Windows(string[] words, int length) =>
        Enumerable.Range(0, Math.Max(0, words.Length - length + 1)).Select(at => string.Join(' ', words[at..(at + length)]));

    private static byte[] Arpa(KneserNeyTrainer trainer)
    {
        using var stream = new MemoryStream();
        trainer.WriteArpa(trainer.Train(), stream);
        Assert.StartsWith("\\data\\\nngram 1=", Encoding.UTF8.GetString(stream.ToArray()), StringComparison.Ordinal);
        return stream.ToArray();
    }

    private static double Score(NgramModel model, string[] sentence) => model.Score([.. sentence.Select(word => model.Vocabulary.Find(word))]);

    private static double Unigram(NgramModel model, string word) => Math.Pow(10, model.Unigrams[model.Vocabulary.Find(word)].Probability);

    private static double Probability(NgramModel model, string word, params string[] history) => Math.Pow(10, Last(model, model.Vocabulary.Find(word), history));

    private static double Last(NgramModel model, uint word, string[] history)
    {
        NgramState state = model.Begin();
        foreach (string before in history)
            model.Score(ref state, model.Vocabulary.Find(before));
        return model.Score(ref state, word);
    }
}
