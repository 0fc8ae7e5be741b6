using System.Text.Json;

namespace Athanor.Cli.Tests.Data;

public sealed class DataVerbTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("athanor-data-cli-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_run_can_be_inspected_counted_replayed_and_traced()
    {
        string recipe = Recipe(), runs = Path.Combine(_folder, "runs");
        var (code, output, errors) = Run("data", "run", recipe, "--runs", runs);
        Assert.Equal((Tool.Success, ""), (code, errors));
        Assert.Contains("[4/4] tokenize: finished", output, StringComparison.Ordinal);

        output = Ok("data", "inspect", "small/clean", "--runs", runs);
        Assert.Contains("removed by length/too_short", output, StringComparison.Ordinal);
        Assert.Contains("kept", output, StringComparison.Ordinal);
        output = Ok("data", "inspect", "small/clean", "--rule", "too_short", "--json", "--runs", runs);
        JsonElement one = JsonDocument.Parse(output.Split('\n')[0]).RootElement;
        Assert.Equal(("length/too_short", 20), (one.GetProperty("rule").GetString(), one.GetProperty("threshold").GetInt32()));

        output = Ok("data", "stats", "small/clean", "--signal", "characters", "--runs", runs);
        Assert.Contains("length.characters", output, StringComparison.Ordinal);
        Assert.Contains("####", output, StringComparison.Ordinal);
        Assert.Equal(300, JsonDocument.Parse(Ok("data", "stats", "small/clean", "--json", "--runs", runs)).RootElement.GetProperty("signals")[0].GetProperty("all").GetProperty("count").GetInt32());

        output = Ok("data", "whatif", "small/clean", "--keep", "length.characters >= 40", "--runs", runs);
        Assert.Contains("more would go: not length.characters >= 40", output, StringComparison.Ordinal);
        Assert.Contains("would go: length.characters is 39", output, StringComparison.Ordinal);

        output = Ok("data", "trace", "small/tokenize", "--token", "100", "--runs", runs);
        Assert.Contains("text.txt, byte", output, StringComparison.Ordinal);
        (code, _, errors) = Run("data", "trace", "small/tokenize", "--token", "99999999", "--runs", runs);
        Assert.Equal(Tool.Failure, code);
        Assert.Contains("no token 99999999", errors, StringComparison.Ordinal);
        (code, _, errors) = Run("data", "inspect", "small/cleen", "--runs", runs);
        Assert.Equal(Tool.Failure, code);
        Assert.Contains("Finished: read, clean", errors, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stage_kind_is_a_verb()
    {
        Recipe();
        string text = Path.Combine(_folder, "text.txt"), clean = Path.Combine(_folder, "clean"), once = Path.Combine(_folder, "once"), runs = Path.Combine(_folder, "runs");
        Assert.Contains("removed length/too_short", Ok("data", "length", "--in", text, "--out", clean, "--set", "min=200000", "data.removed=all", "--runs", runs), StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(clean, "removed.jsonl")));
        Ok("data", "read_text", "--in", text, "--out", Path.Combine(_folder, "lines"), "--set", "unit=line", "--runs", runs);
        Assert.Contains("documents: 300", Ok("data", "dedup_exact", "--in", Path.Combine(_folder, "lines"), "--out", once, "--runs", runs), StringComparison.Ordinal);
        string table = Path.Combine(_folder, "table.csv");
        File.WriteAllText(table, "text,id\nfirst words,a\nsecond words,b\n");
        Assert.Contains("documents: 2", Ok("data", "length", "--in", table, "--out", Path.Combine(_folder, "table"), "--runs", runs), StringComparison.Ordinal);
        var (code, _, errors) = Run("data", "dedup_exact", "--in", text, "--out", once, "--runs", runs);
        Assert.Equal(Tool.Usage, code);
        Assert.Contains("not empty", errors, StringComparison.Ordinal);
        (code, _, errors) = Run("data", "length", "--in", text, "--out", Path.Combine(_folder, "x"), "--set", "mim=3", "--runs", runs);
        Assert.Equal(Tool.Usage, code);
        Assert.Contains("Did you mean 'min'?", errors, StringComparison.Ordinal);
    }

    private string Recipe()
    {
        File.WriteAllText(Path.Combine(_folder, "text.txt"), string.Join('\n', Enumerable.Range(0, 300).Select(number => $"line {number} {new string('x', number % 90)}")));
        string path = Path.Combine(_folder, "small.yaml");
        File.WriteAllText(path, """
            name: small
            stages:
              read: { use: read_text, path: text.txt, unit: line }
              clean: { use: length, from: read, min: 20 }
              tokenizer: { use: train_tokenizer, from: clean, vocabulary: 300 }
              tokenize: { use: tokenize, from: [clean, tokenizer] }
            """);
        return path;
    }

    private static string Ok(params string[] arguments)
    {
        var (code, output, errors) = Run(arguments);
        Assert.Equal((Tool.Success, ""), (code, errors));
        return output;
    }

    private static (int Code, string Output, string Errors) Run(params string[] arguments)
    {
        using StringWriter output = new(), errors = new();
        int code = Tool.Run(arguments, output, errors);
        return (code, output.ToString(), errors.ToString());
    }
}
