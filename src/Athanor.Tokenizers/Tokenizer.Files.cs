using Athanor.Tokenizers.Files;
using Athanor.Tokenizers.Files.HuggingFace;

namespace Athanor.Tokenizers;

public sealed partial class Tokenizer
{
    /// <summary>
    /// The tokenizer of a folder or file: a Hugging Face model folder or its <c>tokenizer.json</c>, a SentencePiece <c>.model</c>, a tiktoken rank file, llama2.c's <c>tokenizer.bin</c>.
    /// </summary>
    /// <param name="path">The folder or file.</param>
    /// <param name="encoding">The encoding of a tiktoken rank file; as the file's name says when null.</param>
    /// <exception cref="TokenizerFormatException">The file cannot be used, or makes other ids than the fingerprint beside it says.</exception>
    /// <exception cref="FileNotFoundException">There is no such file, or the folder holds none.</exception>
    /// <exception cref="ArgumentException">The encoding is not known.</exception>
    public static Tokenizer Load(string path, string? encoding = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return TokenizerFiles.Load(path, encoding);
    }

    /// <summary>The tokenizer of the bytes of a <c>tokenizer.json</c>, without settings.</summary>
    /// <param name="json">The file's bytes.</param>
    /// <param name="source">What errors call the file.</param>
    /// <exception cref="TokenizerFormatException">The file cannot be used.</exception>
    public static Tokenizer FromJson(ReadOnlySpan<byte> json, string source = "tokenizer.json") =>
        TokenizerFolder.Make(TokenizerJsonReader.Read(json, source), source);

    /// <summary>Writes the tokenizer into a folder: <c>tokenizer.json</c>, <c>tokenizer_config.json</c> and a fingerprint that is checked on load.</summary>
    /// <exception cref="NotSupportedException">A part has no form in these files.</exception>
    public void Save(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        TokenizerFolder.Save(this, folder);
    }

    /// <summary>Writes <c>tokenizer.json</c> to a stream.</summary>
    /// <exception cref="NotSupportedException">A part has no form in the file.</exception>
    public void WriteJson(Stream stream) => TokenizerJsonWriter.Write(stream, this);
}
