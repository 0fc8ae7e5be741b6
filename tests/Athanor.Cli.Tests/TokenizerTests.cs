using System.Text.Json;

namespace Athanor.Cli.Tests;

/// <summary>The verbs of <c>athanor tokenizer</c> on a small text, as their users type them.</summary>
public sealed class TokenizerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("athanor-cli").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_trained_tokenizer_encodes_decodes_and_is_inspected()
    {
        string tokenizer = Train();
        var (_, tokens, _) = Run("tokenizer", "encode", "-t", tokenizer, "the cat");
        Assert.Contains("the", tokens, StringComparison.Ordinal);
        Assert.Contains("7 bytes", tokens, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', tokens);

        var (_, ids, _) = Run("tokenizer", "encode", "-t", tokenizer, "--ids", "the cat sat 12\n");
        var (code, text, _) = Run(["tokenizer", "decode", "-t", tokenizer, .. ids.Trim().Split(' ')]);
        Assert.Equal(Tool.Success, code);
        Assert.Equal("the cat sat 12\n", text.TrimEnd('\r', '\n') + "\n");

        var (_, report, _) = Run("tokenizer", "inspect", "-t", tokenizer, "--corpus", $"small={Text()}");
        foreach (string expected in (string[])["Longest tokens", "tokens/word", "small", "never used", "digits"])
            Assert.Contains(expected, report, StringComparison.Ordinal);
    }

    [Fact]
    public void Json_of_every_verb_is_one_object()
    {
        string tokenizer = Train();
        using JsonDocument encoded = JsonDocument.Parse(Run("tokenizer", "encode", "-t", tokenizer, "the h\u00e4t", "--json").Output);
        Assert.Equal(encoded.RootElement.GetProperty("count").GetInt32(), encoded.RootElement.GetProperty("ids").GetArrayLength());
        Assert.Contains(encoded.RootElement.GetProperty("tokens").EnumerateArray(), token => token.GetProperty("text").ValueKind == JsonValueKind.Null);
        using JsonDocument inspected = JsonDocument.Parse(Run("tokenizer", "inspect", "-t", tokenizer, "-c", Text(), "--json").Output);
        Assert.Equal(1, inspected.RootElement.GetProperty("corpora").GetArrayLength());
        using JsonDocument compared = JsonDocument.Parse(Run("tokenizer", "compare", "-t", $"a={tokenizer}", $"b={tokenizer}", "-c", Text(), "--text", "the cat", "--json").Output);
        Assert.Equal(2, compared.RootElement.GetProperty("corpora").GetArrayLength());
        Assert.Equal(2, compared.RootElement.GetProperty("texts").GetArrayLength());
    }

    [Fact]
    public void Lines_of_json_give_lines_of_ids_and_the_file_appears_whole()
    {
        string tokenizer = Train(), input = Write("in.jsonl", "{\"text\":\"the cat\"}\n{\"text\":\"\"}\n"), target = Path.Combine(_folder, "ids.jsonl");
        Assert.Equal(Tool.Success, Run("tokenizer", "encode", "-t", tokenizer, "--file", input, "--output", target).Code);
        string[] lines = File.ReadAllLines(target);
        Assert.Equal(2, lines.Length);
        Assert.Equal("{\"ids\":[]}", lines[1]);
        string broken = Write("broken.jsonl", "{\"text\":\"a\"}\n{\"txt\":1}\n"), never = Path.Combine(_folder, "never.jsonl");
        var (code, _, errors) = Run("tokenizer", "encode", "-t", tokenizer, "--file", broken, "--output", never);
        Assert.Equal(Tool.Failure, code);
        Assert.Contains("line 2", errors, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(_folder, "never*"));
    }

    [Fact]
    public void A_conversation_is_rendered_by_a_built_in_template()
    {
        string chat = Write("chat.json", "[{\"role\":\"user\",\"content\":\"Hi\"}]");
        var (code, text, _) = Run("tokenizer", "render", chat, "--template", "chatml", "--generation-prompt");
        Assert.Equal(Tool.Success, code);
        Assert.Equal("<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant", text.TrimEnd());
    }

    [Theory]
    [InlineData("encode", "-t", "no-such-folder", "x")]
    [InlineData("inspect", "-t", "no-such-folder")]
    [InlineData("train", "no-such-file", "-o", "x")]
    [InlineData("render", "no-such-file", "--template", "chatml")]
    public void A_missing_file_is_named_without_a_stack_trace(params string[] args)
    {
        var (code, _, errors) = Run(["tokenizer", .. args]);
        Assert.NotEqual(Tool.Success, code);
        Assert.Contains(args.First(arg => arg.StartsWith("no-such", StringComparison.Ordinal)), errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_verb_has_an_example()
    {
        foreach (string verb in (string[])["train", "extend", "encode", "decode", "inspect", "compare", "convert", "render"])
        {
            var (code, output, _) = Run("tokenizer", verb, "--help");
            Assert.Equal(Tool.Success, code);
            Assert.Contains($"athanor tokenizer {verb}", output, StringComparison.Ordinal);
        }
    }

    private string Train()
    {
        string folder = Path.Combine(_folder, "tokenizer");
        var (code, output, errors) = Run("tokenizer", "train", Text(), "--vocabulary", "300", "--output", folder);
        Assert.True(code == Tool.Success, errors);
        Assert.Contains("tokens", output, StringComparison.Ordinal);
        return folder;
    }

    private string Text() => Write("text.txt", string.Join('\n', Enumerable.Repeat("the cat sat on the mat and the hat 1234", 20)));

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
