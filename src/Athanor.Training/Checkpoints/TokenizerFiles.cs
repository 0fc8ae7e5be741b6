namespace Athanor.Training.Checkpoints;

/// <summary>The files of a tokenizer, which belong into every model folder.</summary>
internal static class TokenizerFiles
{
    private static readonly string[] Names = ["tokenizer.json", "tokenizer_config.json", "tokenizer_fingerprint.json", "special_tokens_map.json", "chat_template.jinja", "vocab.json", "merges.txt", "tokenizer.model"];

    public static void Copy(string from, string to)
    {
        foreach (string name in Names)
        {
            if (File.Exists(Path.Combine(from, name)))
                File.Copy(Path.Combine(from, name), Path.Combine(to, name), overwrite: true);
        }
    }
}
