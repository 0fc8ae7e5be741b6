using System.ComponentModel.DataAnnotations;
using Athanor.Runs.Recipes;
using Athanor.Runs.Tests.Testing;

namespace Athanor.Runs.Tests.Recipes;

public sealed class ValidationTests
{
    [Fact]
    public void Bounds_hold_for_given_and_for_derived_values()
    {
        RecipeProblem given = Assert.Single(RecipeReadingTests.Problems(RecipeReadingTests.Whole, "train.learning_rate=1.5"));
        Assert.Equal("Write a value above 0 and at most 1.", given.Remedy);
        Assert.Contains(RecipeReadingTests.Problems(RecipeReadingTests.Whole, "model.depth=0"), problem => problem.Path == "model.depth");
    }

    [Fact]
    public void A_record_checks_what_its_values_mean_together()
    {
        RecipeProblem problem = Assert.Single(RecipeReadingTests.Problems(RecipeReadingTests.Whole, "model.heads=5"));
        Assert.Equal(("model.heads", "5 heads do not divide a width of 384.", "Write a divisor of width."), (problem.Path, problem.Message, problem.Remedy));
    }

    [Fact]
    public void A_section_with_problems_does_not_bring_problems_of_stages_that_read_it()
    {
        RecipeProblem problem = Assert.Single(RecipeReadingTests.Problems(RecipeReadingTests.Whole, "model.depth=1000"));
        Assert.Equal("model.depth", problem.Path);
    }

    [Fact]
    public void A_missing_input_is_reported_before_any_work_with_the_nearest_name()
    {
        using var folder = new TemporaryFolder();
        folder.Write("corpus.txt", "x");
        string path = folder.Write("a.yaml", "stages:\n  read: { use: read_text, path: corpsu.txt }\n");
        RecipeProblem problem = Assert.Single(Assert.Throws<RecipeException>(() => Recipe.Load(path, new Kitchen().Vocabulary())).Problems);
        Assert.Equal(("stages.read.path", "corpus.txt"), (problem.Path, problem.Nearest));
    }

    [Theory]
    [InlineData("  a: { use: clean, from: b }\n  b: { use: clean, from: c }\n  c: { use: clean, from: a }", "circle: a <- b <- c <- a")]
    [InlineData("  a: { use: clean, from: a }", "circle: a <- a")]
    [InlineData("  a: { use: clean }", "'clean' needs documents and has 0")]
    [InlineData("  r: { use: read_text, path: . }\n  a: { use: clean, from: [r, r] }", "stands here twice")]
    [InlineData("  r: { use: read_text, path: . }\n  t: { use: train, from: r }\n  a: { use: clean, from: t }", "'t' produces checkpoint; 'clean' takes documents")]
    [InlineData("  r: { use: read_text, path: ., from: r }", "takes nothing")]
    [InlineData("  r: { path: . }", "does not say what it uses")]
    [InlineData("  r: 5", "must be a map with 'use'")]
    [InlineData("  R d: { use: read_text, path: . }", "cannot name a stage")]
    [InlineData("  r: { use: read_text }", "The setting 'path' is required")]
    [InlineData("  r: { use: read_text, path: }", "The setting 'path' is required")]
    [InlineData("  r: { use: read_text, path: [a] }", "A list stands where a path belongs")]
    [InlineData("  r: { use: read_text, path: ., lower: yes }", "'yes' stands where true or false belongs")]
    [InlineData("  r: { use: read_text, path: ., lower: 'true' }", "The text \"true\" stands where true or false belongs")]
    [InlineData("  {}", "has no stages")]
    public void Stages_that_do_not_fit_together_are_reported(string stages, string message) =>
        Assert.Contains(RecipeReadingTests.Problems($"name: a\nstages:\n{stages}\n"), problem => problem.Message.Contains(message, StringComparison.Ordinal));

    [Fact]
    public void What_a_record_throws_is_a_problem_of_the_recipe()
    {
        var vocabulary = new RecipeVocabulary().Section<ThrowingSettings>("thrower", "Throws.");
        vocabulary.Stage(StageKind.Of<CleanSettings>("none", "1", "Nothing.", "nothing", (_, _, _) => Task.CompletedTask));
        RecipeProblem problem = Assert.Single(Assert.Throws<RecipeException>(() => Recipe.Parse("thrower: { count: 3 }\nstages: { a: { use: none } }"u8, vocabulary)).Problems);
        Assert.Equal("thrower", problem.Path);
        Assert.Contains("no threes", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_vocabulary_refuses_types_that_recipes_cannot_hold()
    {
        var vocabulary = new RecipeVocabulary();
        Assert.Contains("sealed", Assert.Throws<ArgumentException>(() => vocabulary.Section<OpenSettings>("open", "")).Message, StringComparison.Ordinal);
        Assert.Contains("record", Assert.Throws<ArgumentException>(() => vocabulary.Section<PlainSettings>("plain", "")).Message, StringComparison.Ordinal);
        Assert.Contains("'from'", Assert.Throws<ArgumentException>(() => vocabulary.Stage(StageKind.Of<FromSettings>("from_kind", "1", "", "x", (_, _, _) => Task.CompletedTask))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => vocabulary.Section<CleanSettings>("stages", ""));
        Assert.Throws<ArgumentException>(() => vocabulary.Section<CleanSettings>("Not-Snake", ""));
    }

    [Fact]
    public void Variants_can_be_added_by_others()
    {
        RecipeVocabulary vocabulary = new Kitchen().Vocabulary().Variant<Schedule, StepSchedule>("step");
        Recipe recipe = Recipe.Parse("stages:\n  r: { use: read_text, path: . }\n  t: { use: train, from: r, schedule: { kind: step, steps: [1, 2] } }"u8, vocabulary);
        Assert.Equal([1, 2], Assert.IsType<StepSchedule>(((TrainSettings)recipe.Stages[1].Settings).Schedule).Steps);
        Assert.Contains("kind: step", recipe.ToYaml(), StringComparison.Ordinal);
    }

    public sealed record StepSchedule : Schedule
    {
        [MinLength(1)]
        public IReadOnlyList<int> Steps { get; init; } = [];
    }

    public sealed record ThrowingSettings
    {
        public int Count
        {
            get;
            init => field = value == 3 ? throw new ArgumentException("no threes") : value;
        }
    }

    public record OpenSettings;

    public sealed class PlainSettings;

    public sealed record FromSettings(string From);
}
