using System.Text;
using System.Text.Json.Nodes;
using Athanor.Tokenizers.Tests.Testing;

namespace Athanor.Tokenizers.Tests.Files.HuggingFace;

public sealed class TokenizerFolderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("athanor-tokenizer-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_saved_tokenizer_is_loaded_from_its_folder_with_its_settings()
    {
        Tokenizer original = Configured();
        original.Save(_folder);
        Assert.Equal(["tokenizer.json", "tokenizer_config.json", "tokenizer_fingerprint.json"], Directory.GetFiles(_folder).Select(Path.GetFileName).Order());
        Tokenizer loaded = Tokenizer.Load(_folder);
        Assert.Equal("<s>", loaded.Settings.BosToken);
        Assert.True(loaded.TryGetId("</s>", out int end));
        Assert.Equal(end, loaded.EosId);
        Assert.Null(loaded.PadId);
        Assert.Equal("{{ messages }}", loaded.Settings.ChatTemplate);
        Assert.Equal("{{ tools }}", loaded.Settings.NamedChatTemplates["tool_use"]);
        Assert.Equal(2048, loaded.Settings.ModelMaxLength);
        Assert.Equal("{\"a\":[1,2]}", loaded.Settings.Others["left_as_is"].Replace(" ", "", StringComparison.Ordinal));
        Assert.Equal(original.Encode("the end", EncodeOptions.AddSpecial), Tokenizer.Load(Path.Combine(_folder, "tokenizer.json")).Encode("the end", EncodeOptions.AddSpecial));
        loaded.Save(_folder);
        Assert.Equal(3, Directory.GetFiles(_folder).Length);
    }

    [Fact]
    public void A_tokenizer_that_makes_other_ids_than_its_fingerprint_is_refused()
    {
        Configured().Save(_folder);
        string path = Path.Combine(_folder, "tokenizer.json");
        JsonNode root = JsonNode.Parse(File.ReadAllText(path))!;
        root["model"]!["merges"]!.AsArray().RemoveAt(1);
        File.WriteAllText(path, root.ToJsonString());
        TokenizerFormatException error = Assert.Throws<TokenizerFormatException>(() => Tokenizer.Load(_folder));
        Assert.Contains("tokenizer_fingerprint.json", error.Message, StringComparison.Ordinal);
        Assert.Contains("other ids", error.Message, StringComparison.Ordinal);
        File.Delete(Path.Combine(_folder, "tokenizer_fingerprint.json"));
        Tokenizer.Load(_folder);
    }

    [Fact]
    public void Tokens_are_found_as_text_as_objects_and_in_the_older_map()
    {
        File.WriteAllText(Path.Combine(_folder, "tokenizer.json"), VectorTokenizers.Json("gpt2"));
        File.WriteAllText(Path.Combine(_folder, "tokenizer_config.json"), "{\"bos_token\": {\"__type\": \"AddedToken\", \"content\": \"<s>\"}, \"pad_token\": null, \"model_max_length\": 1e30}");
        File.WriteAllText(Path.Combine(_folder, "special_tokens_map.json"), "{\"bos_token\": \"x\", \"eos_token\": {\"content\": \"</s>\"}, \"pad_token\": \"<s>\"}");
        File.WriteAllText(Path.Combine(_folder, "chat_template.jinja"), "{{ bos_token }}");
        TokenizerSettings settings = Tokenizer.Load(_folder).Settings;
        Assert.Equal(("<s>", "</s>", null), (settings.BosToken, settings.EosToken, settings.PadToken));
        Assert.Null(settings.ModelMaxLength);
        Assert.Equal("{{ bos_token }}", settings.ChatTemplate);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{\"bos_token\": 7}")]
    [InlineData("{\"chat_template\": 7}")]
    [InlineData("{\"chat_template\": [{\"name\": \"a\", \"template\": \"x\"}, {\"name\": \"a\", \"template\": \"y\"}]}")]
    [InlineData("{\"chat_template\": [{\"name\": \"a\"}]}")]
    [InlineData("{\"a\": 1, \"a\": 2}")]
    [InlineData("{\"a\": ")]
    public void Settings_that_cannot_be_used_are_refused(string config)
    {
        File.WriteAllText(Path.Combine(_folder, "tokenizer.json"), VectorTokenizers.Json("gpt2"));
        File.WriteAllText(Path.Combine(_folder, "tokenizer_config.json"), config);
        Assert.Contains("tokenizer_config.json", Assert.Throws<TokenizerFormatException>(() => Tokenizer.Load(_folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_place_without_tokenizer_is_named()
    {
        Assert.Contains(_folder, Assert.Throws<FileNotFoundException>(() => Tokenizer.Load(_folder)).Message, StringComparison.Ordinal);
        Assert.Throws<FileNotFoundException>(() => Tokenizer.Load(Path.Combine(_folder, "nothing.json")));
    }

    private static Tokenizer Configured()
    {
        Tokenizer plain = Tokenizer.FromJson(Encoding.UTF8.GetBytes(VectorTokenizers.Json("llama3")));
        return new Tokenizer(plain.Parts with
        {
            Settings = new TokenizerSettings
            {
                BosToken = "<s>",
                EosToken = "</s>",
                ChatTemplate = "{{ messages }}",
                NamedChatTemplates = plain.Settings.NamedChatTemplates.Add("tool_use", "{{ tools }}"),
                ModelMaxLength = 2048,
                Others = plain.Settings.Others.Add("left_as_is", "{\"a\": [1, 2]}"),
            },
        });
    }
}
