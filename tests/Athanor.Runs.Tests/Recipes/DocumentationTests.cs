using System.Text.RegularExpressions;
using Athanor.Runs.Recipes;
using Athanor.Runs.Tests.Testing;

namespace Athanor.Runs.Tests.Recipes;

public sealed partial class DocumentationTests
{
    private readonly string _page = File.ReadAllText(Path.Combine(Root(), "docs", "recipes.md"));

    [Fact]
    public void The_example_of_the_page_is_a_recipe()
    {
        using var folder = new TemporaryFolder();
        folder.Write("corpus.txt", "text");
        Recipe recipe = Recipe.Load(folder.Write("small.yaml", Example()), new Kitchen().Vocabulary());
        Assert.Equal(["read", "clean", "train"], recipe.Stages.Select(stage => stage.Name));
        Assert.Equal(384, recipe.Section<ModelSettings>().Width);
    }

    [Fact]
    public void The_errors_on_the_page_are_the_errors_of_the_example_misspelt()
    {
        using var folder = new TemporaryFolder();
        folder.Write("corpus.txt", "text");
        string path = folder.Write("small.yaml", Example().Replace("depth: 6", "depht: 6", StringComparison.Ordinal).Replace("from: read", "from: raed", StringComparison.Ordinal));
        var error = Assert.Throws<RecipeException>(() => Recipe.Load(path, new Kitchen().Vocabulary()));
        Assert.Equal(2, error.Problems.Count);
        Assert.All(error.Problems, problem => Assert.Contains(problem.ToString().Replace(path, "small.yaml", StringComparison.Ordinal), _page, StringComparison.Ordinal));
    }

    private string Example() => Block().Match(_page).Groups["yaml"].Value;

    private static string Root()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Athanor.slnx")))
            folder = folder.Parent;
        return folder!.FullName;
    }

    [GeneratedRegex(@"```yaml\n(?<yaml>.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();
}
