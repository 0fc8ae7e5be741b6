using System.Text.Json.Nodes;
using Athanor.Runs.Recipes;
using Athanor.Runs.Settings;
using Athanor.Runs.Tests.Testing;

namespace Athanor.Runs.Tests.Recipes;

public sealed class NestedSettingsTests
{
    [Fact]
    public void A_default_record_that_is_shared_is_not_changed_by_deriving()
    {
        Assert.Equal([(2, 20), (3, 20)], new[] { Parse("house: { rooms: 2 }"), Parse("house: { rooms: 3 }") }.Select(recipe => (recipe.Section<House>().Rooms, recipe.Section<House>().Garden.Area!.Value)));
        Assert.Null(Garden.Usual.Area);
        Assert.Equal(["house.garden.area = 4 x length = 20"], Parse("house: {}").Derived.Select(value => value.ToString()));
    }

    [Fact]
    public void Records_in_lists_and_maps_derive_and_are_checked_with_their_places()
    {
        Recipe recipe = Parse("house:\n  gardens: [{ length: 3 }, { length: 4, area: 1 }]\n  named: { rose: { length: 2 } }\n");
        Assert.Equal(["house.garden.area", "house.gardens.0.area", "house.named.rose.area"], recipe.Derived.Select(value => value.Path));
        var error = Assert.Throws<RecipeException>(() => Parse("house:\n  gardens:\n    - length: 3\n    - length: -1\n  named: { rose: { length: -2 } }\n"));
        Assert.Equal([("house.gardens.1.length", 6, 15), ("house.named.rose.length", 7, 28)], error.Problems.Select(problem => (problem.Path, problem.Mark.Line, problem.Mark.Column)));
    }

    [Fact]
    public void Variants_may_hold_variants_of_their_own_kind()
    {
        Recipe recipe = Parse("house: { tree: { kind: branch, below: [leaf, { kind: branch, below: [leaf] }] } }");
        var branch = Assert.IsType<Branch>(recipe.Section<House>().Tree);
        Assert.Single(Assert.IsType<Branch>(branch.Below[1]).Below);
        Assert.Equal(recipe.Settings.Select(setting => (setting.Path, setting.Value)), Parse(recipe.ToYaml()).Settings.Select(setting => (setting.Path, setting.Value)));
        JsonObject schema = RecipeSchema.Of(Vocabulary());
        Assert.Empty(SchemaCheck.Errors(schema, YamlJson.Of("house: { tree: { kind: branch, below: [leaf, { kind: branch, below: [leaf] }] } }")));
        Assert.NotEmpty(SchemaCheck.Errors(schema, YamlJson.Of("house: { tree: { kind: branch, below: [leaf, { kind: brunch }] } }")));
        Assert.Contains("'brunch' is no kind of this. Did you mean 'branch'?", Assert.Throws<RecipeException>(() => Parse("house: { tree: { kind: brunch } }")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Null_means_null_where_it_may_and_the_default_elsewhere()
    {
        Assert.Null(Parse("house: { colour: ~ }").Section<House>().Colour);
        Assert.Equal("white", Parse("house: {}").Section<House>().Colour);
        Assert.Equal(4, Parse("house: { rooms: }").Section<House>().Rooms);
        Assert.Contains("stands where a number belongs", Assert.Throws<RecipeException>(() => Parse("house: { sizes: [1, ~] }")).Message, StringComparison.Ordinal);
        Assert.Equal([1, null], Parse("house: { maybe: [1, ~] }").Section<House>().Maybe);
        string yaml = Parse("house: { colour: ~ }").ToYaml();
        Assert.Null(Parse(yaml).Section<House>().Colour);
    }

    private static RecipeVocabulary Vocabulary()
    {
        RecipeVocabulary vocabulary = new RecipeVocabulary().Section<House>("house", "A house.");
        return vocabulary.Stage(StageKind.Of<CleanSettings>("none", "1", "Nothing.", "nothing", (_, _, _) => Task.CompletedTask));
    }

    private static Recipe Parse(string section) =>
        Recipe.Parse(System.Text.Encoding.UTF8.GetBytes(section.Contains("stages:", StringComparison.Ordinal) ? section : $"name: a\nstages: {{ a: {{ use: none }} }}\n{section}"), Vocabulary());

    public sealed record House
    {
        public int Rooms { get; init; } = 4;

        public Garden Garden { get; init; } = Garden.Usual;

        public IReadOnlyList<Garden> Gardens { get; init; } = [];

        public Dictionary<string, Garden> Named { get; init; } = [];

        public Tree Tree { get; init; } = new Leaf();

        public string? Colour { get; init; } = "white";

        public double[] Sizes { get; init; } = [];

        public IReadOnlyList<int?> Maybe { get; init; } = [];
    }

    public sealed record Garden : IDerives
    {
        public static readonly Garden Usual = new() { Length = 5 };

        [System.ComponentModel.DataAnnotations.Range(0, 100)]
        public required int Length { get; init; }

        public int? Area { get; init; }

        public void Derive(Derivation derivation) => derivation.Value(Area, 4 * Length, "4 x length");
    }

    [Variant("leaf", typeof(Leaf))]
    [Variant("branch", typeof(Branch))]
    public abstract record Tree;

    public sealed record Leaf : Tree;

    public sealed record Branch(IReadOnlyList<Tree> Below) : Tree;
}
