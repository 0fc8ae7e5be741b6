using System.Text.Json;

namespace Athanor.Serving.Catalog;

/// <summary>How a model is sampled where a request does not say: the fields of <c>generation_config.json</c>.</summary>
public sealed record GenerationDefaults
{
    /// <summary>The name of the file in a model's folder.</summary>
    public const string FileName = "generation_config.json";

    /// <summary>The temperature; null for 1.</summary>
    public double? Temperature { get; init; }

    /// <summary>The likeliest k tokens only; null for all.</summary>
    public int? TopK { get; init; }

    /// <summary>Nucleus; null for all.</summary>
    public double? TopP { get; init; }

    /// <summary>Least probability relative to the likeliest token; null for none.</summary>
    public double? MinP { get; init; }

    /// <summary>Locally typical sampling; null for none.</summary>
    public double? TypicalP { get; init; }

    /// <summary>Penalty on tokens that occurred; null for none.</summary>
    public double? RepetitionPenalty { get; init; }

    /// <summary>Most tokens of an answer; null for what the context has room for.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>Reads the file of a model's folder; all null where there is none.</summary>
    /// <exception cref="InvalidDataException">The file is not JSON, or a value makes no sense.</exception>
    public static GenerationDefaults Read(string folder)
    {
        string path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
            return new GenerationDefaults();
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
                throw new InvalidDataException($"{path}: the file is not a JSON object.");
            return new GenerationDefaults
            {
                Temperature = Number(root, "temperature", 0, 100, path),
                TopK = (int?)Number(root, "top_k", 0, int.MaxValue, path),
                TopP = Number(root, "top_p", 0, 1, path),
                MinP = Number(root, "min_p", 0, 1, path),
                TypicalP = Number(root, "typical_p", 0, 1, path),
                RepetitionPenalty = Number(root, "repetition_penalty", 0.01, 100, path),
                MaxTokens = (int?)Number(root, "max_new_tokens", 1, int.MaxValue, path),
            };
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path}: the file is not valid JSON: {e.Message}", e);
        }
    }

    private static double? Number(JsonElement root, string name, double least, double most, string path)
    {
        if (!root.TryGetProperty(name, out JsonElement value) || value.ValueKind == JsonValueKind.Null)
            return null;
        double number = value.ValueKind == JsonValueKind.Number ? value.GetDouble() : double.NaN;
        return number >= least && number <= most ? number
            : throw new InvalidDataException($"{path}: '{name}' is {value.GetRawText()}; it has to be a number from {least} to {most}. Mend it or take the line out.");
    }
}
