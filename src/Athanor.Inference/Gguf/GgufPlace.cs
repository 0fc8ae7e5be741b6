namespace Athanor.Inference.Gguf;

/// <summary>Finds the GGUF file that a path means.</summary>
public static class GgufPlace
{
    /// <summary>The file itself, known by its first bytes, or the only <c>.gguf</c> of a folder without config.json; null where there is none.</summary>
    public static string? Find(string path)
    {
        if (File.Exists(path))
            return GgufFile.IsGguf(path) ? path : null;
        if (!Directory.Exists(path) || File.Exists(Path.Combine(path, "config.json")))
            return null;
        string[] files = Directory.GetFiles(path, "*.gguf");
        return files.Length == 1 ? files[0] : null;
    }
}
