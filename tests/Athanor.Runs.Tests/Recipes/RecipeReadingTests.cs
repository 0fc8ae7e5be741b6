using System.Text;
using Athanor.Runs.Recipes;
using Athanor.Runs.Tests.Testing;

namespace Athanor.Runs.Tests.Recipes;

public sealed class RecipeReadingTests
{
    internal const string Whole = """
        name: small
        description: A recipe that uses everything.
        seed: 7
        model:
          depth: 6
        stages:
          train:
            use: train
            from: clean
            tokens: 3.3M
            schedule: { kind: cosine, floor: 5% }
            sources:
              - name: web
                weight: 0.75
              - { name: books }
            weights: { code: 1e-3, prose: 2 }
            save_every: 1h30m
          read:
            use: read_text
            path: .
          clean:
            use: clean
            from: [read]
            min_length: 1_000
        """;

    internal static Recipe Parse(string yaml, params string[] overrides) =>
        Recipe.Parse(Encoding.UTF8.GetBytes(yaml), new Kitchen().Vocabulary(), "test.yaml", null, overrides);

    internal static IReadOnlyList<RecipeProblem> Problems(string yaml, params string[] overrides) =>
        Assert.Throws<RecipeException>(() => Parse(yaml, overrides)).Problems;

    [Fact]
    public void A_recipe_becomes_records_and_its_stages_are_put_in_order()
    {
        Recipe recipe = Parse(Whole);
        Assert.Equal(("small", 7L, "A recipe that uses everything."), (recipe.Name, recipe.Seed, recipe.Description));
        Assert.Equal(["read", "clean", "train"], recipe.Stages.Select(stage => stage.Name));
        var train = Assert.IsType<TrainSettings>(recipe.Stages[2].Settings);
        Assert.Equal(3_300_000, train.Tokens);
        Assert.Equal(new CosineSchedule { Floor = 0.05 }, train.Schedule);
        Assert.Equal([new SourceSettings("web", 0.75), new SourceSettings("books")], train.Sources);
        Assert.Equal(0.001, train.Weights["code"]);
        Assert.Equal(new TimeSpan(1, 30, 0), train.SaveEvery);
        Assert.Equal(1000, Assert.IsType<CleanSettings>(recipe.Stages[1].Settings).MinLength);
        Assert.Equal(Path.GetFullPath("."), Assert.IsType<ReadSettings>(recipe.Stages[0].Settings).Path.FullPath);
    }

    [Fact]
    public void One_dial_derives_the_rest_and_says_how()
    {
        Recipe recipe = Parse(Whole);
        Assert.Equal(384, recipe.Section<ModelSettings>().Width);
        Assert.Equal(["model.width = 64 x depth = 384", "model.heads = width / 64 = 6", "stages.train.learning_rate = 0.02 / depth = 0.0033333333333333335"],
            recipe.Derived.Select(value => value.ToString()));
        Recipe set = Parse(Whole, "model.width=512");
        Assert.Equal((512, 8), (set.Section<ModelSettings>().Width, set.Section<ModelSettings>().Heads));
        Assert.DoesNotContain(set.Derived, value => value.Path == "model.width");
    }

    [Fact]
    public void The_resolved_recipe_reads_back_to_the_same_and_says_where_values_came_from()
    {
        Recipe recipe = Parse(Whole, "train.note='a: b # c'", "model.heads=3");
        string yaml = recipe.ToYaml();
        Assert.Matches(@"depth: 6 +# set\n", yaml);
        Assert.Matches(@"width: 384 +# derived: 64 x depth\n", yaml);
        Assert.Matches(@"heads: 3 +# --set\n", yaml);
        Assert.Matches(@"lower: false +# default\n", yaml);
        Recipe again = Parse(yaml);
        Assert.Equal(Values(recipe), Values(again));
        Assert.Empty(again.Derived);
        Assert.Equal("a: b # c", ((TrainSettings)again.Stages[2].Settings).Note);
        Assert.Equal(Values(again), Values(Parse(again.ToYaml())));
    }

    [Fact]
    public void Everything_wrong_is_reported_together_with_place_nearest_key_and_remedy()
    {
        IReadOnlyList<RecipeProblem> problems = Problems("""
            name: Bad Name
            sed: 7
            model:
              depht: 6
              activation: swiglu
            stages:
              read:
                use: read_txt
              clean:
                use: clean
                from: raed
                min_length: three
              train:
                use: train
                from: clean
                tokens: 1.5
                schedule: { kind: cosin }
                learning_rate: 5
                learning_rate: 6
            """);
        string[] texts = [.. problems.Select(problem => problem.ToString())];
        Assert.Contains(texts, text => text.StartsWith("test.yaml:1:7: name: 'Bad Name' cannot name a run.", StringComparison.Ordinal));
        Assert.Contains(texts, text => text.StartsWith("test.yaml:2:1: sed: A recipe has no key 'sed'. Did you mean 'seed'?", StringComparison.Ordinal));
        Assert.Contains(texts, text => text.StartsWith("test.yaml:4:3: model.depht: There is no setting 'depht' here. Did you mean 'depth'?", StringComparison.Ordinal));
        Assert.Contains(problems, problem => problem is { Path: "model.activation", Nearest: "swi_glu", Mark: { Line: 5, Column: 15 } });
        Assert.Contains(problems, problem => problem is { Path: "stages.read.use", Nearest: "read_text" });
        Assert.Contains(problems, problem => problem is { Path: "stages.clean.from", Nearest: "read" });
        Assert.Contains(problems, problem => problem is { Path: "stages.clean.min_length" } && problem.Remedy!.Contains("64k", StringComparison.Ordinal));
        Assert.Contains(problems, problem => problem is { Path: "stages.train.tokens", Remedy: "Write it without a fraction." });
        Assert.Contains(problems, problem => problem is { Path: "stages.train.schedule.kind", Nearest: "cosine" });
        Assert.Contains(problems, problem => problem is { Path: "stages.train.learning_rate" } && problem.Message.Contains("first on line 18", StringComparison.Ordinal));
        Assert.Equal(10, problems.Count);
    }

    private static IEnumerable<(string, string)> Values(Recipe recipe) => recipe.Settings.Select(setting => (setting.Path, setting.Value));
}
