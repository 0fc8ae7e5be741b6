using System.Text.Json;

namespace Athanor.Training.Stages;

/// <summary>How much a set of shards holds.</summary>
/// <param name="Documents">Documents.</param>
/// <param name="Tokens">Tokens, without frames.</param>
/// <param name="Bytes">UTF-8 bytes of the text.</param>
/// <param name="Characters">Unicode code points of the text.</param>
public sealed record TokenCount(long Documents, long Tokens, long Bytes, long Characters);

/// <summary>The file <c>tokens.json</c> beside token shards.</summary>
public sealed record TokensManifest
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, PropertyNameCaseInsensitive = true };

    /// <summary>The training shards together.</summary>
    public TokenCount? Train { get; init; }

    /// <summary>Validation sets by name.</summary>
    public IReadOnlyDictionary<string, TokenCount> Val { get; init; } = new Dictionary<string, TokenCount>();

    /// <summary>Reads the manifest of a folder; an empty one where the file is missing.</summary>
    public static TokensManifest Read(string folder)
    {
        string path = Path.Combine(folder, "tokens.json");
        if (!File.Exists(path))
            return new TokensManifest();
        try
        {
            return JsonSerializer.Deserialize<TokensManifest>(File.ReadAllText(path), Json) ?? new TokensManifest();
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path} is damaged: {e.Message} Tokenize again.", e);
        }
    }
}
