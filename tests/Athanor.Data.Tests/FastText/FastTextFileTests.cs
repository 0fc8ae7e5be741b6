using Athanor.Data.FastText;
using Athanor.Data.Tests.Testing;

namespace Athanor.Data.Tests.FastText;

/// <summary>Models that fasttext 0.9.2 made: soft.bin (bigrams), tree.bin (character n-grams, hierarchical softmax), wide.ftz (both, pruned, quantized with norms apart, one-vs-all).</summary>
public sealed class FastTextFileTests : IDisposable
{
    private static readonly string[] Names = ["soft.bin", "tree.bin", "wide.ftz"];
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Models => [.. Names];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Models))]
    public void Models_of_fasttext_score_as_fasttext_scored(string file)
    {
        FastTextModel model = FastTextModel.Load(PathOf(file));
        FastTextClassifier classifier = model.NewClassifier();
        int lines = 0;
        foreach (string line in File.ReadLines(PathOf("expected.txt")).Where(line => line.StartsWith(file, StringComparison.Ordinal)))
        {
            string[] parts = line.Split('|');
            Same(FasttextProgram.Parse(parts[2]), model, classifier, parts[1]);
            lines++;
        }
        Assert.Equal(10, lines);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void What_was_read_is_written_to_the_byte(string file)
    {
        byte[] before = File.ReadAllBytes(PathOf(file));
        FastTextModel model = FastTextModel.Read(file, new MemoryStream(before));
        model.Save(_folder["again"]);
        byte[] after = File.ReadAllBytes(_folder["again"]);
        Assert.Equal(before.Length, after.Length);
        // fasttext writes pruned buckets in the order of a hash table.
        if (file != "wide.ftz")
            Assert.Equal(before, after);
        Assert.Equal(Scores(model), Scores(FastTextModel.Load(_folder["again"])));
    }

    [FasttextTheory]
    [InlineData(3, "-wordNgrams 2 -dim 20 -bucket 5000", null)]
    [InlineData(3, "-wordNgrams 4 -minn 1 -maxn 5 -dim 16 -bucket 3000", null)]
    [InlineData(300, "-loss hs -dim 12 -wordNgrams 2 -bucket 2000", "-qnorm -qout -dsub 5")]
    [InlineData(5, "-loss ova -dim 16 -minn 2 -maxn 4 -bucket 4000", "-dsub 3 -cutoff 300")]
    [InlineData(4, "-loss ns -dim 10 -minCount 20", null)]
    public void Scores_are_those_of_the_program(int labels, string training, string? quantizing)
    {
        string examples = LabelledLines.Write(_folder["train"], LabelledLines.Make(2000, labels, 0.2, 1));
        FasttextProgram.Run(["supervised", "-input", examples, "-output", _folder["m"], "-thread", "1", "-lr", "0.5", .. training.Split(' ')]);
        string model = _folder["m.bin"];
        if (quantizing is not null)
        {
            FasttextProgram.Run(["quantize", "-input", examples, "-output", _folder["m"], "-thread", "1", .. quantizing.Split(' ')]);
            model = _folder["m.ftz"];
        }
        string[] lines = [.. LabelledLines.Make(200, labels, 0.3, 2).Select(line => line.Text), "caf\u00E9 \uD83D\uDE00 never seen", "a </s> the rest is not read", "the __label__class1 of"];
        // The end of an example within a line begins a new one for the program.
        (string Label, float Score)[][] expected = [.. FasttextProgram.Predict(model, lines.Where(line => !line.Contains("</s>", StringComparison.Ordinal)), Math.Min(labels, 5), _folder.FullName)];
        FastTextModel read = FastTextModel.Load(model);
        FastTextClassifier classifier = read.NewClassifier();
        int at = 0;
        foreach (string line in lines.Where(line => !line.Contains("</s>", StringComparison.Ordinal)))
            Same(expected[at++], read, classifier, line);
        Assert.Equal(expected.Length, at);
        FastTextPrediction cut = classifier.Classify("a </s> the rest is not read");
        Assert.Equal(classifier.Classify("a"), cut);
    }

    [Fact]
    public void The_hash_widens_bytes_with_their_sign()
    {
        Assert.Equal(0xE40C292Cu, FastTextHash.Of("a"u8));
        // FNV-1a of one byte c3, once with the upper bits of -61.
        Assert.Equal(unchecked((2166136261u ^ 0xFFFFFFC3u) * 16777619u), FastTextHash.Of([0xC3]));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Files_that_are_cut_off_are_refused(string file)
    {
        byte[] whole = File.ReadAllBytes(PathOf(file));
        for (int length = 0; length < whole.Length; length += length < 200 ? 1 : 41)
            Assert.Throws<InvalidDataException>(() => FastTextModel.Read(file, new MemoryStream(whole, 0, length)));
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => FastTextModel.Read(file, new MemoryStream([.. whole, 0])));
        Assert.Contains("behind its end", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Sizes_that_lie_allocate_nothing()
    {
        byte[] file = File.ReadAllBytes(PathOf("soft.bin"));
        // Entries of the dictionary and words: 2^31 − 1 and 2^31 − 2.
        BitConverter.TryWriteBytes(file.AsSpan(64), int.MaxValue);
        BitConverter.TryWriteBytes(file.AsSpan(68), int.MaxValue - 3);
        long before = GC.GetAllocatedBytesForCurrentThread();
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => FastTextModel.Read("bad.bin", new MemoryStream(file)));
        Assert.Contains("cut off", error.Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void Word_vectors_are_no_classifier()
    {
        byte[] file = File.ReadAllBytes(PathOf("soft.bin"));
        file[8 + (7 * 4)] = 2;
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => FastTextModel.Read("cc.en.300.bin", new MemoryStream(file)));
        Assert.Contains("word vectors", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Category", "Long")]
    public void A_hundred_thousand_damaged_models_are_read_or_refused_in_bounds()
    {
        var random = new Random(7);
        byte[][] whole = [.. Names.Select(name => File.ReadAllBytes(PathOf(name)))];
        int read = 0, refused = 0;
        for (int round = 0; round < 100_000; round++)
        {
            byte[] file = Mutate(whole[round % whole.Length], random);
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                FastTextModel.Read("bad", new MemoryStream(file)).NewClassifier().Classify("the proof of caf\u00E9 and \u6771\u4EAC buy");
                read++;
            }
            catch (InvalidDataException)
            {
                refused++;
            }
            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 64 << 20, $"round {round} allocated too much");
        }
        Assert.True(read > 1000 && refused > 1000, $"{read} read, {refused} refused");
    }

    internal static byte[] Mutate(byte[] whole, Random random)
    {
        byte[] file = [.. whole];
        for (int change = random.Next(1, 6); change > 0; change--)
        {
            // Headers decide most: half of the changes are there.
            int at = random.Next(2) == 0 ? random.Next(Math.Min(400, file.Length)) : random.Next(file.Length);
            switch (random.Next(4))
            {
                case 0:
                    file[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    file[at] = (byte)random.Next(256);
                    break;
                case 2:
                    BitConverter.TryWriteBytes(file.AsSpan(at), random.Next(3) switch { 0 => int.MaxValue, 1 => -1, _ => random.Next() });
                    break;
                default:
                    if (random.Next(8) == 0)
                        file = [.. file[..at], .. random.Next(2) == 0 ? [] : file[(at / 2)..at], .. file[Math.Min(file.Length, at + random.Next(20))..]];
                    break;
            }
            if (file.Length == 0)
                break;
        }
        return file;
    }

    private static string PathOf(string file) => Path.Combine(AppContext.BaseDirectory, "FastText", "Models", file);

    private static float[] Scores(FastTextModel model)
    {
        FastTextClassifier classifier = model.NewClassifier();
        classifier.Classify("the proof of a lemma buy int");
        return [.. classifier.Scores];
    }

    private static void Same((string Label, float Score)[] expected, FastTextModel model, FastTextClassifier classifier, string text)
    {
        FastTextPrediction best = classifier.Classify(text);
        Assert.NotEmpty(expected);
        Assert.Equal(expected[0].Score, best.Score, 2e-5f);
        float[] scores = [.. classifier.Scores];
        foreach ((string label, float score) in expected)
            Assert.True(MathF.Abs(score - scores[model.Labels.ToList().IndexOf(label)]) <= 1e-5f + (1e-5f * score), $"'{text}': {label} has {scores[model.Labels.ToList().IndexOf(label)]}, fasttext says {score}");
    }
}
