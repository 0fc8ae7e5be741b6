using System.Text.Json.Nodes;
using Athanor.Runs.Recipes;
using Athanor.Runs.Tests.Testing;

namespace Athanor.Runs.Tests.Recipes;

public sealed class SchemaTests
{
    private readonly JsonObject _schema = RecipeSchema.Of(new Kitchen().Vocabulary());

    [Fact]
    public void Settings_carry_type_bounds_default_and_description()
    {
        JsonNode depth = _schema["$defs"]!["ModelSettings"]!["properties"]!["depth"]!;
        Assert.Equal("Layers; the dial from which the rest follows.", depth["description"]!.GetValue<string>());
        Assert.Equal(8, depth["default"]!.GetValue<int>());
        Assert.Equal((1.0, 200.0), (depth["anyOf"]![0]!["minimum"]!.GetValue<double>(), depth["anyOf"]![0]!["maximum"]!.GetValue<double>()));
        Assert.Equal("Width of the residual stream; see depth.", _schema["$defs"]!["ModelSettings"]!["properties"]!["width"]!["description"]!.GetValue<string>());
        Assert.Contains("swi_glu", _schema["$defs"]!["ModelSettings"]!["properties"]!["activation"]!.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Stages_are_told_apart_by_use_and_name_what_they_require()
    {
        JsonArray stages = _schema["properties"]!["stages"]!["additionalProperties"]!["oneOf"]!.AsArray();
        Assert.Equal(["read_text", "clean", "train"], stages.Select(stage => stage!["properties"]!["use"]!["const"]!.GetValue<string>()));
        Assert.Equal(["use", "path"], stages[0]!["required"]!.AsArray().Select(name => name!.GetValue<string>()));
        Assert.False(stages[0]!["properties"]!.AsObject().ContainsKey("from"));
    }

    [Fact]
    public void The_schema_says_the_same_as_the_reader()
    {
        JsonNode whole = YamlJson.Of(RecipeReadingTests.Whole);
        Assert.Empty(SchemaCheck.Errors(_schema, whole));
        foreach (string spoiled in new[] { "sed: 1\n", "seed: 1.5\n", "model: { depth: 0 }\n", "model: { activation: relu }\n", "stages: { a: { use: nothing } }\n", "stages: { a: { use: read_text } }\n" })
            Assert.NotEmpty(SchemaCheck.Errors(_schema, YamlJson.Of(spoiled)));
    }

    [Fact]
    public void Keys_are_explained()
    {
        RecipeVocabulary vocabulary = new Kitchen().Vocabulary();
        KeyExplanation rate = Assert.Single(RecipeExplanation.Of(vocabulary, "train.learning_rate"));
        Assert.Equal(new KeyExplanation("train.learning_rate", "a number", null, false, "above 0 and at most 1", "Peak learning rate."), rate);
        Assert.Equal("train.learning_rate: a number, above 0 and at most 1\n  Peak learning rate.", rate.ToString());
        Assert.Equal("train.tokens: a whole number (default 1000000)", Assert.Single(RecipeExplanation.Of(vocabulary, "stages.train.tokens")).ToString());
        Assert.Contains(RecipeExplanation.Of(vocabulary), key => key.Path == "train.schedule(cosine).floor");
        Assert.Contains(RecipeExplanation.Of(vocabulary), key => key.Path == "train.sources[].weight");
        Assert.Contains("Did you mean 'train.learning_rate'?", Assert.Throws<ArgumentException>(() => RecipeExplanation.Of(vocabulary, "train.learning_rat")).Message, StringComparison.Ordinal);
    }
}
