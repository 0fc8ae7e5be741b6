using System.Diagnostics;
using System.Text;
using Athanor.Runs.Recipes;
using Athanor.Runs.Tests.Testing;

namespace Athanor.Runs.Tests.Recipes;

public sealed class YamlBoundsTests
{
    [Fact]
    public void A_bomb_of_aliases_is_refused_at_its_first_anchor()
    {
        var bomb = new StringBuilder("a: &a [x, x, x]\n");
        for (char c = 'b'; c <= 'z'; c++)
            bomb.Append($"{c}: &{c} [*{(char)(c - 1)}, *{(char)(c - 1)}, *{(char)(c - 1)}]\n");
        RecipeProblem problem = Only(bomb.ToString());
        Assert.Contains("anchor '&a' is refused", problem.Message, StringComparison.Ordinal);
        Assert.Contains("base:", problem.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a: *b", "alias '*b' is refused")]
    [InlineData("a: !!python/object x", "tag")]
    [InlineData("<<: { a: 1 }", "merge key")]
    [InlineData("", "empty")]
    [InlineData("# nothing", "empty")]
    [InlineData("---\n...\n", "empty")]
    [InlineData("just words", "must be a map")]
    [InlineData("[1, 2]", "must be a map")]
    [InlineData("name: a\n---\nname: b", "second document")]
    [InlineData("name: a\nstages: { x: [1", "not valid YAML")]
    [InlineData("name: \"a", "not valid YAML")]
    [InlineData("? [a, b]\n: c", "keys are words")]
    [InlineData("name: a\nstages:\n\tread: 1", "tab indents")]
    [InlineData("name: \u0000", "control character")]
    public void Unusual_files_are_refused_with_a_reason(string yaml, string reason) => Assert.Contains(reason, Only(yaml).Message, StringComparison.Ordinal);

    [Fact]
    public void A_tab_is_named_with_its_place() =>
        Assert.Equal((3, 1), (Only("name: a\nstages:\n\tread: 1").Mark.Line, Only("name: a\nstages:\n\tread: 1").Mark.Column));

    [Fact]
    public void Depth_size_and_number_of_values_are_bounded_in_time()
    {
        var watch = Stopwatch.StartNew();
        Assert.Contains("deeper", Only("a: " + new string('[', 5000)).Message, StringComparison.Ordinal);
        Assert.Contains("characters", Only(new string('a', 2 << 20)).Message, StringComparison.Ordinal);
        Assert.Contains("more than 100,000 values", Only("a: [" + new string(',', 200_000).Replace(",", "1,", StringComparison.Ordinal) + "]").Message, StringComparison.Ordinal);
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 30);
    }

    [Fact]
    public void Bytes_that_are_not_utf8_are_placed()
    {
        byte[] bytes = [.. "name: a\nx: "u8, 0xff, .. "y"u8];
        RecipeProblem problem = Assert.Throws<RecipeException>(() => Recipe.Parse(bytes, new Kitchen().Vocabulary())).Problems[0];
        Assert.Equal((2, 4), (problem.Mark.Line, problem.Mark.Column));
        Assert.Contains("UTF-8", problem.Message, StringComparison.Ordinal);
        Assert.Contains("UTF-16", Assert.Throws<RecipeException>(() => Recipe.Parse(Encoding.Unicode.GetPreamble(), new Kitchen().Vocabulary())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_byte_order_mark_and_windows_line_ends_do_no_harm()
    {
        byte[] bytes = [.. Encoding.UTF8.GetPreamble(), .. Encoding.UTF8.GetBytes("name: a\r\nstages:\r\n  read:\r\n    use: read_text\r\n    path: .\r\n")];
        Assert.Equal("a", Recipe.Parse(bytes, new Kitchen().Vocabulary()).Name);
    }

    [Fact]
    public void A_missing_file_names_the_nearest_one()
    {
        using var folder = new TemporaryFolder();
        folder.Write("quickstart.yaml", "name: a");
        RecipeProblem problem = Assert.Throws<RecipeException>(() => Recipe.Load(folder["quikstart.yaml"], new Kitchen().Vocabulary())).Problems[0];
        Assert.Equal("quickstart.yaml", problem.Nearest);
        Assert.Contains("folder", Assert.Throws<RecipeException>(() => Recipe.Load(folder.FullName, new Kitchen().Vocabulary())).Message, StringComparison.Ordinal);
    }

    private static RecipeProblem Only(string yaml) => RecipeReadingTests.Problems(yaml)[0];
}
