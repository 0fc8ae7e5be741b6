using System.Text.Json;

namespace Athanor.Data.Deduplication.MinHash;

/// <summary>
/// What an earlier corpus left behind to be compared with: sorted bands, shingle sets and ids of the documents that stayed. A folder <c>index</c> in the artifact of
/// <c>dedup_minhash</c> with <c>write_index: true</c>.
/// </summary>
internal sealed class MinHashIndex : IDisposable
{
    public const string FolderName = "index", BandsName = "bands.bin", TableName = "documents", ShinglesName = "shingles", HeaderName = "index.json";
    private const int Format = 1;

    private MinHashIndex(string folder, DocumentTable table, ShingleStore shingles) => (Folder, Table, Shingles) = (folder, table, shingles);

    public string Folder { get; }

    public DocumentTable Table { get; }

    public ShingleStore Shingles { get; }

    public string Bands => Path.Combine(Folder, BandsName);

    /// <summary>Opens the index of an artifact or the folder itself.</summary>
    /// <exception cref="InvalidDataException">There is none, or its signatures are others.</exception>
    public static MinHashIndex Open(string path, MinHashPlan plan)
    {
        string folder = File.Exists(Path.Combine(path, HeaderName)) ? path : Path.Combine(path, FolderName);
        string header = Path.Combine(folder, HeaderName);
        if (!File.Exists(header))
            throw new InvalidDataException($"'{path}' has no index of signatures ({FolderName}/{HeaderName}). Run dedup_minhash with write_index: true over that corpus and name its artifact's folder.");
        string? made;
        try
        {
            using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(header));
            made = json.RootElement.GetProperty("plan").GetString();
            if (json.RootElement.GetProperty("format").GetInt32() != Format)
                throw new InvalidDataException($"'{header}' is of another format. Write the index anew.");
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new InvalidDataException($"'{header}' is damaged ({e.Message}) Write the index anew.", e);
        }
        if (made != plan.ToString())
            throw new InvalidDataException($"The index '{folder}' has signatures of '{made}', this stage makes '{plan}'. Give both the same settings.");
        DocumentTable table = DocumentTable.Open(Path.Combine(folder, TableName));
        long bands = new FileInfo(Path.Combine(folder, BandsName)).Length;
        if (bands % 16 != 0)
            throw new InvalidDataException($"'{folder}/{BandsName}' is cut off: {bands} bytes are no whole records. Write the index anew.");
        return new MinHashIndex(folder, table, ShingleStore.Open(Path.Combine(folder, ShinglesName)));
    }

    /// <summary>Writes the header, last of all, so that a half-written index has none.</summary>
    public static void WriteHeader(string folder, MinHashPlan plan, long documents)
    {
        using FileStream file = File.Create(Path.Combine(folder, HeaderName));
        using var json = new Utf8JsonWriter(file, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteNumber("format", Format);
        json.WriteString("plan", plan.ToString());
        json.WriteNumber("documents", documents);
        json.WriteEndObject();
    }

    public void Dispose()
    {
        Table.Dispose();
        Shingles.Dispose();
    }
}
