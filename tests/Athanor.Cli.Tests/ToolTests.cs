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
    [InlineData("docter")]
    [InlineData("doctor", "--jsn")]
    public void An_unknown_word_is_named_together_with_the_verbs_that_exist(params string[] args)
    {
        var (code, output, errors) = Run(args);
        Assert.Equal(Tool.Usage, code);
        Assert.Empty(output);
        Assert.Contains(args[^1], errors, StringComparison.Ordinal);
        Assert.Contains("the verbs are doctor", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
    }

    private static (int Code, string Output, string Errors) Run(params string[] args)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        return (Tool.Run(args, output, errors), output.ToString(), errors.ToString());
    }
}
