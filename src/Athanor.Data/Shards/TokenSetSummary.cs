using System.Text.Json;

namespace Athanor.Data.Shards;

/// <summary>How much text a set of documents holds.</summary>
/// <param name="Documents">Documents.</param>
/// <param name="Tokens">Tokens; where <c>end_token</c> is set, those that end documents among them.</param>
/// <param name="Bytes">UTF-8 bytes of the text.</param>
/// <param name="Characters">Unicode code points of the text.</param>
public sealed record TokenSetSize(long Documents, long Tokens, long Bytes, long Characters);

/// <summary>What a folder of token shards holds, as <c>tokens.json</c>: <c>train-*.shard</c>, and <c>val-&lt;name&gt;.shard</c> for each set that is held out.</summary>
public sealed record TokenSetSummary
{
    /// <summary>The file's name.</summary>
    public const string FileName = "tokens.json";
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    /// <summary>What is for training.</summary>
    public required TokenSetSize Train { get; init; }

    /// <summary>Sets that are held out, by name.</summary>
    public required IReadOnlyDictionary<string, TokenSetSize> Val { get; init; }

    /// <summary>The tokenizer's vocabulary.</summary>
    public required int Vocabulary { get; init; }

    /// <summary>The id that ends every document in the shards, or null where nothing does.</summary>
    public int? EndToken { get; init; }

    /// <summary><see cref="TokenizerFingerprint"/> in lower-case hexadecimal.</summary>
    public required string Tokenizer { get; init; }

    /// <summary>Reads it from a folder of shards.</summary>
    /// <exception cref="ShardException">It is absent or no such file.</exception>
    public static TokenSetSummary Read(string folder)
    {
        string path = Path.Combine(folder, FileName);
        try
        {
            return JsonSerializer.Deserialize<TokenSetSummary>(File.ReadAllBytes(path), Json) ?? throw new ShardException(path, "it is empty. Tokenize again.");
        }
        catch (Exception e) when (e is JsonException or IOException)
        {
            throw new ShardException(path, $"{e.Message} Give a folder that tokenization wrote.");
        }
    }

    /// <summary>Reads it from a folder of shards; null where there is none, as beside shards that other tools wrote.</summary>
    /// <exception cref="ShardException">It is no such file.</exception>
    public static TokenSetSummary? TryRead(string folder) => File.Exists(Path.Combine(folder, FileName)) ? Read(folder) : null;

    /// <summary>Writes it into a folder of shards.</summary>
    public void Write(string folder) => File.WriteAllBytes(Path.Combine(folder, FileName), JsonSerializer.SerializeToUtf8Bytes(this, Json));
}
