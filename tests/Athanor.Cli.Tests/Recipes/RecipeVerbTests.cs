using System.Text.Json;

namespace Athanor.Cli.Tests.Recipes;

public sealed class RecipeVerbTests : IDisposable
{
    private const string Small = """
        name: small
        description: Two stages.
        stages:
          read: { use: read_text, path: text.txt, unit: line }
          dedup: { use: dedup_exact, from: read }
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("athanor-cli-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_recipe_runs_then_is_reused_and_the_runs_are_listed_and_compared()
    {
        string recipe = Write("small.yaml", Small), runs = Path.Combine(_folder, "runs");
        Write("text.txt", "a\nb\na\n");
        var (code, output, errors) = Run("run", recipe, "--runs", runs);
        Assert.Equal((Tool.Success, ""), (code, errors));
        Assert.Contains("small: Two stages.", output, StringComparison.Ordinal);
        Assert.Contains("[2/2] dedup: finished", output, StringComparison.Ordinal);
        Assert.Contains("documents 2", output, StringComparison.Ordinal);
        Assert.Contains("removed 1", output, StringComparison.Ordinal);

        Assert.Contains("is reused", Run("run", recipe, "--runs", runs, "--dry-run").Output, StringComparison.Ordinal);
        (code, output, _) = Run("run", recipe, "--runs", runs, "--set", "read.min_length=2", "--until", "read");
        Assert.Equal(Tool.Failure, code);
        (code, output, _) = Run("run", recipe, "--runs", runs, "--json", "--force", "dedup");
        Assert.Equal(Tool.Success, code);
        string[] kinds = [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("event").GetString()!)];
        Assert.Contains("reused", kinds);
        Assert.Contains("finished", kinds);
        Assert.Equal("run_finished", kinds[^1]);

        output = Run("runs", "--runs", runs).Output;
        Assert.Contains("small-2", output, StringComparison.Ordinal);
        Assert.Contains("failed", output, StringComparison.Ordinal);
        output = Run("runs", "compare", "small", "small-2", "--runs", runs).Output;
        Assert.Matches(@"stages\.read\.min_length\s+1\s+2", output);
        Assert.Equal(Tool.Success, Run("rerun", "small", "--runs", runs).Code);
    }

    [Fact]
    public void Everything_wrong_with_a_recipe_is_said_with_its_place()
    {
        string recipe = Write("bad.yaml", Small.Replace("use: read_text", "use: read_txt", StringComparison.Ordinal).Replace("from: read", "from: raed", StringComparison.Ordinal));
        foreach (string[] verb in (string[][])[["recipes", "validate", recipe], ["run", recipe, "--runs", Path.Combine(_folder, "none")]])
        {
            var (code, output, errors) = Run(verb);
            Assert.Equal((Tool.Usage, ""), (code, output));
            Assert.Contains("bad.yaml:4:", errors, StringComparison.Ordinal);
            Assert.Contains("read_text", errors, StringComparison.Ordinal);
            Assert.Contains("2 problems", errors, StringComparison.Ordinal);
        }
        Assert.False(Directory.Exists(Path.Combine(_folder, "none", "bad")));
    }

    [Theory]
    [InlineData("quickstart.yaml")]
    [InlineData("stories.yaml", "read.path=")]
    [InlineData("gpt2-124m.yaml", "read.path=")]
    [InlineData("domain-adapt-7b.yaml", "read.path=")]
    public void The_recipes_of_the_repository_are_valid(string name, string? path = null)
    {
        Write("text.txt", "x");
        string file = Path.Combine(Repository(), "recipes", name);
        var (code, output, errors) = Run(["recipes", "validate", file, .. path is null ? Array.Empty<string>() : ["--set", path + Path.Combine(_folder, "text.txt")]]);
        Assert.Equal((Tool.Success, ""), (code, errors));
        Assert.Contains("tokenize", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Keys_are_explained_and_described_to_editors()
    {
        Assert.Contains("train_tokenizer.vocabulary", Run("recipes", "explain", "train_tokenizer").Output, StringComparison.Ordinal);
        Assert.Equal(Tool.Usage, Run("recipes", "explain", "train_tokenizr").Code);
        Assert.Contains("dotnet_docs", Run("recipes", "schema").Output, StringComparison.Ordinal);
        Assert.Contains("quickstart", Run("recipes", "ls", Path.Combine(Repository(), "recipes")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void An_axolotl_configuration_becomes_a_recipe_and_nothing_is_dropped_in_silence()
    {
        string file = Write("config.yml", "base_model: x\nlearning_rate: 1e-4\nno_such_key: 3\n");
        var (code, output, errors) = Run("recipes", "import", "axolotl", file);
        Assert.Equal(Tool.Success, code);
        Assert.Contains("learning_rate", output, StringComparison.Ordinal);
        Assert.Contains("no_such_key", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("run", "nowhere.yaml")]
    [InlineData("rerun", "nothing")]
    [InlineData("runs", "compare", "a", "b")]
    public void What_does_not_exist_is_named_without_a_stack_trace(params string[] args)
    {
        var (code, _, errors) = Run(args);
        Assert.NotEqual(Tool.Success, code);
        Assert.Contains(args[^1] == "b" ? "a" : args[^1], errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
    }

    private static string Repository()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Athanor.slnx")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("The repository was not found above the tests.");
    }

    private string Write(string name, string text)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    private static (int Code, string Output, string Errors) Run(params string[] args)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        return (Tool.Run(args, output, errors), output.ToString(), errors.ToString());
    }
}
