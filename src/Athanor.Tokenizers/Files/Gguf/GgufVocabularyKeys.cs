namespace Athanor.Tokenizers.Files.Gguf;

/// <summary>The keys of a vocabulary as a file would give them.</summary>
internal sealed class GgufVocabularyKeys(GgufVocabulary vocabulary) : ITokenizerMetadata
{
    public string Source => "the keys that would be written";

    public string? GetString(string key) => key switch
    {
        GgufTokens.Prefix + "model" => vocabulary.Model,
        GgufTokens.Prefix + "pre" => vocabulary.Pre,
        "tokenizer.chat_template" => vocabulary.ChatTemplate,
        _ => null,
    };

    public long? GetInteger(string key)
    {
        foreach ((string name, int id) in vocabulary.Special)
        {
            if (key == GgufTokens.Prefix + name)
                return id;
        }
        return null;
    }

    public bool? GetBoolean(string key) => key switch
    {
        GgufTokens.Prefix + "add_bos_token" => vocabulary.AddBos,
        GgufTokens.Prefix + "add_eos_token" => vocabulary.AddEos,
        GgufTokens.Prefix + "add_space_prefix" => vocabulary.AddSpacePrefix,
        _ => null,
    };

    public IReadOnlyList<byte[]>? GetStrings(string key) => key switch
    {
        GgufTokens.Prefix + "tokens" => vocabulary.Tokens,
        GgufTokens.Prefix + "merges" => vocabulary.Merges,
        _ => null,
    };

    public IReadOnlyList<float>? GetNumbers(string key) => key == GgufTokens.Prefix + "scores" ? vocabulary.Scores : null;

    public IReadOnlyList<int>? GetIntegers(string key) => key == GgufTokens.Prefix + "token_type" ? vocabulary.Types : null;
}
