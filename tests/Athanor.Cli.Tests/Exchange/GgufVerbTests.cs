using Athanor.Inference.Gguf;
using Athanor.Testing;

namespace Athanor.Cli.Tests.Exchange;

public sealed class GgufVerbTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("athanor-cli-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string At(string name) => Path.Combine(_folder, name);

    [Fact]
    public void A_model_goes_out_as_GGUF_and_comes_back_the_same()
    {
        Assert.Equal(Tool.Success, Run("model", "init", "--depth", "2", "--vocabulary", "300", "--context", "32", "--family", "qwen3", "--output", At("fresh")).Code);
        var (code, output, errors) = Run("export", "gguf", At("fresh"), "--type", "bf16", "--output", At("m.gguf"));
        Assert.Equal(Tool.Success, code);
        Assert.Contains("qwen3", output, StringComparison.Ordinal);
        Assert.Contains("no tokenizer", errors, StringComparison.Ordinal);
        (code, output, errors) = Run("import", "gguf", At("m.gguf"), "--output", At("back"));
        Assert.Equal((Tool.Success, ""), (code, errors));
        Assert.Contains("bf16", output, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(File.ReadAllBytes(Path.Combine(At("fresh"), "model.safetensors")), File.ReadAllBytes(Path.Combine(At("back"), "model.safetensors")));
        (code, _, errors) = Run("import", "gguf", At("m.gguf"), "--output", At("back"));
        Assert.Equal(Tool.Failure, code);
        Assert.Contains("there already", errors, StringComparison.Ordinal);
    }

    [SharedDataFact("stories260K/stories260K.bin")]
    public void A_llama2c_model_becomes_a_folder_by_way_of_GGUF_that_writes_the_same_story()
    {
        string source = Path.GetDirectoryName(SharedData.Path("stories260K/stories260K.bin"))!;
        Assert.Equal(Tool.Success, Run("export", "gguf", source, "--type", "f32", "--output", At("s.gguf")).Code);
        Assert.Equal(Tool.Success, Run("import", "gguf", At("s.gguf"), "--type", "f32", "--output", At("s")).Code);
        string[] draw = ["--temperature", "0", "--max-tokens", "60"];
        Assert.Equal(Run(["generate", source, "", .. draw]).Output, Run(["generate", At("s"), "", .. draw]).Output);
    }

    [Fact]
    public void A_recipe_ends_with_a_file_that_is_read()
    {
        Assert.Equal(Tool.Success, Run("model", "init", "--depth", "1", "--vocabulary", "300", "--context", "32", "--output", At("fresh")).Code);
        File.WriteAllText(At("r.yaml"), $$"""
            name: out
            description: A model as a file.
            stages:
              load: { use: load_model, path: {{At("fresh")}} }
              export: { use: export_gguf, from: load, type: q4_k_m, name: small }
            """);
        var (code, output, errors) = Run("run", At("r.yaml"), "--runs", At("runs"));
        Assert.Equal((Tool.Success, ""), (code, errors));
        Assert.Contains("export: finished", output, StringComparison.Ordinal);
        string file = Assert.Single(Directory.GetFiles(At("runs"), "small.gguf", SearchOption.AllDirectories));
        using GgufFile read = GgufFile.Open(file);
        Assert.Equal(300, GgufModel.ReadConfig(read).VocabularySize);
        Assert.Equal(file, GgufPlace.Find(Path.GetDirectoryName(file)!));
    }

    [Theory]
    [InlineData("choose f32, bf16", "export", "gguf", "fresh", "--type", "q9", "--output", "x.gguf")]
    [InlineData("no model", "export", "gguf", "nowhere", "--output", "x.gguf")]
    [InlineData("no GGUF file", "import", "gguf", "bad.gguf", "--output", "x")]
    public void Errors_name_the_remedy(string says, params string[] args)
    {
        File.WriteAllText(At("bad.gguf"), "this is text");
        var (code, output, errors) = Run([.. args.Select(arg => arg is "bad.gguf" or "x" or "x.gguf" ? At(arg) : arg)]);
        Assert.NotEqual(Tool.Success, code);
        Assert.Equal("", output);
        Assert.Contains(says, errors, StringComparison.Ordinal);
        Assert.False(File.Exists(At("x.gguf")) || Directory.Exists(At("x")));
    }

    private static (int Code, string Output, string Errors) Run(params string[] args)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        int code = Tool.Run(args, output, errors);
        return (code, output.ToString(), errors.ToString());
    }
}
