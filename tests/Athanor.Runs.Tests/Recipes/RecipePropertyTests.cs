using System.Text;
using Athanor.Runs.Recipes;
using FsCheck;
using FsCheck.Fluent;
using YamlDotNet.RepresentationModel;

namespace Athanor.Runs.Tests.Recipes;

/// <summary>Random trees and values, against naive dictionaries and the YAML parser's own tree.</summary>
public sealed class RecipePropertyTests
{
    private static readonly string[] Names = ["a", "b", "c", "use", "kind", "d_e", "on", "3", "x.y: z", "\u00e9"];

    [Fact]
    public void Any_text_survives_writing_and_is_what_other_parsers_read()
    {
        Prop.ForAll(ArbMap.Default.ArbFor<string>(), text =>
        {
            // Half a surrogate pair is no text.
            if (text is null || text.EnumerateRunes().Any(rune => rune == Rune.ReplacementChar))
                return;
            var tree = new MappingNode(default);
            tree.Set("key", new ScalarNode(default, text, ScalarKind.Text) { Comment = "remark: # {" });
            tree.Set("last", new ScalarNode(default, "1", ScalarKind.Number));
            string yaml = YamlText.Write(tree);
            Assert.Equal(text, ((ScalarNode)Read(yaml)["key"]!).Text);
            var stream = new YamlStream();
            stream.Load(new StringReader(yaml));
            Assert.Equal(text, ((YamlScalarNode)stream.Documents[0].RootNode["key"]).Value);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    [Theory]
    [InlineData("a\n")]
    [InlineData("true\n")]
    [InlineData("- a")]
    [InlineData("a.")]
    public void Texts_that_look_plain_and_are_not_are_quoted(string text)
    {
        var tree = new MappingNode(default);
        tree.Set("key", new ScalarNode(default, text, ScalarKind.Text));
        Assert.Equal(text, ((ScalarNode)Read(YamlText.Write(tree))["key"]!).Text);
    }

    [Fact]
    public void Any_tree_survives_writing()
    {
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), Prop.ForAll(Seeds, seed =>
        {
            var random = new System.Random(seed);
            MappingNode tree = Mapping(random, 4);
            Assert.Equal(Flat(tree), Flat(Read(YamlText.Write(tree))));
        }));
    }

    [Fact]
    public void Merging_is_what_dictionaries_would_do_and_changes_neither_side()
    {
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), Prop.ForAll(Seeds, seed =>
        {
            var random = new System.Random(seed);
            MappingNode below = Mapping(random, 4), above = Mapping(random, 4);
            string before = Flat(below) + Flat(above);
            RecipeNode merged = RecipeMerge.Merge(below, above);
            Assert.Equal(Naive(below, above), Plain(merged), PlainComparer.Instance);
            Assert.Equal(before, Flat(below) + Flat(above));
            Assert.Equal(Flat(above), Flat(RecipeMerge.Merge(above, above)));
        }));
    }

    [Fact]
    public void An_override_changes_its_path_and_nothing_else()
    {
        string[] paths = ["model.depth", "stages.train.tokens", "stages.train.sources.1.weight", "stages.train.weights.code", "stages.clean.min_length"];
        Recipe plain = RecipeReadingTests.Parse(RecipeReadingTests.Whole, "model.width=384", "model.heads=6", "train.learning_rate=1e-3");
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(60), Prop.ForAll(Seeds, seed =>
        {
            var random = new System.Random(seed);
            string path = paths[random.Next(paths.Length)], value = $"{random.Next(1, 200)}";
            Recipe changed = RecipeReadingTests.Parse(RecipeReadingTests.Whole, "model.width=384", "model.heads=6", "train.learning_rate=1e-3", $"{path}={value}");
            Assert.All(changed.Settings.Zip(plain.Settings), pair => Assert.Equal(pair.First.Path == path ? value : pair.Second.Value, pair.First.Value));
            Assert.Equal(plain.Settings.Count, changed.Settings.Count);
        }));
    }

    [Fact]
    public void Resolving_a_resolved_recipe_changes_nothing()
    {
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(60), Prop.ForAll(Seeds, seed =>
        {
            var random = new System.Random(seed);
            string rate = (random.NextDouble() + 1e-9).ToString("R", System.Globalization.CultureInfo.InvariantCulture);
            string[] overrides = [$"model.depth={random.Next(1, 200)}", $"train.learning_rate={rate}", $"train.tokens={random.NextInt64()}", $"seed={random.NextInt64()}",
                $"train.save_every={random.Next(1, 100)}h{random.Next(1, 60)}m", $"train.schedule={(random.Next(2) == 0 ? "constant" : "cosine")}", $"train.threads={(random.Next(2) == 0 ? "" : "3")}"];
            Recipe first = RecipeReadingTests.Parse(RecipeReadingTests.Whole, overrides), second = RecipeReadingTests.Parse(first.ToYaml());
            Assert.Equal(first.Settings.Select(setting => (setting.Path, setting.Value)), second.Settings.Select(setting => (setting.Path, setting.Value)));
        }));
    }

    private static Arbitrary<int> Seeds => Gen.Choose(0, int.MaxValue).ToArbitrary();

    private static MappingNode Read(string yaml)
    {
        var problems = new ProblemList();
        RecipeNode? tree = YamlTree.Read(yaml, "text", problems);
        problems.ThrowIfAny();
        return (MappingNode)tree!;
    }

    private static MappingNode Mapping(System.Random random, int depth)
    {
        var mapping = new MappingNode(default);
        for (int i = random.Next(depth == 4 ? 1 : 0, 5); i > 0; i--)
            mapping.Set(Names[random.Next(Names.Length)], Node(random, depth - 1));
        return mapping;
    }

    private static RecipeNode Node(System.Random random, int depth)
    {
        switch (depth == 0 ? 0 : random.Next(4))
        {
            case 1:
                return Mapping(random, depth);
            case 2:
                var sequence = new SequenceNode(default);
                for (int i = random.Next(4); i > 0; i--)
                    sequence.Items.Add(Node(random, depth - 1));
                return sequence;
            default:
                return new ScalarNode(default, Names[random.Next(Names.Length)], ScalarKind.Text);
        }
    }

    /// <summary>With the kinds of nodes, which a list of paths alone would not show.</summary>
    private static string Flat(RecipeNode node) => node switch
    {
        MappingNode mapping => $"{{{string.Join(',', mapping.Entries.Select(entry => $"<{entry.Key}>{Flat(entry.Value)}"))}}}",
        SequenceNode sequence => $"[{string.Join(',', sequence.Items.Select(Flat))}]",
        _ => ((ScalarNode)node).Text,
    };

    private static object Plain(RecipeNode node) => node is MappingNode mapping ? mapping.Entries.ToDictionary(entry => entry.Key, entry => Plain(entry.Value)) : Flat(node);

    private static object Naive(RecipeNode below, RecipeNode above)
    {
        if (below is not MappingNode lower || above is not MappingNode upper)
            return Plain(above);
        foreach (string key in new[] { "use", "kind" })
        {
            if (lower[key] is ScalarNode a && upper[key] is ScalarNode b && a.Text != b.Text)
                return Plain(above);
        }
        var merged = new Dictionary<string, object>();
        foreach (string key in lower.Entries.Concat(upper.Entries).Select(entry => entry.Key).Distinct())
            merged[key] = upper[key] is null ? Plain(lower[key]!) : lower[key] is null ? Plain(upper[key]!) : Naive(lower[key]!, upper[key]!);
        return merged;
    }

    private sealed class PlainComparer : IEqualityComparer<object>
    {
        public static readonly PlainComparer Instance = new();

        public new bool Equals(object? x, object? y) => (x, y) switch
        {
            (Dictionary<string, object> a, Dictionary<string, object> b) => a.Keys.SequenceEqual(b.Keys) && a.All(pair => Equals(pair.Value, b[pair.Key])),
            _ => object.Equals(x, y),
        };

        public int GetHashCode(object value) => 0;
    }
}
