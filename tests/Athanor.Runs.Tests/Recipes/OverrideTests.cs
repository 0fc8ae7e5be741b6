using Athanor.Runs.Recipes;
using Athanor.Runs.Tests.Testing;

namespace Athanor.Runs.Tests.Recipes;

public sealed class OverrideTests
{
    private const string Whole = RecipeReadingTests.Whole;

    [Fact]
    public void Sections_stages_lists_and_maps_can_be_set()
    {
        Recipe recipe = RecipeReadingTests.Parse(Whole, "model.depth=2", "stages.train.tokens=5k", "train.sources.0.weight=2", "train.schedule=constant",
            "clean.min_length=1", "train.weights.code=4", "seed=1", "name=other", "train.weights={ maths: 3 }");
        var train = (TrainSettings)recipe.Stages[2].Settings;
        Assert.Equal((2, 5000L, 2.0, 1L, "other"), (recipe.Section<ModelSettings>().Depth, train.Tokens, train.Sources[0].Weight, recipe.Seed, recipe.Name));
        Assert.IsType<ConstantSchedule>(train.Schedule);
        Assert.Equal([("code", 4.0), ("prose", 2.0), ("maths", 3.0)], train.Weights.Select(pair => (pair.Key, pair.Value)));
    }

    [Fact]
    public void Later_ones_win_and_an_empty_one_returns_to_the_default()
    {
        Assert.Equal(3, RecipeReadingTests.Parse(Whole, "model.depth=2", "model.depth=3").Section<ModelSettings>().Depth);
        Assert.Equal(8, RecipeReadingTests.Parse(Whole, "model.depth=").Section<ModelSettings>().Depth);
        Assert.Equal(6 * 64, RecipeReadingTests.Parse(Whole, "model.width=128", "model.width=").Section<ModelSettings>().Width);
    }

    [Theory]
    [InlineData("modle.depth=2", "model")]
    [InlineData("model.depht=2", "depth")]
    [InlineData("trian.tokens=2", "train")]
    [InlineData("stages.trian.tokens=2", "train")]
    [InlineData("train.token=2", "tokens")]
    [InlineData("train.sources.0.wieght=2", "weight")]
    public void A_wrong_path_names_the_nearest(string text, string nearest)
    {
        RecipeProblem problem = Assert.Single(RecipeReadingTests.Problems(Whole, text));
        Assert.Equal(nearest, problem.Nearest);
        Assert.Equal($"--set {text}", problem.Mark.ToString());
    }

    [Theory]
    [InlineData("model.depth")]
    [InlineData("=3")]
    [InlineData("model..depth=3")]
    [InlineData("model.depth=[1")]
    [InlineData("model.depth=three")]
    [InlineData("train.sources.7.weight=1")]
    [InlineData("stages=3")]
    [InlineData("stages.train=3")]
    [InlineData("model.depth=*a")]
    public void An_impossible_override_is_a_problem_of_its_own(string text) =>
        Assert.All(RecipeReadingTests.Problems(Whole, text), problem => Assert.StartsWith("--set ", problem.Mark.ToString(), StringComparison.Ordinal));
}
