namespace Athanor.Cli.Tests;

public sealed class ToolTests
{
    [Theory]
    [InlineData]
    [InlineData("--help")]
    public void Help_names_the_verbs_an_example_and_the_exit_codes(params string[] args)
    {
        var (code, output, errors) = Run(args);
        Assert.Equal(Tool.Success, code);
        Assert.Empty(errors);
        Assert.Contains("doctor", output, StringComparison.Ordinal);
        Assert.Contains("Example", output, StringComparison.Ordinal);
        Assert.Contains("Exit codes", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Help_of_a_verb_has_an_example()
    {
        var (code, output, _) = Run("doctor", "--help");
        Assert.Equal(Tool.Success, code);
        Assert.Contains("athanor doctor", output, StringComparison.Ordinal);
        Assert.Contains("--json", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Version_is_a_number()
    {
        var (code, output, _) = Run("--version");
        Assert.Equal(Tool.Success, code);
        Assert.Matches(@"^\d+\.\d+\.\d+", output);
    }

    [Theory]
    [InlineData("There is no verb 'docter'. Did you mean 'doctor'?", "docter")]
    [InlineData("There is no verb 'genrate'. Did you mean 'generate'?", "genrate", "my-model", "--seed", "1")]
    [InlineData("There is no verb 'inof'. Did you mean 'info'?", "model", "inof", "x")]
    [InlineData("'--jsn'. Did you mean '--json'?", "doctor", "--jsn")]
    [InlineData("'--tempreture'. Did you mean '--temperature'?", "generate", "m", "p", "--tempreture", "1")]
    [InlineData("`athanor model convert --help`", "model", "convert")]
    public void An_unknown_word_is_named_together_with_the_nearest_that_exists(string says, params string[] args)
    {
        var (code, output, errors) = Run(args);
        Assert.Equal(Tool.Usage, code);
        Assert.Empty(output);
        Assert.Contains(says, errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("Required command", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData]
    [InlineData("model")]
    [InlineData("tokenizer", "--help")]
    [InlineData("recipes")]
    public void A_list_of_verbs_has_a_line_for_each(params string[] args)
    {
        var (code, output, errors) = Run(args);
        Assert.Equal((Tool.Success, ""), (code, errors));
        string[] lines = output[output.IndexOf("Commands:", StringComparison.Ordinal)..].TrimEnd().Split('\n')[1..];
        Assert.InRange(lines.Length, 3, 20);
        Assert.All(lines, line => Assert.Matches(@"^  [a-z]", line));
    }

    private static (int Code, string Output, string Errors) Run(params string[] args)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        return (Tool.Run(args, output, errors), output.ToString(), errors.ToString());
    }
}
