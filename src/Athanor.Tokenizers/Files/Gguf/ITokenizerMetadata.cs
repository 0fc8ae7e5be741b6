namespace Athanor.Tokenizers.Files.Gguf;

/// <summary>Look-ups by key in the metadata of a GGUF file, as far as tokenizers need them; whoever reads the container implements it.</summary>
public interface ITokenizerMetadata
{
    /// <summary>A name for the file in errors.</summary>
    string Source { get; }

    /// <summary>The text of a key, or null where the key is missing.</summary>
    string? GetString(string key);

    /// <summary>The whole number of a key of any width, or null where the key is missing.</summary>
    long? GetInteger(string key);

    /// <summary>The truth value of a key, or null where the key is missing.</summary>
    bool? GetBoolean(string key);

    /// <summary>The bytes of each text of a key, or null where the key is missing.</summary>
    IReadOnlyList<byte[]>? GetStrings(string key);

    /// <summary>The numbers of a key, or null where the key is missing.</summary>
    IReadOnlyList<float>? GetNumbers(string key);

    /// <summary>The whole numbers of a key, or null where the key is missing.</summary>
    IReadOnlyList<int>? GetIntegers(string key);
}
