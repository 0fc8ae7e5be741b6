using System.Text.Json;
using System.Text.Json.Nodes;
using Athanor.Models.Configuration;
using Athanor.Tensors;
using Athanor.Tensors.Safetensors;

namespace Athanor.Models.Medusa;

/// <summary>
/// A folder of heads as the field writes them: <c>medusa_lm_head.safetensors</c> with <c>{i}.0.linear.weight</c>, <c>{i}.0.linear.bias</c>, <c>{i}.1.weight</c>, and
/// <c>config.json</c> with <c>medusa_num_heads</c> and <c>medusa_num_layers</c>; <c>athanor_accuracy</c> is ours.
/// </summary>
public static class MedusaFile
{
    /// <summary>The weights.</summary>
    public const string WeightsName = "medusa_lm_head.safetensors";

    private const string ConfigName = "config.json", AccuracyKey = "athanor_accuracy";
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Whether a folder holds heads.</summary>
    public static bool IsIn(string folder) => File.Exists(Path.Combine(folder, WeightsName));

    /// <summary>Writes heads. The same heads give the same bytes.</summary>
    public static void Save(MedusaHeads heads, string folder)
    {
        ArgumentNullException.ThrowIfNull(heads);
        Directory.CreateDirectory(folder);
        SafetensorsWriter.Write(Path.Combine(folder, WeightsName), heads.Parameters.Select(SafetensorsSource.Of), new Dictionary<string, string> { ["format"] = "pt" });
        var config = new JsonObject
        {
            ["medusa_num_heads"] = heads.Count,
            ["medusa_num_layers"] = 1,
            ["hidden_size"] = heads.Config.Width,
            ["vocab_size"] = heads.Config.VocabularySize,
        };
        if (heads.Accuracy.Count > 0)
            config[AccuracyKey] = new JsonArray([.. heads.Accuracy.Select(ranks => new JsonArray([.. ranks.Select(rank => JsonValue.Create(Math.Round(rank, 6)))]))]);
        AtomicFile.Write(Path.Combine(folder, ConfigName), JsonSerializer.SerializeToUtf8Bytes(config, Indented));
    }

    /// <summary>Reads heads for a model.</summary>
    /// <param name="model">Settings of the model they belong to.</param>
    /// <exception cref="ModelFormatException">The folder holds no heads, or those of a model of another size.</exception>
    public static MedusaHeads Load(string folder, Device device, ModelConfig model, DType type)
    {
        ArgumentNullException.ThrowIfNull(model);
        string path = Path.Combine(folder, ConfigName);
        if (!IsIn(folder) || !File.Exists(path))
            throw new ModelFormatException(folder, "", $"it has no {(IsIn(folder) ? ConfigName : WeightsName)}. Give the folder of a stage medusa, or one of Medusa's own.");
        JsonObject config = Read(path);
        int count = Number(path, config, "medusa_num_heads"), layers = config.ContainsKey("medusa_num_layers") ? Number(path, config, "medusa_num_layers") : 1;
        if (count is < 1 or > 16 || layers != 1)
            throw new ModelFormatException(path, "medusa_num_heads", $"it has {count} heads of {layers} layers; 1 to 16 heads of one layer are read.");
        var heads = new MedusaHeads(device, model, count, type);
        try
        {
            using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(folder, WeightsName));
            foreach (Parameter parameter in heads.Parameters)
                file.Load(parameter);
            heads.Accuracy = Accuracy(path, config, count);
            return heads;
        }
        catch
        {
            heads.Dispose();
            throw;
        }
    }

    private static JsonObject Read(string path)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllBytes(path)) as JsonObject ?? throw new ModelFormatException(path, "", "it is no JSON object. Write it as Medusa does.");
        }
        catch (JsonException e)
        {
            throw new ModelFormatException(path, "", $"it is no JSON: {e.Message} Mend or fetch it again.", e);
        }
    }

    private static int Number(string path, JsonObject config, string key) => config[key] is JsonValue value && value.TryGetValue(out int number)
        ? number : throw new ModelFormatException(path, key, $"it is missing or no number. Write \"{key}\": a number.");

    private static double[][] Accuracy(string path, JsonObject config, int count)
    {
        if (config[AccuracyKey] is not { } node)
            return [];
        double[][]? ranks = null;
        try
        {
            ranks = node.Deserialize<double[][]>();
        }
        catch (JsonException)
        {
            // Told below.
        }
        return ranks?.Length == count && ranks.All(head => head is { Length: > 0 } && head.All(share => share is >= 0 and <= 1))
            ? ranks : throw new ModelFormatException(path, AccuracyKey, $"it is not a list of shares for each of {count} heads. Leave it out.");
    }
}
