using System.Text.Json;
using Athanor.Testing;

namespace Athanor.Cli.Tests.ModelFiles;

public sealed class ModelVerbTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("athanor-cli-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_fresh_model_is_made_examined_and_converted_there_and_back()
    {
        string fresh = Path.Combine(_folder, "fresh"), narrow = Path.Combine(_folder, "narrow"), file = Path.Combine(_folder, "model.bin"), back = Path.Combine(_folder, "back");
        var (code, output, errors) = Run("model", "init", "--depth", "1", "--vocabulary", "300", "--context", "32", "--type", "f32", "--output", fresh);
        Assert.Equal((Tool.Success, ""), (code, errors));
        Assert.Contains("derived width = 64", output, StringComparison.Ordinal);
        Assert.Equal(Tool.Success, Run("model", "convert", fresh, "--type", "bf16", "--shard-size", "50k", "--output", narrow).Code);
        Assert.True(File.Exists(Path.Combine(narrow, "model.safetensors.index.json")));
        Assert.Equal(Tool.Success, Run("model", "convert", fresh, "--output", file).Code);
        Assert.Equal(Tool.Success, Run("model", "convert", file, "--output", back).Code);
        Assert.Equal(File.ReadAllBytes(Path.Combine(fresh, "model.safetensors")), File.ReadAllBytes(Path.Combine(back, "model.safetensors")));
        output = Run("model", "info", narrow).Output;
        // 300·64 + 4·64² + 3·64·192 + 3·64.
        Assert.Contains("72,640", output, StringComparison.Ordinal);
        Assert.Contains("feed-forward", output, StringComparison.Ordinal);
        (code, _, errors) = Run("model", "convert", fresh, "--output", back);
        Assert.Equal(Tool.Failure, code);
        Assert.Contains("there already", errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Facts_as_json_hold_what_the_view_shows()
    {
        JsonElement json = JsonDocument.Parse(Run("model", "info", "llama3-8b", "--json").Output).RootElement;
        Assert.Equal(8_030_261_248, json.GetProperty("size").GetProperty("parameters").GetInt64());
        Assert.Equal(131_072, json.GetProperty("memory").EnumerateArray().Single(entry => entry.GetProperty("type").GetString() == "bf16").GetProperty("cache_per_token").GetInt64());
        Assert.Equal("swi_glu", json.GetProperty("config").GetProperty("feed_forward").GetString());
        Assert.Equal(0, json.GetProperty("files").GetArrayLength());
    }

    [SharedDataFact("stories260K/stories260K.bin")]
    public void A_llama2c_model_becomes_a_folder_with_its_tokenizer_that_writes_the_same_text()
    {
        string folder = Path.Combine(_folder, "stories");
        Assert.Equal(Tool.Success, Run("model", "convert", SharedData.Path("stories260K/stories260K.bin"), "--output", folder).Code);
        JsonElement config = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "config.json"))).RootElement;
        Assert.Equal((1, 2), (config.GetProperty("bos_token_id").GetInt32(), config.GetProperty("eos_token_id").GetInt32()));
        string[] draw = ["--temperature", "0", "--max-tokens", "60"];
        Assert.Equal(Run(["generate", Path.GetDirectoryName(SharedData.Path("stories260K/stories260K.bin"))!, "", .. draw]).Output, Run(["generate", folder, "", .. draw]).Output);
    }

    [Theory]
    [InlineData("--tokenizer or --vocabulary", "init", "--depth", "2", "--output", "x")]
    [InlineData("--depth or --config", "init", "--output", "x")]
    [InlineData("f32, f16 or bf16", "init", "--depth", "1", "--vocabulary", "9", "--type", "int8", "--output", "x")]
    [InlineData("no model", "info", "nowhere")]
    [InlineData("--shard-size", "convert", "llama.json", "--output", "x", "--shard-size", "much")]
    public void Errors_name_the_remedy(string says, params string[] args)
    {
        var (code, _, errors) = Run(["model", .. args]);
        Assert.NotEqual(Tool.Success, code);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
        Assert.Contains(says, errors, StringComparison.Ordinal);
    }

    private static (int Code, string Output, string Errors) Run(params string[] args)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        return (Tool.Run(args, output, errors), output.ToString(), errors.ToString());
    }
}
