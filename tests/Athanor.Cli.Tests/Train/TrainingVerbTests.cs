namespace Athanor.Cli.Tests.Train;

public sealed class TrainingVerbTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("athanor-cli-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Texts_become_a_run_whose_model_is_found_by_its_name()
    {
        string runs = Path.Combine(_folder, "runs");
        string[] train = ["train", "--data", Texts(), "--depth", "1", "--tokens", "2048", "--sequence", "32", "--vocabulary", "300", "--out", Path.Combine(runs, "mine"), "--set", "pretrain.batch_tokens=512", "model.width=32"];
        var (code, output, errors) = Run(train);
        Assert.True(code == Tool.Success, errors);
        Assert.Contains("[7/7] evaluate: finished", output, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(runs, "mine", "metrics.jsonl")));
        Assert.Contains("is reused", Run([.. train, "--dry-run"]).Output, StringComparison.Ordinal);
        Assert.Contains("1 layers of width 32", Run("model", "info", "mine", "--runs", runs).Output, StringComparison.Ordinal);
        (code, output, errors) = Run("train", "--data", Texts(), "--model", Path.Combine(runs, "mine"), "--tokens", "1024", "--out", Path.Combine(runs, "more"), "--set", "pretrain.batch_tokens=512");
        Assert.True(code == Tool.Success, errors);
        Assert.Contains("load: finished", output, StringComparison.Ordinal);
        Assert.Contains("sequence_length: 32", File.ReadAllText(Path.Combine(runs, "more", "recipe.resolved.yaml")), StringComparison.Ordinal);
        (code, _, errors) = Run("train", "--data", Texts(), "--model", Path.Combine(runs, "mine"), "--depth", "3", "--tokens", "1024", "--print-recipe");
        Assert.Equal(Tool.Usage, code);
        Assert.Contains("Leave depth", errors, StringComparison.Ordinal);
        (code, output, errors) = Run("generate", "mine", "the cat", "--runs", runs, "--max-tokens", "5", "--seed", "1");
        Assert.True(code == Tool.Success, errors);
        Assert.StartsWith("the cat", output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_printed_recipe_is_one()
    {
        var (code, yaml, _) = Run("train", "--data", Texts(), "--depth", "3", "--tokens", "1M", "--out", "mine", "--print-recipe");
        Assert.Equal(Tool.Success, code);
        string file = Path.Combine(_folder, "mine.yaml");
        File.WriteAllText(file, yaml);
        (code, string resolved, string errors) = Run("recipes", "validate", file, "--show");
        Assert.Equal((Tool.Success, ""), (code, errors));
        Assert.Contains("name: mine", resolved, StringComparison.Ordinal);
        Assert.Contains("depth: 3", resolved, StringComparison.Ordinal);
        Assert.Contains("learning_rate: 0.5", Run("train", "--data", Texts(), "--print-recipe", "--set", "pretrain.learning_rate=0.5").Output, StringComparison.Ordinal);
        Assert.Contains("nowhere", Run("train", "--data", "nowhere").Errors, StringComparison.Ordinal);
        Assert.Equal(Tool.Usage, Run("train").Code);
    }

    private string Texts()
    {
        string path = Path.Combine(_folder, "texts.txt");
        File.WriteAllText(path, string.Join("\n\n", Enumerable.Range(0, 200).Select(i => $"the cat number {i} sat on the mat and saw {i * 7 % 31} hats")));
        return path;
    }

    private static (int Code, string Output, string Errors) Run(params string[] args)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        return (Tool.Run(args, output, errors), output.ToString(), errors.ToString());
    }
}
