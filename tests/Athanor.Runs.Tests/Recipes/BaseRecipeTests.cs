using Athanor.Runs.Recipes;
using Athanor.Runs.Tests.Testing;

namespace Athanor.Runs.Tests.Recipes;

public sealed class BaseRecipeTests
{
    [Fact]
    public void A_recipe_changes_its_base_key_by_key()
    {
        using var folder = new TemporaryFolder();
        folder.Write("shared/data/web.txt", "text");
        folder.Write("shared/base.yaml", "seed: 5\nmodel: { depth: 4, activation: gelu }\nstages:\n  read: { use: read_text, path: data/web.txt }\n  train: { use: train, from: clean, schedule: { kind: cosine, floor: 0.2 } }\n  clean: { use: clean, from: read }\n");
        string path = folder.Write("mine.yaml", "base: shared/base.yaml\nmodel: { depth: 6 }\nstages:\n  train: { schedule: { kind: constant } }\n  clean: { min_length: 9 }\n");
        Recipe recipe = Recipe.Load(path, new Kitchen().Vocabulary());
        Assert.Equal(("mine", 5L), (recipe.Name, recipe.Seed));
        Assert.Equal((6, Activation.Gelu), (recipe.Section<ModelSettings>().Depth, recipe.Section<ModelSettings>().Activation));
        Assert.IsType<ConstantSchedule>(((TrainSettings)recipe.Stages[2].Settings).Schedule);
        // A path stays relative to the file that names it.
        Assert.Equal(folder["shared/data/web.txt"], ((ReadSettings)recipe.Stages[0].Settings).Path.FullPath);
        Assert.Contains(recipe.Settings, setting => setting is { Path: "model.activation", Origin: "set in base.yaml" });
        Assert.Contains(recipe.Settings, setting => setting is { Path: "model.depth", Origin: "set" });
    }

    [Fact]
    public void Several_bases_lie_over_each_other()
    {
        using var folder = new TemporaryFolder();
        folder.Write("a.yaml", "model: { depth: 1, activation: gelu }");
        folder.Write("b.yaml", "model: { depth: 2 }\nstages: { read: { use: read_text, path: . } }");
        Recipe recipe = Recipe.Load(folder.Write("c.yaml", "base: [a.yaml, b.yaml]"), new Kitchen().Vocabulary());
        Assert.Equal((2, Activation.Gelu), (recipe.Section<ModelSettings>().Depth, recipe.Section<ModelSettings>().Activation));
    }

    [Fact]
    public void A_circle_of_bases_is_named()
    {
        using var folder = new TemporaryFolder();
        folder.Write("a.yaml", "base: b.yaml");
        folder.Write("b.yaml", "base: c.yaml");
        folder.Write("c.yaml", "base: a.yaml");
        var error = Assert.Throws<RecipeException>(() => Recipe.Load(folder["a.yaml"], new Kitchen().Vocabulary()));
        Assert.Contains("a.yaml -> b.yaml -> c.yaml -> a.yaml", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Many_bases_and_missing_ones_are_refused()
    {
        using var folder = new TemporaryFolder();
        folder.Write("leaf.yaml", "seed: 1");
        folder.Write("many.yaml", $"base: [{string.Join(", ", Enumerable.Repeat("leaf.yaml", 40))}]");
        Assert.Contains("More than 32", Message("many.yaml"), StringComparison.Ordinal);
        folder.Write("lost.yaml", "base: laef.yaml");
        Assert.Contains("Did you mean 'leaf.yaml'?", Message("lost.yaml"), StringComparison.Ordinal);
        string Message(string name) => Assert.Throws<RecipeException>(() => Recipe.Load(folder[name], new Kitchen().Vocabulary())).Message;
    }

    [Fact]
    public void Problems_of_a_base_are_placed_in_the_base()
    {
        using var folder = new TemporaryFolder();
        folder.Write("base.yaml", "model:\n  depth: many\nstages: { read: { use: read_text, path: . } }");
        RecipeProblem problem = Assert.Single(Assert.Throws<RecipeException>(() => Recipe.Load(folder.Write("a.yaml", "base: base.yaml"), new Kitchen().Vocabulary())).Problems);
        Assert.Equal((folder["base.yaml"], 2, 10), (problem.Mark.Source, problem.Mark.Line, problem.Mark.Column));
    }
}
