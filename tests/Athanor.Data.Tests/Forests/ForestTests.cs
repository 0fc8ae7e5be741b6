using System.Text.Json;
using Athanor.Data.Documents;
using Athanor.Data.Forests;
using Athanor.Data.Tests.Testing;
using Athanor.Runs.Stages;

namespace Athanor.Data.Tests.Forests;

public sealed class ForestTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 1)]
    [InlineData(3, 5)]
    public void The_first_splits_are_those_of_naive_code(int depth, int minLeaf)
    {
        for (int seed = 0; seed < 20; seed++)
        {
            (float[] Features, int Class)[] examples = Examples(150, 1, 3, seed);
            var naive = new NaiveTree(examples, 3, depth, minLeaf);
            RandomForest tree = Grow(examples, new ForestOptions { Trees = 1, MaxDepth = depth, MinLeaf = minLeaf, Bootstrap = false, FeaturesPerSplit = 99 });
            foreach ((float[] features, int _) in examples)
                Assert.Equal(naive.Predict(features), Predict(tree, features).Select(share => Math.Round(share, 5)), (a, b) => Math.Abs(a - b) < 1e-4);
        }
    }

    [Fact]
    public void With_several_features_the_best_split_is_taken()
    {
        for (int seed = 0; seed < 20; seed++)
        {
            (float[] Features, int Class)[] examples = Examples(120, 4, 2, seed);
            RandomForest tree = Grow(examples, new ForestOptions { Trees = 1, MaxDepth = 1, Bootstrap = false, FeaturesPerSplit = 4 });
            double own = examples.Sum(example => 1 - Predict(tree, example.Features).Sum(share => share * share));
            Assert.Equal(new NaiveTree(examples, 2, 1, 1).Impurity(examples), own, 2);
        }
    }

    [Fact]
    public void A_forest_is_the_mean_of_its_trees_and_better_than_one()
    {
        (float[] Features, int Class)[] examples = Examples(600, 8, 3, 1), asked = Examples(400, 8, 3, 1_000);
        double one = Right(Grow(examples, new ForestOptions { Trees = 1 }), asked), many = Right(Grow(examples, new ForestOptions { Trees = 60 }), asked);
        Assert.True(many > one + 0.02, $"{one} with one tree, {many} with 60");
    }

    [Fact]
    public void The_same_seed_grows_the_same_forest_and_files_keep_it()
    {
        (float[] Features, int Class)[] examples = Examples(300, 5, 2, 2);
        ForestFile.Save(Grow(examples, new ForestOptions { Trees = 20, Seed = 4 }), _folder["a"]);
        ForestFile.Save(Grow(examples, new ForestOptions { Trees = 20, Seed = 4 }), _folder["b"]);
        ForestFile.Save(Grow(examples, new ForestOptions { Trees = 20, Seed = 5 }), _folder["c"]);
        byte[] bytes = File.ReadAllBytes(_folder["a"]);
        Assert.Equal(bytes, File.ReadAllBytes(_folder["b"]));
        Assert.NotEqual(bytes, File.ReadAllBytes(_folder["c"]));
        ForestFile.Save(ForestFile.Load(_folder["a"]), _folder["d"]);
        Assert.Equal(bytes, File.ReadAllBytes(_folder["d"]));
    }

    [Fact]
    public void Damaged_files_are_refused()
    {
        ForestFile.Save(Grow(Examples(60, 3, 2, 3), new ForestOptions { Trees = 3 }), _folder["a"]);
        byte[] whole = File.ReadAllBytes(_folder["a"]);
        var random = new Random(3);
        for (int round = 0; round < 3000; round++)
        {
            byte[] file = [.. whole];
            if (round % 3 == 0)
                file = file[..random.Next(file.Length)];
            else
                file[random.Next(file.Length)] ^= (byte)(1 << random.Next(8));
            Assert.Throws<InvalidDataException>(() => ForestFile.Read("bad", new MemoryStream(file)));
        }
    }

    [Fact]
    public async Task Documents_are_judged_by_their_embeddings()
    {
        (float[] Features, int Class)[] examples = Examples(400, 6, 2, 5), asked = Examples(100, 6, 2, 6);
        Write("train.jsonl", examples);
        Write("asked.jsonl", asked);
        IReadOnlyDictionary<string, Artifact> made = await DataRecipe.Run(_folder, """
            stages:
              train: { use: read_jsonl, path: train.jsonl }
              asked: { use: read_jsonl, path: asked.jsonl }
              model: { use: train_forest, from: train, features: [first, rest], label_by: grade, trees: 30 }
              filter: { use: forest, from: [asked, model], label: "1", min_score: 0.5 }
            """);
        Document[] kept = [.. DocumentFile.Read(made["filter"].PathOf(DocumentFile.Name))];
        double right = kept.Count(document => document.Metadata["grade"] == "1") / (double)kept.Length;
        Assert.InRange(right, 0.7, 1);
        Assert.InRange(kept.Length, 25, 75);
        Assert.All(kept, document => Assert.InRange(double.Parse(document.Metadata["forest_score"], System.Globalization.CultureInfo.InvariantCulture), 0.5, 1));
    }

    [Fact]
    public async Task Signals_of_quality_are_features_too()
    {
        var random = new Random(8);
        string[] words = ["river", "stone", "paper", "engine", "winter", "people", "answer", "window"];
        // What is worse repeats one word; nothing else tells the two apart.
        string Text(bool bad) => string.Join(' ', Enumerable.Range(0, random.Next(20, 60)).Select(_ => words[bad ? 0 : random.Next(words.Length)]));
        _folder.Write("train.jsonl", string.Concat(Enumerable.Range(0, 200).Select(i => JsonSerializer.Serialize(new { id = $"t{i}", text = Text(i % 2 == 0), grade = i % 2 == 0 ? "bad" : "good" }) + "\n")));
        _folder.Write("asked.jsonl", string.Concat(Enumerable.Range(0, 50).Select(i => JsonSerializer.Serialize(new { id = $"{i}", text = Text(i % 2 == 0) }) + "\n")));
        IReadOnlyDictionary<string, Artifact> made = await DataRecipe.Run(_folder, """
            stages:
              train: { use: read_jsonl, path: train.jsonl }
              asked: { use: read_jsonl, path: asked.jsonl }
              model: { use: train_forest, from: train, features: [signals.text.unique_words, signals.gopher_repetition], label_by: grade, trees: 10 }
              filter: { use: forest, from: [asked, model], label: good }
            """);
        Assert.Equal(Enumerable.Range(0, 25).Select(i => $"{2 * i + 1}"), DocumentFile.Read(made["filter"].PathOf(DocumentFile.Name)).Select(document => document.Id));
        Assert.Equal("14", made["model"].Manifest.Notes["features"]);
    }

    [Fact]
    public void Signals_that_are_none_are_named()
    {
        Assert.Contains("no family of signals 'txt'", Assert.Throws<InvalidDataException>(() => new DocumentFeatures(["signals.txt"])).Message, StringComparison.Ordinal);
        Assert.Contains("text.word_entropy", Assert.Throws<InvalidDataException>(() => new DocumentFeatures(["signals.text.entropy"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_document_without_its_features_is_named()
    {
        _folder.Write("train.jsonl", """
            {"id":"x1","text":"a","grade":"0","size":"large"}
            """);
        StageException error = await Assert.ThrowsAsync<StageException>(() => DataRecipe.Run(_folder, """
            stages:
              train: { use: read_jsonl, path: train.jsonl }
              model: { use: train_forest, from: train, features: [size], label_by: grade }
            """));
        Assert.Contains("'x1' is no number", error.Message, StringComparison.Ordinal);
    }

    private void Write(string name, (float[] Features, int Class)[] examples) => _folder.Write(name, string.Concat(examples.Select((example, i) =>
        JsonSerializer.Serialize(new { id = $"{name}{i}", text = "t", grade = $"{example.Class}", first = example.Features[0], rest = example.Features[1..] }) + "\n")));

    private static (float[] Features, int Class)[] Examples(int count, int width, int classes, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            int kind = random.Next(classes);
            // Few different values: many examples are alike.
            float[] features = [.. Enumerable.Range(0, width).Select(feature => MathF.Round((float)((random.NextDouble() * 4) + (feature % classes == kind ? 1 : 0)), 1))];
            return (features, kind);
        })];
    }

    private static RandomForest Grow((float[] Features, int Class)[] examples, ForestOptions options)
    {
        var trainer = new ForestTrainer(options, ["f"]);
        foreach (int kind in examples.Select(example => example.Class).Distinct().Order())
        {
            foreach ((float[] features, int _) in examples.Where(example => example.Class == kind))
                trainer.Add($"{kind}", features);
        }
        return trainer.Train();
    }

    private static float[] Predict(RandomForest forest, float[] features)
    {
        float[] shares = new float[forest.Labels.Count];
        forest.Predict(features, shares);
        return shares;
    }

    private static double Right(RandomForest forest, (float[] Features, int Class)[] asked) =>
        asked.Count(example => Predict(forest, example.Features) is var shares && Array.IndexOf(shares, shares.Max()) == example.Class) / (double)asked.Length;
}
