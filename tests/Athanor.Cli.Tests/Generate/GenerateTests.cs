using System.Text.Json;
using Athanor.Testing;

namespace Athanor.Cli.Tests.Generate;

public sealed class GenerateTests : IDisposable
{
    private const string Model = "stories260K/stories260K.bin";

    private readonly string _folder = Directory.CreateTempSubdirectory("athanor-generate-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SharedDataFact(Model)]
    public void The_published_model_writes_its_recorded_texts()
    {
        foreach (string length in (string[])["200", "256"])
        {
            var (code, output, _) = Run("generate", SharedData.Path(Model), "", "--temperature", "0", "--max-tokens", length);
            Assert.Equal(Tool.Success, code);
            Assert.Equal(File.ReadAllText(SharedData.Path($"stories260K/expected_greedy_n{length}.txt")).TrimEnd('\n'), output.TrimEnd('\n', '\r'));
        }
    }

    [SharedDataFact(Model)]
    public void Samples_are_lines_of_json_that_their_seeds_give_again()
    {
        string[] draw = ["--max-tokens", "20", "--seed", "5", "--top-k", "20", "--top-p", "0.9", "--min-p", "0.01", "--repetition-penalty", "1.1", "--presence-penalty", "0.1", "--frequency-penalty", "0.1"];
        var (code, output, errors) = Run(["generate", SharedData.Path(Model), "Once upon a time", "--samples", "2", "--json", .. draw]);
        Assert.Equal((Tool.Success, ""), (code, errors));
        JsonElement[] lines = [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal([5, 6], lines.Select(line => line.GetProperty("seed").GetInt32()));
        Assert.NotEqual(lines[0].GetProperty("text").GetString(), lines[1].GetProperty("text").GetString());
        Assert.Equal("length", lines[0].GetProperty("reason").GetString());
        draw[3] = "6";
        (_, output, errors) = Run(["generate", Path.GetDirectoryName(SharedData.Path(Model))!, "Once upon a time", "--no-echo", .. draw]);
        Assert.Equal(lines[1].GetProperty("text").GetString(), output.TrimEnd('\n', '\r'));
        Assert.Contains("20 tokens", errors, StringComparison.Ordinal);
    }

    [SharedDataFact(Model)]
    public void A_stop_text_ends_it_behind_the_prompt()
    {
        var (_, output, errors) = Run("generate", SharedData.Path(Model), "Once upon a time", "--temperature", "0", "--stop", "little", "--stop", "never");
        Assert.Equal("Once upon a time, there was a ", output.TrimEnd('\n', '\r'));
        Assert.Contains("stop text", errors, StringComparison.Ordinal);
    }

    [SharedDataFact(Model)]
    public void Guessing_ahead_changes_nothing_but_the_speed()
    {
        string[] draw = ["--max-tokens", "80", "--seed", "5", "--temperature", "0.7", "--no-echo"];
        string plain = Run(["generate", SharedData.Path(Model), "Lily and Tom and Lily and Tom and", .. draw]).Output;
        foreach (string[] guess in (string[][])[["--lookup"], ["--draft", SharedData.Path(Model)]])
        {
            var (code, output, errors) = Run(["generate", SharedData.Path(Model), "Lily and Tom and Lily and Tom and", .. draw, .. guess]);
            Assert.Equal((Tool.Success, plain), (code, output));
            Assert.Contains("guessed tokens were right", errors, StringComparison.Ordinal);
        }
        var (_, _, both) = Run(["generate", SharedData.Path(Model), "x", "--lookup", "--draft", SharedData.Path(Model)]);
        Assert.Contains("exclude one another", both, StringComparison.Ordinal);
        Assert.Contains("medusa_lm_head", Run("generate", SharedData.Path(Model), "x", "--medusa", Path.GetTempPath()).Errors, StringComparison.Ordinal);
    }

    [SharedDataFact(Model)]
    public void Every_form_of_a_model_writes_the_same_story()
    {
        string[] draw = ["Once upon a time", "--max-tokens", "40", "--seed", "5", "--temperature", "0.7"];
        string expected = Run(["generate", SharedData.Path(Model), .. draw]).Output, gguf = Path.Combine(_folder, "story.gguf"), hf = Path.Combine(_folder, "hf");
        Assert.Equal(Tool.Success, Run("export", "gguf", SharedData.Path(Model), "--type", "f32", "--output", gguf).Code);
        Assert.Equal(Tool.Success, Run("model", "convert", SharedData.Path(Model), "--output", hf).Code);
        Assert.Equal(expected, Run(["generate", gguf, .. draw]).Output);
        Assert.Equal(expected, Run(["generate", _folder, .. draw]).Output);
        Assert.Equal(expected, Run(["generate", Path.GetFileName(_folder), "--runs", Path.GetDirectoryName(_folder)!, .. draw]).Output);
        Assert.Equal(expected, Run(["generate", hf, .. draw]).Output);
        File.Copy(gguf, Path.Combine(_folder, "other.gguf"));
        Assert.Contains("several GGUF files: other.gguf, story.gguf", Run(["generate", _folder, .. draw]).Errors, StringComparison.Ordinal);
        Assert.Equal(expected, Run(["generate", gguf, "--tokenizer", SharedData.Path("stories260K/tok512.bin"), "--draft", gguf, .. draw]).Output);
    }

    [SharedDataFact(Model)]
    public void A_text_is_written_with_an_adapter()
    {
        string plain = Written([]), gguf = Path.Combine(_folder, "story.gguf");
        Dictionary<string, PeftFolder.Matrix> tensors = PeftFolder.Random(1, 4, 5, ("self_attn.q_proj", 64, 64), ("self_attn.o_proj", 64, 64));
        PeftFolder.Write(Path.Combine(_folder, "strange"), tensors, """{"peft_type":"LORA","r":4,"lora_alpha":8}""");
        PeftFolder.Write(Path.Combine(_folder, "none"), tensors, """{"peft_type":"LORA","r":4,"lora_alpha":0}""");
        Assert.Equal(plain, Written(["--adapter", Path.Combine(_folder, "none")]));
        string strange = Written(["--adapter", "any=" + Path.Combine(_folder, "strange")]);
        Assert.NotEqual(plain, strange);
        Assert.Equal(Tool.Success, Run("export", "gguf", SharedData.Path(Model), "--type", "f32", "--output", gguf).Code);
        Assert.Equal(strange, Run(["generate", gguf, "Once upon a time", "--temperature", "0", "--max-tokens", "30", "--adapter", Path.Combine(_folder, "strange")]).Output);
        var (code, _, errors) = Run("generate", SharedData.Path(Model), "x", "--adapter", "a=b", "--adapter", "c=d");
        Assert.Equal(Tool.Usage, code);
        Assert.Contains("one can be used", errors, StringComparison.Ordinal);

        string Written(string[] adapter) => Run(["generate", SharedData.Path(Model), "Once upon a time", "--temperature", "0", "--max-tokens", "30", .. adapter]).Output;
    }

    [SharedDataFact(Model)]
    public void An_empty_prompt_needs_a_begin_token()
    {
        var (code, _, errors) = Run("generate", SharedData.Path(Model), "", "--no-begin");
        Assert.NotEqual(Tool.Success, code);
        Assert.Contains("empty", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no model", "nowhere", "x")]
    [InlineData("--top-p", "nowhere", "x", "--top-p", "3")]
    [InlineData("--max-tokens", "nowhere", "x", "--max-tokens", "0")]
    [InlineData("--samples", "nowhere", "x", "--samples", "0")]
    [InlineData("temperature", "nowhere", "x", "--temperature", "0.001")]
    public void What_is_wrong_is_said_in_the_words_of_the_command_line(string says, params string[] args)
    {
        var (code, output, errors) = Run(["generate", .. args]);
        Assert.NotEqual(Tool.Success, code);
        Assert.Empty(output);
        Assert.Contains(says, errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
    }

    private static (int Code, string Output, string Errors) Run(params string[] args)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        return (Tool.Run(args, output, errors), output.ToString(), errors.ToString());
    }
}
