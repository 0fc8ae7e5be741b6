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
    [InlineData("domain-adapt-7b.yaml", "read.path=", "load.path=")]
    [InlineData("denoisers.yaml", "read.path=")]
    [InlineData("adapt-small.yaml", "read.path=", "load.path=")]
    [InlineData("medusa.yaml", "read.path=", "load.path=")]
    public void The_recipes_of_the_repository_are_valid(string name, params string[] paths)
    {
        Write("text.txt", "x");
        string file = Path.Combine(Repository(), "recipes", name);
        var (code, output, errors) = Run(["recipes", "validate", file, .. paths.SelectMany(path => (string[])["--set", path + Path.Combine(_folder, "text.txt")])]);
        Assert.Equal((Tool.Success, ""), (code, errors));
        Assert.Contains("split", output, StringComparison.Ordinal);
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
    public void Recipes_whose_inputs_the_user_names_are_listed_with_what_they_need()
    {
        Write("a.yaml", "name: a\nstages:\n  read: { use: read_text, path: my-texts }\n  split: { use: split, from: read }\n");
        Write("b.yaml", "name: b\nstages:\n  read: { use: read_text, path: my-texts, unti: line }\n");
        string output = Run("recipes", "ls", _folder).Output;
        Assert.Contains("read > split", output, StringComparison.Ordinal);
        Assert.Contains("needs: read.path", output, StringComparison.Ordinal);
        Assert.Contains("unti", output, StringComparison.Ordinal);
        Assert.Equal(Tool.Usage, Run("recipes", "validate", Path.Combine(_folder, "a.yaml")).Code);
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

    /// <summary>What the import writes is a recipe that this tool accepts as it stands, every key of it.</summary>
    [Fact]
    public void An_imported_configuration_for_text_is_a_valid_recipe()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "base"));
        Write("text.txt", "x");
        string file = Write("config.yml", """
            base_model: base
            output_dir: ./out/My Model
            datasets: [{ path: text.txt, type: completion }, { path: text.txt, type: completion }]
            val_set_size: 0.05
            sequence_len: 512
            sample_packing: true
            micro_batch_size: 2
            gradient_accumulation_steps: 8
            max_steps: 100
            learning_rate: 2e-5
            lr_scheduler: warmup_stable_decay
            warmup_steps: 10
            optimizer: adamw_torch
            weight_decay: 0.01
            adam_beta2: 0.99
            max_grad_norm: 0.5
            gradient_checkpointing: true
            save_steps: 50
            eval_steps: 25
            save_total_limit: 3
            overrides_of_model_config: { max_position_embeddings: 4096, rope_scaling: { type: yarn } }
            tokens: ["<a>", "<b>"]
            seed: 7
            """);
        string target = Path.Combine(_folder, "recipe.yaml");
        var (code, _, errors) = Run("recipes", "import", "axolotl", file, "-o", target);
        Assert.Equal(Tool.Success, code);
        Assert.Contains("none", errors, StringComparison.Ordinal);
        Assert.Contains(", 0 have none", errors, StringComparison.Ordinal);
        string output;
        (code, output, errors) = Run("recipes", "validate", target, "--show");
        Assert.Equal((Tool.Success, ""), (code, errors));
        foreach (string line in (string[])["batch_tokens: 8192", "micro_tokens: 1024", "tokens: 819200", "filling: best_fit", "beta2: 0.99", "recompute: true", "context_length: 4096", "name: my-model", "seed: 7"])
            Assert.Contains(line, output, StringComparison.Ordinal);
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
