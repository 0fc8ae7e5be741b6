namespace Athanor.Benchmarks.Tokenizers;

/// <summary>A text cut into documents of about 8 KiB, at the ends of lines.</summary>
internal sealed record Corpus(string Name, byte[] Text, IReadOnlyList<ReadOnlyMemory<byte>> Documents)
{
    public const int DocumentBytes = 8192;

    public double Megabytes => Text.Length / 1e6;

    public static Corpus Create(string name, byte[] text)
    {
        var documents = new List<ReadOnlyMemory<byte>>();
        for (int at = 0; at < text.Length;)
        {
            int end = Math.Min(text.Length, at + DocumentBytes);
            if (end < text.Length)
            {
                int line = text.AsSpan(at, end - at).LastIndexOf((byte)'\n');
                // Never within a character, which the peers cannot be given.
                while (line < 0 && end > at + 1 && (text[end] & 0xC0) == 0x80)
                    end--;
                end = line >= 0 ? at + line + 1 : end;
            }
            documents.Add(text.AsMemory(at, end - at));
            at = end;
        }
        return new Corpus(name, text, documents);
    }

    /// <summary>The corpora that were asked for, else what the machine has: samples of prose beside the repository, and the repository's own sources.</summary>
    public static IReadOnlyList<Corpus> Find(Options options)
    {
        if (options.Corpora.Count > 0)
            return [.. options.Corpora.Select(corpus => Create(corpus.Name, File.ReadAllBytes(corpus.Path)))];
        var found = new List<Corpus>();
        string? root = Root(AppContext.BaseDirectory);
        string? data = Environment.GetEnvironmentVariable("ATHANOR_DATA") ?? (root is null ? null : Path.Combine(root, "..", "shared", "data"));
        if (Join(data, ["*.txt"]) is { Length: > 0 } prose)
            found.Add(Create("prose", prose));
        if (Join(root is null ? null : Path.Combine(root, "src"), ["*.cs"]) is { Length: > 0 } code)
            found.Add(Create("code", code));
        return found;
    }

    private static byte[] Join(string? folder, string[] patterns)
    {
        if (folder is null || !Directory.Exists(folder))
            return [];
        var text = new MemoryStream();
        foreach (string path in patterns.SelectMany(pattern => Directory.EnumerateFiles(folder, pattern, SearchOption.AllDirectories)).Order(StringComparer.Ordinal))
            text.Write(File.ReadAllBytes(path));
        return text.ToArray();
    }

    private static string? Root(string folder)
    {
        for (string? at = folder; at is not null; at = Path.GetDirectoryName(at))
        {
            if (File.Exists(Path.Combine(at, "Athanor.slnx")))
                return at;
        }
        return null;
    }
}
