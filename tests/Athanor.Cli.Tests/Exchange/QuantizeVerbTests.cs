using Athanor.Testing;

namespace Athanor.Cli.Tests.Exchange;

public sealed class QuantizeVerbTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("athanor-cli-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string At(string name) => Path.Combine(_folder, name);

    // A trained model with its tokenizer, small enough for every method.
    private static string Stories => Path.GetDirectoryName(SharedData.Path("stories260K/stories260K.bin"))!;

    private string Texts()
    {
        string[] stories = [.. Enumerable.Range(0, 30).Select(i => $"Once upon a time, there was a little {(i % 2 == 0 ? "girl" : "boy")} who had {i} toys. They played in the park and were happy. The sun was warm and the big dog ran to the tree.")];
        File.WriteAllLines(At("texts.jsonl"), stories.Select(story => System.Text.Json.JsonSerializer.Serialize(new { text = story })));
        File.WriteAllText(At("held.txt"), string.Join(" ", stories.Take(4)));
        return At("texts.jsonl");
    }

    [SharedDataFact("stories260K/stories260K.bin")]
    public void Perplexity_is_told_before_and_after_for_folders_and_files()
    {
        string texts = Texts();
        Assert.Equal(Tool.Success, Run("model", "convert", Stories, "--output", At("stories")).Code);
        foreach (string method in (string[])["int8", "nf4", "gptq", "q8_0"])
        {
            string[] group = method == "gptq" ? ["--calibration", texts, "--rows", "8", "--length", "64", "--bits", "4", "--group-size", "16"] : [];
            var (code, output, errors) = Run(["quantize", At("stories"), "--method", method, .. group, "--evaluate", At("held.txt"), "--output", At(method == "q8_0" ? "s.gguf" : method)]);
            // A width of 172 is no multiple of 8, which GPTQ's packing needs: said by name, nothing written.
            if (method == "gptq")
            {
                Assert.Equal(Tool.Usage, code);
                Assert.Contains("multiples of 8", errors, StringComparison.Ordinal);
                Assert.False(Directory.Exists(At(method)));
                continue;
            }
            Assert.Equal(Tool.Success, code);
            System.Text.RegularExpressions.Match told = System.Text.RegularExpressions.Regex.Match(output, @"perplexity (\d+\.\d+) before, (\d+\.\d+) after");
            Assert.True(told.Success, output);
            double before = double.Parse(told.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture), after = double.Parse(told.Groups[2].Value, System.Globalization.CultureInfo.InvariantCulture);
            Assert.InRange(before, 1.5, 60);
            Assert.InRange(after / before, 0.97, method == "nf4" ? 1.3 : 1.03);
        }
    }

    [Fact]
    public void A_recipe_quantizes_and_notes_what_it_costs()
    {
        Assert.Equal(Tool.Success, Run("model", "init", "--depth", "2", "--vocabulary", "300", "--context", "64", "--output", At("fresh")).Code);
        File.WriteAllText(At("r.yaml"), $$"""
            name: small
            description: A smaller model.
            stages:
              load: { use: load_model, path: {{At("fresh")}} }
              quantize: { use: quantize, from: load, method: nf4 }
            """);
        var (code, output, errors) = Run("run", At("r.yaml"), "--runs", At("runs"));
        Assert.Equal((Tool.Success, ""), (code, errors));
        Assert.Contains("quantize: finished", output, StringComparison.Ordinal);
        Assert.Contains(Directory.GetFiles(At("runs"), "manifest.json", SearchOption.AllDirectories), file => File.ReadAllText(file).Contains("\"relative_error\"", StringComparison.Ordinal));
        Assert.Contains(Directory.GetFiles(At("runs"), "config.json", SearchOption.AllDirectories), file => File.ReadAllText(file).Contains("bnb_4bit_quant_type", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("choose nf4, int8, gptq, awq", "--method", "q3")]
    [InlineData("--calibration", "--method", "gptq")]
    [InlineData("no text", "--method", "awq", "--calibration", "empty.txt")]
    [InlineData("is not valid JSON", "--method", "awq", "--calibration", "bad.jsonl")]
    [InlineData("do not fit", "--method", "gptq", "--calibration", "texts.txt", "--length", "4096")]
    public void Errors_name_the_remedy_and_leave_nothing(string says, params string[] options)
    {
        Assert.Equal(Tool.Success, Run("tokenizer", "train", Corpus(), "--vocabulary", "280", "--output", At("tok")).Code);
        Assert.Equal(Tool.Success, Run("model", "init", "--depth", "1", "--tokenizer", At("tok"), "--context", "64", "--output", At("fresh")).Code);
        File.WriteAllText(At("empty.txt"), "");
        File.WriteAllText(At("bad.jsonl"), "{\"text\": ");
        var (code, output, errors) = Run(["quantize", At("fresh"), "--output", At("q"), .. options.Select(option => option.Contains('.', StringComparison.Ordinal) ? At(option) : option)]);
        Assert.NotEqual(Tool.Success, code);
        Assert.Equal("", output);
        Assert.Contains(says, errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(At("q")));
    }

    private string Corpus()
    {
        File.WriteAllText(At("texts.txt"), string.Join("\n", Enumerable.Range(0, 200).Select(i => $"the cat number {i} sat on the mat")));
        return At("texts.txt");
    }

    private static (int Code, string Output, string Errors) Run(params string[] args)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        int code = Tool.Run(args, output, errors);
        return (code, output.ToString(), errors.ToString());
    }
}
