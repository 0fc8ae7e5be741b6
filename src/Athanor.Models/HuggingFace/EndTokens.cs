using System.Text.Json;

namespace Athanor.Models.HuggingFace;

/// <summary>The tokens that end a text by <c>generation_config.json</c> or <c>config.json</c>: chat models have several.</summary>
public static class EndTokens
{
    /// <summary>Those of a model folder; empty where neither file names any.</summary>
    public static IReadOnlyCollection<int> Of(string folder)
    {
        foreach (string name in (string[])["generation_config.json", "config.json"])
        {
            string path = Path.Combine(folder, name);
            if (File.Exists(path) && Read(path) is { Count: > 0 } ids)
                return ids;
        }
        return [];
    }

    private static List<int> Read(string path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            var ids = new List<int>();
            if (document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("eos_token_id", out JsonElement value))
            {
                foreach (JsonElement one in value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().ToArray() : [value])
                {
                    if (one.ValueKind == JsonValueKind.Number && one.TryGetInt32(out int id))
                        ids.Add(id);
                }
            }
            return ids;
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path}: the file is not valid JSON: {e.Message}", e);
        }
    }
}
