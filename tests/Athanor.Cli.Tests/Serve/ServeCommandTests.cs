using System.Text.Json;
using Athanor.Cli.ModelFiles;
using Athanor.Cli.Serve;
using Athanor.Testing;

namespace Athanor.Cli.Tests.Serve;

public sealed class ServeCommandTests
{
    [Theory]
    [InlineData("--public", "x", "--host", "0.0.0.0")]
    [InlineData("--host is 'here'", "x", "--host", "here")]
    [InlineData("--port is 70000", "x", "--port", "70000")]
    [InlineData("--timeout", "x", "--timeout", "-1")]
    [InlineData("--cache-gib", "x", "--cache-gib", "0")]
    [InlineData("--type", "x", "--type", "int3")]
    [InlineData("--max-requests", "x", "--max-requests", "0")]
    [InlineData("--max-wait", "x", "--max-wait", "0")]
    [InlineData("write it as a folder or as name=folder", "x", "--adapter", "=somewhere")]
    [InlineData("write it as a folder or as name=folder", "x", "--adapter", "sql=")]
    [InlineData("names 'a' twice", "x", "--adapter", "a=b", "--adapter", "a=c")]
    [InlineData("--adapter is for one model", "x", "y", "--adapter", "a=b")]
    [InlineData("--tokenizer is for one model", "x", "y", "--tokenizer", "z")]
    public void Impossible_options_are_refused_before_anything_is_loaded(string says, params string[] args)
    {
        (int code, string output, string errors) = Run(["serve", .. args]);
        Assert.Equal(Tool.Usage, code);
        Assert.Empty(output);
        Assert.Contains(says, errors, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_that_is_not_there_ends_the_server()
    {
        (int code, _, string errors) = Run("serve", "no-such-model", "--port", "0");
        Assert.Equal(Tool.Failure, code);
        Assert.Contains("There is no model 'no-such-model'", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("runs/quickstart", "quickstart", "runs/quickstart")]
    [InlineData("models/stories/", "stories", "models/stories/")]
    [InlineData("small=models/stories", "small", "models/stories")]
    [InlineData("a/b=c", "b=c", "a/b=c")]
    public void A_model_has_the_name_of_its_folder_or_the_one_before_the_sign(string written, string name, string place)
    {
        Assert.Equal((name, place), ModelPath.Parse(written));
    }

    [Fact]
    public void Keys_come_from_a_file_and_the_environment_and_are_not_repeated_in_errors()
    {
        string file = Path.GetTempFileName();
        File.WriteAllText(file, "# ours\nfirst-long-key\n\n second-long-key \n");
        Assert.Equal(["first-long-key", "second-long-key", "third-long-key"], ServerArguments.Keys(file, "third-long-key, first-long-key"));
        File.WriteAllText(file, "shorty");
        string message = Assert.Throws<ArgumentException>(() => ServerArguments.Keys(file, null)).Message;
        Assert.DoesNotContain("shorty", message, StringComparison.Ordinal);
        File.WriteAllText(file, "#");
        Assert.Throws<ArgumentException>(() => ServerArguments.Keys(file, null));
        File.Delete(file);
        Assert.Empty(ServerArguments.Keys(null, null));
    }

    [Fact]
    public void An_adapter_that_does_not_fit_ends_the_server_with_the_reason()
    {
        string folder = Directory.CreateTempSubdirectory("athanor-serve-").FullName, model = Path.Combine(folder, "base"), lora = Path.Combine(folder, "lora");
        try
        {
            Assert.Equal(Tool.Success, Run("model", "init", "--depth", "1", "--vocabulary", "300", "--context", "32", "--output", model).Code);
            ByteTokenizer.ChatMl.Save(model);
            Dictionary<string, PeftFolder.Matrix> Lora(string module, int columns) => PeftFolder.Random(1, 4, 1, (module, columns, columns));
            int width = JsonDocument.Parse(File.ReadAllText(Path.Combine(model, "config.json"))).RootElement.GetProperty("hidden_size").GetInt32();

            Refused("There is no LoRA adapter in", null, "");
            Refused("has the rank 4; adapter_config.json says r = 8", Lora("self_attn.o_proj", width), """{"peft_type":"LORA","r":8,"lora_alpha":8}""");
            Refused("'model.layers.0.self_attn.query' is no projection of this model", Lora("self_attn.query", width), """{"peft_type":"LORA","r":4,"lora_alpha":8}""");
            Refused($"do not change a matrix [{width}, {width}]: it was made for another model", Lora("self_attn.o_proj", width + 1), """{"peft_type":"LORA","r":4,"lora_alpha":8}""");

            void Refused(string says, Dictionary<string, PeftFolder.Matrix>? tensors, string config)
            {
                if (tensors is not null)
                    PeftFolder.Write(lora, tensors, config);
                (int code, _, string errors) = Run("serve", model, "--adapter", "sql=" + lora, "--port", "0");
                Assert.Equal(Tool.Failure, code);
                Assert.Contains(says, errors, StringComparison.Ordinal);
                Assert.Contains(lora, errors, StringComparison.Ordinal);
                Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static (int Code, string Output, string Errors) Run(params string[] args)
    {
        using StringWriter output = new(), errors = new();
        return (Tool.Run(args, output, errors), output.ToString(), errors.ToString());
    }
}
