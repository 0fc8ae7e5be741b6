using System.Text;
using Athanor.Data.Documents;
using Athanor.Data.Stages;
using Athanor.Runs.Recipes;
using Athanor.Training.Stages;
using Athanor.Training.Tests.Testing;

namespace Athanor.Training.Tests.Stages;

public sealed class TrainingRecipeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_was_asked_for_is_in_the_recipe()
    {
        File.WriteAllText(_folder["a \"b\" #c.txt"], "one\n\ntwo");
        Recipe recipe = Parse(new TrainingRecipeOptions
        {
            Name = "mine",
            Data = _folder["a \"b\" #c.txt"],
            Depth = 3,
            Tokens = "2M",
            SequenceLength = 128,
            Vocabulary = 700,
            HeldOut = 0.1,
            Prompts = ["It's: \\ [1]", "\u00e9"],
            Seed = -7,
        });
        Assert.Equal(("mine", -7L, 3), (recipe.Name, recipe.Seed, recipe.Section<ModelDesign>().Depth));
        Assert.Equal(["read", "dedup", "split", "tokenizer", "tokenize", "pretrain", "evaluate"], recipe.Stages.Select(stage => stage.Name));
        var read = Settings<ReadTextSettings>(recipe, "read");
        Assert.Equal((_folder["a \"b\" #c.txt"], TextUnit.Paragraph), (read.Path.FullPath, read.Unit));
        Assert.Equal(0.1, Settings<SplitSettings>(recipe, "split").HeldOut);
        Assert.Equal(700, Settings<TrainTokenizerSettings>(recipe, "tokenizer").Vocabulary);
        var pretrain = Settings<PretrainSettings>(recipe, "pretrain");
        Assert.Equal((2_000_000L, 128), (pretrain.Tokens!.Value, pretrain.SequenceLength));
        Assert.Equal(["It's: \\ [1]", "\u00e9"], pretrain.Prompts);
        Assert.Equal(pretrain.Prompts, Settings<EvaluateSettings>(recipe, "evaluate").Prompts);
    }

    [Theory]
    [InlineData("x<|endoftext|>y", TextUnit.Delimiter)]
    [InlineData("x\n\ny", TextUnit.Paragraph)]
    public void A_single_file_is_cut_as_it_looks(string text, TextUnit unit)
    {
        File.WriteAllText(_folder["text.md"], text);
        Assert.Equal(unit, Settings<ReadTextSettings>(Parse(new TrainingRecipeOptions { Name = "a", Data = _folder["text.md"] }), "read").Unit);
        Assert.Equal(TextUnit.Line, Settings<ReadTextSettings>(Parse(new TrainingRecipeOptions { Name = "a", Data = _folder.Path, Unit = TextUnit.Line }), "read").Unit);
        File.WriteAllText(_folder["other.md"], text);
        Assert.Equal(TextUnit.File, Settings<ReadTextSettings>(Parse(new TrainingRecipeOptions { Name = "a", Data = _folder.Path }), "read").Unit);
    }

    [Fact]
    public void Json_lines_and_tokenizers_that_exist_have_stages_of_their_own()
    {
        File.WriteAllText(_folder["docs.jsonl"], "{\"text\":\"x\"}\n");
        Recipe recipe = Parse(new TrainingRecipeOptions { Name = "a", Data = _folder["docs.jsonl"], Tokenizer = _folder.Path });
        Assert.Equal(["read_jsonl", "load_tokenizer"], recipe.Stages.Where(stage => stage.Name is "read" or "tokenizer").Select(stage => stage.Kind.Name));
        Assert.Equal("read_jsonl", Parse(new TrainingRecipeOptions { Name = "a", Data = _folder.Path }).Stages[0].Kind.Name);
    }

    [Fact]
    public void Data_that_is_not_there_is_named() =>
        Assert.Contains("nowhere", Assert.Throws<FileNotFoundException>(() => TrainingRecipe.Compose(new TrainingRecipeOptions { Name = "a", Data = _folder["nowhere"] })).Message, StringComparison.Ordinal);

    private static T Settings<T>(Recipe recipe, string stage) => (T)recipe.Stages.First(one => one.Name == stage).Settings;

    private static Recipe Parse(TrainingRecipeOptions options)
    {
        RecipeVocabulary vocabulary = new RecipeVocabulary().AddData();
        PretrainStage.Register(vocabulary);
        return Recipe.Parse(Encoding.UTF8.GetBytes(TrainingRecipe.Compose(options)), vocabulary);
    }
}
