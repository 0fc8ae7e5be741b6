namespace Athanor.Tokenizers.Files.HuggingFace;

/// <summary>A folder with the tokenizer files of a Hugging Face model.</summary>
internal static class TokenizerFolder
{
    public const string TokenizerFile = "tokenizer.json", ConfigFile = "tokenizer_config.json", MapFile = "special_tokens_map.json", TemplateFile = "chat_template.jinja";

    /// <summary>The tokenizer of a <c>tokenizer.json</c>; settings are taken from the files beside it.</summary>
    public static Tokenizer Load(string file)
    {
        TokenizerParts parts = TokenizerJsonReader.Read(FileBytes.Read(file), file);
        if (SettingsBeside(file) is { } settings)
            parts = parts with { Settings = settings };
        Tokenizer tokenizer = Make(parts, file);
        string fingerprint = Path.Combine(FolderOf(file), Fingerprint.FileName);
        if (File.Exists(fingerprint))
            Fingerprint.Check(FileBytes.Read(fingerprint), fingerprint, tokenizer);
        return tokenizer;
    }

    /// <summary>The settings in the files beside a tokenizer's file, or null where there are none.</summary>
    public static TokenizerSettings? SettingsBeside(string file)
    {
        string folder = FolderOf(file);
        string config = Path.Combine(folder, ConfigFile), map = Path.Combine(folder, MapFile), template = Path.Combine(folder, TemplateFile);
        TokenizerSettings? settings = null;
        if (File.Exists(config) || File.Exists(map))
        {
            settings = TokenizerConfigJson.Read(
                File.Exists(config) ? FileBytes.Read(config) : "{}"u8.ToArray(), config, File.Exists(map) ? FileBytes.Read(map) : null, map);
        }
        // The newer place of the template; it wins, as elsewhere.
        return File.Exists(template)
            ? (settings ?? new TokenizerSettings()) with { ChatTemplate = System.Text.Encoding.UTF8.GetString(FileBytes.Read(template)) }
            : settings;
    }

    /// <summary>A tokenizer of parts that were read from <paramref name="source"/>.</summary>
    public static Tokenizer Make(TokenizerParts parts, string source)
    {
        Tokenizer tokenizer;
        try
        {
            tokenizer = new Tokenizer(parts);
        }
        catch (ArgumentException e)
        {
            throw new TokenizerFormatException(source, "$.added_tokens", e.Message, e);
        }
        foreach ((string token, int id) in PostProcessorJson.SpecialTokens(parts.PostProcessor))
        {
            if (!tokenizer.Contains(id))
                throw new TokenizerFormatException(source, "$.post_processor", $"writes the token '{token}' as the id {id}, which no token has.");
        }
        return tokenizer;
    }

    /// <summary>Writes <c>tokenizer.json</c>, <c>tokenizer_config.json</c> and the fingerprint; a file is replaced only once it is written whole.</summary>
    public static void Save(Tokenizer tokenizer, string folder)
    {
        Directory.CreateDirectory(folder);
        Replace(Path.Combine(folder, TokenizerFile), stream => TokenizerJsonWriter.Write(stream, tokenizer));
        Replace(Path.Combine(folder, ConfigFile), stream => TokenizerConfigJson.Write(stream, tokenizer.Settings));
        Replace(Path.Combine(folder, Fingerprint.FileName), stream => Fingerprint.Write(stream, tokenizer));
    }

    private static string FolderOf(string file) => Path.GetDirectoryName(Path.GetFullPath(file))!;

    private static void Replace(string path, Action<Stream> write)
    {
        string temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}
