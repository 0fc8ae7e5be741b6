using Athanor.Data.FastText;
using Athanor.Data.Tests.Testing;

namespace Athanor.Data.Tests.FastText;

public sealed class FastTextTrainerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [FasttextTheory]
    [InlineData(FastTextLoss.Softmax, "softmax", 4, 2, 0)]
    [InlineData(FastTextLoss.Softmax, "softmax", 4, 1, 3)]
    [InlineData(FastTextLoss.HierarchicalSoftmax, "hs", 12, 1, 0)]
    [InlineData(FastTextLoss.OneVsAll, "ova", 4, 2, 0)]
    public void As_many_are_right_as_with_fasttext(FastTextLoss loss, string name, int labels, int words, int characters)
    {
        (string Label, string Text)[] training = LabelledLines.Make(3000, labels, 0.2, 3), asked = LabelledLines.Make(3000, labels, 0.2, 4);
        var options = new FastTextOptions { Loss = loss, Dimensions = 20, WordNgrams = words, MinCharacters = characters, MaxCharacters = characters, Buckets = 20_000, LearningRate = 0.3, Epochs = 5 };
        double own = Share(Train(options, training), asked);
        FasttextProgram.Run("supervised", "-input", LabelledLines.Write(_folder["train"], training), "-output", _folder["m"], "-thread", "1", "-loss", name, "-dim", "20", "-wordNgrams", $"{words}",
            "-minn", $"{characters}", "-maxn", $"{characters}", "-bucket", "20000", "-lr", "0.3", "-epoch", "5");
        double theirs = Share(FastTextModel.Load(_folder["m.bin"]), asked);
        Assert.True(own > theirs - 0.01, $"{own} here, {theirs} with fasttext");
        Assert.InRange(own, 2.0 / labels, 0.99);
    }

    [FasttextTheory]
    [InlineData(FastTextLoss.Softmax)]
    [InlineData(FastTextLoss.HierarchicalSoftmax)]
    public void Fasttext_reads_what_was_trained_here(FastTextLoss loss)
    {
        FastTextModel model = Train(new FastTextOptions { Loss = loss, Dimensions = 10, WordNgrams = 2, MinCharacters = 2, MaxCharacters = 3, Buckets = 1000, MinCount = 2 }, LabelledLines.Make(500, 5, 0.2, 5));
        model.Save(_folder["own.bin"]);
        string[] lines = [.. LabelledLines.Make(100, 5, 0.3, 6).Select(line => line.Text)];
        FastTextClassifier classifier = model.NewClassifier();
        IReadOnlyList<(string Label, float Score)[]> expected = FasttextProgram.Predict(_folder["own.bin"], lines, 1, _folder.FullName);
        for (int i = 0; i < lines.Length; i++)
            Assert.Equal(expected[i][0].Score, classifier.Classify(lines[i]).Score, 2e-5f);
    }

    [Fact]
    public void The_same_examples_and_seed_make_the_same_bytes()
    {
        (string Label, string Text)[] lines = LabelledLines.Make(300, 3, 0.2, 7);
        byte[] Bytes(long seed)
        {
            Train(new FastTextOptions { Dimensions = 13, WordNgrams = 2, Buckets = 500, Seed = seed }, lines).Save(_folder["a.bin"]);
            return File.ReadAllBytes(_folder["a.bin"]);
        }

        byte[] first = Bytes(1);
        Assert.Equal(first, Bytes(1));
        Assert.NotEqual(first, Bytes(2));
    }

    [Fact]
    public void Examples_may_come_sorted_by_label()
    {
        (string Label, string Text)[] lines = LabelledLines.Make(2000, 3, 0.2, 8), asked = LabelledLines.Make(1000, 3, 0.2, 9);
        var options = new FastTextOptions { Dimensions = 16, LearningRate = 0.3 };
        double mixed = Share(Train(options, lines), asked), sorted = Share(Train(options, lines.OrderBy(line => line.Label, StringComparer.Ordinal)), asked);
        Assert.True(sorted > mixed - 0.02 && mixed > 0.6, $"{sorted} sorted, {mixed} mixed");
    }

    /// <summary>The gradient of one step, against differences of the loss that predictions give.</summary>
    [Theory]
    [InlineData(FastTextLoss.Softmax)]
    [InlineData(FastTextLoss.HierarchicalSoftmax)]
    public void A_step_lowers_the_loss_as_its_gradient_says(FastTextLoss loss)
    {
        FastTextModel model = Train(new FastTextOptions { Loss = loss, Dimensions = 8, Epochs = 3 }, LabelledLines.Make(400, 6, 0.3, 10));
        (DenseRows input, DenseRows output) = ((DenseRows)model.Input, (DenseRows)model.Output);
        int[] rows = [0, 3, 5, 3];
        const int Label = 2;
        const float Small = 1e-3f;
        double Loss() => -Math.Log(Math.Max(model.NewClassifier().Classify(rows) is var _ ? Score(model, rows, Label) : 0, 1e-9));
        double before = Loss();
        float[] wasInput = [.. input.Values], wasOutput = [.. output.Values];
        new FastTextUpdate(model, input, output).Step(rows, Label, Small);
        double squares = wasOutput.Zip(output.Values, (was, now) => Math.Pow((now - was) / Small, 2)).Sum();
        // A row of the input gets the mean's gradient over the number of rows each time that it is named.
        double inner = 0;
        foreach (int row in rows.Distinct())
        {
            for (int i = 0; i < 8; i++)
                inner += Math.Pow((input[row][i] - wasInput[(row * 8) + i]) / Small, 2);
        }
        double fall = (before - Loss()) / Small;
        Assert.InRange(fall / (squares + inner), 0.93, 1.07);
    }

    [Fact]
    public void Rare_words_give_way_when_there_are_too_many()
    {
        var counts = new FastTextCounts(mostWords: 100);
        for (int i = 0; i < 3000; i++)
        {
            byte[] word = System.Text.Encoding.UTF8.GetBytes(i % 3 == 0 ? $"often{i % 30}" : $"once{i}");
            counts.Add(word, FastTextHash.Of(word));
        }
        counts.Add("a");
        FastTextDictionary dictionary = counts.Finish(new FastTextOptions(), out _);
        Assert.InRange(dictionary.Words, 10, 100);
        Assert.True(Enumerable.Range(0, 10).All(i => dictionary.Find(System.Text.Encoding.UTF8.GetBytes($"often{i * 3}"), FastTextHash.Of(System.Text.Encoding.UTF8.GetBytes($"often{i * 3}"))) is >= 0 and < 10));
    }

    [Fact]
    public void One_label_is_not_enough()
    {
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => Train(new FastTextOptions(), [("only", "a b"), ("only", "c")]));
        Assert.Contains("'only'", error.Message, StringComparison.Ordinal);
    }

    private static float Score(FastTextModel model, int[] rows, int label)
    {
        FastTextClassifier classifier = model.NewClassifier();
        classifier.Classify(rows);
        return classifier.Scores[label];
    }

    private FastTextModel Train(FastTextOptions options, IEnumerable<(string Label, string Text)> lines)
    {
        using var trainer = new FastTextTrainer(options, _folder["examples"]);
        foreach ((string label, string text) in lines)
            trainer.Add(label, text);
        return trainer.Train();
    }

    private static double Share(FastTextModel model, (string Label, string Text)[] lines)
    {
        FastTextClassifier classifier = model.NewClassifier();
        return lines.Count(line => model.Labels[classifier.Classify(line.Text).Label] == line.Label) / (double)lines.Length;
    }
}
