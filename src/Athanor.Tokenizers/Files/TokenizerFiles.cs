using Athanor.Tokenizers.Files.HuggingFace;
using Athanor.Tokenizers.Files.SentencePiece;
using Athanor.Tokenizers.Files.Tiktoken;

namespace Athanor.Tokenizers.Files;

/// <summary>Finds out which format a tokenizer is in.</summary>
internal static class TokenizerFiles
{
    private const string ModelFile = "tokenizer.model", LlamaCName = "tokenizer" + LlamaCFile.Extension;

    public static Tokenizer Load(string path, string? encoding)
    {
        if (Directory.Exists(path))
            path = FileIn(path);
        else if (!File.Exists(path))
            throw new FileNotFoundException($"There is no file or folder '{path}'.", path);
        return Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".tiktoken" => Tiktoken(path, encoding ?? Path.GetFileNameWithoutExtension(path)),
            ".model" => Model(path, encoding),
            LlamaCFile.Extension => TokenizerFolder.Make(LlamaCFile.Load(path).ToParts(addBos: true), path),
            _ => TokenizerFolder.Load(path),
        };
    }

    private static string FileIn(string folder)
    {
        foreach (string name in (string[])[TokenizerFolder.TokenizerFile, ModelFile, LlamaCName])
        {
            if (File.Exists(Path.Combine(folder, name)))
                return Path.Combine(folder, name);
        }
        string[] ranks = Directory.GetFiles(folder, "*.tiktoken");
        return ranks.Length == 1
            ? ranks[0]
            : throw new FileNotFoundException($"The folder '{folder}' holds no {TokenizerFolder.TokenizerFile}, no {ModelFile}, no {LlamaCName} and {(ranks.Length == 0 ? "no rank file" : "several rank files")} (*.tiktoken).", folder);
    }

    private static Tokenizer Tiktoken(string path, string encoding) => TokenizerFolder.Make(TiktokenTokenizer.Load(path, encoding), path);

    // Llama 3 gives its rank file the name of a SentencePiece model; that one starts with the tag of its first field.
    private static Tokenizer Model(string path, string? encoding)
    {
        using (FileStream file = File.OpenRead(path))
        {
            if (file.ReadByte() is not ('\n' or -1))
                return Tiktoken(path, encoding ?? "llama3");
        }
        TokenizerSettings? settings = TokenizerFolder.SettingsBeside(path);
        bool Says(string name) => settings?.Others.GetValueOrDefault(name) == "true";
        TokenizerParts parts = SentencePieceFile.Load(path).ToParts(Says("add_bos_token"), Says("add_eos_token"));
        return TokenizerFolder.Make(settings is null ? parts : parts with { Settings = Merge(parts.Settings, settings) }, path);
    }

    private static TokenizerSettings Merge(TokenizerSettings model, TokenizerSettings file) => file with
    {
        BosToken = file.BosToken ?? model.BosToken,
        EosToken = file.EosToken ?? model.EosToken,
        PadToken = file.PadToken ?? model.PadToken,
        UnkToken = file.UnkToken ?? model.UnkToken,
    };
}
