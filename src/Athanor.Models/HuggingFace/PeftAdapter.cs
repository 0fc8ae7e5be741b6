using System.Text.Json;
using Athanor.Models.Adaptation;
using Athanor.Tensors.Safetensors;

namespace Athanor.Models.HuggingFace;

/// <summary>LoRA adapters as Hugging Face's PEFT writes them: <c>adapter_config.json</c> and <c>adapter_model.safetensors</c>.</summary>
public static class PeftAdapter
{
    private const string ConfigName = "adapter_config.json", WeightsName = "adapter_model.safetensors", Prefix = "base_model.model.";
    private const int LargestConfig = 1 << 20, MostListed = 20;

    /// <summary>Whether a folder holds an adapter.</summary>
    public static bool IsIn(string folder) => File.Exists(Path.Combine(folder, ConfigName));

    /// <summary>Reads an adapter for a model.</summary>
    /// <param name="folder">The adapter's folder.</param>
    /// <param name="model">The model it was trained on.</param>
    /// <param name="name">The name by which requests ask for it; the folder's when null.</param>
    /// <exception cref="ModelFormatException">It is no LoRA adapter, uses what is not implemented, or does not fit the model; every reason is named.</exception>
    /// <exception cref="IOException">A file is missing.</exception>
    /// <exception cref="SafetensorsException">The weights file is damaged.</exception>
    public static LoraAdapter Load(string folder, Decoder model, string? name = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(model);
        string path = Path.Combine(folder, ConfigName);
        if (!File.Exists(path))
            throw new FileNotFoundException($"There is no LoRA adapter in '{folder}': no {ConfigName}. Give a folder that PEFT's save_pretrained wrote.", path);
        string weights = Path.Combine(folder, WeightsName);
        if (!File.Exists(weights))
            throw new FileNotFoundException($"The adapter '{folder}' has no {WeightsName}. Save it with safe_serialization=True; pickles are not read.", weights);
        (double alpha, bool stabilized, int? rank) = ReadConfig(path);
        Family family = Families.Find(model.Config.Family) ?? throw new ModelFormatException(folder, "", $"the model's family '{model.Config.Family}' has no names that an adapter could use.");
        var map = new WeightMap(model.Config);
        family.Map(map);
        var places = map.Tensors.Where(tensor => tensor.Columns > 0).ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        using SafetensorsFile file = SafetensorsFile.Open(weights);
        var problems = new List<string>();
        Dictionary<string, (SafetensorsEntry? Down, SafetensorsEntry? Up)> pairs = Pairs(file, problems);
        var parts = new Dictionary<string, List<Part>>(StringComparer.Ordinal);
        foreach ((string module, (SafetensorsEntry? down, SafetensorsEntry? up)) in pairs)
        {
            if (!places.TryGetValue($"{module}.weight", out FileTensor? place) && !places.TryGetValue($"{family.Prefix}{module}.weight", out place))
                problems.Add($"'{module}' is no projection of this model");
            else if (place.Ranges[0].Parameter is "embedding.weight" or "head.weight" or "position_embedding.weight")
                problems.Add($"'{module}': changes of embeddings and output heads are not offered");
            else if (down is null || up is null)
                problems.Add($"'{module}' has only one of lora_A and lora_B");
            else if (down.Shape.Length != 2 || up.Shape.Length != 2 || down.Shape[0] != up.Shape[1] || down.Shape[0] < 1 || down.Shape[1] != place.Columns || up.Shape[0] != place.Rows)
                problems.Add($"'{module}': {down} and {up} do not change a matrix [{place.Rows}, {place.Columns}]: it was made for another model");
            else if (rank is { } said && down.Shape[0] != said)
                problems.Add($"'{module}' has the rank {down.Shape[0]}; {ConfigName} says r = {said}");
            else if (!down.Type.IsConvertible() || !up.Type.IsConvertible())
                problems.Add($"'{module}' is stored as {down.Type}, which is not converted; F32, F16, BF16 and F64 are");
            else
                Take(place, down, up, alpha / (stabilized ? Math.Sqrt(down.Shape[0]) : down.Shape[0]));
        }
        if (problems.Count > 0)
            throw new ModelFormatException(folder, WeightsName, $"the adapter does not fit the model: {string.Join("; ", problems.Take(MostListed))}{(problems.Count > MostListed ? $"; and {problems.Count - MostListed} more" : "")}.");
        return Build(name ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))), model, map, parts);

        void Take(FileTensor place, SafetensorsEntry down, SafetensorsEntry up, double scale)
        {
            string parameter = place.Ranges[0].Parameter;
            if (!parts.TryGetValue(parameter, out List<Part>? list))
                parts[parameter] = list = [];
            list.Add(new Part(place, (int)down.Shape[0], file.ReadSingles(down.Name), Array.ConvertAll(file.ReadSingles(up.Name), value => (float)(value * scale))));
        }
    }

    /// <summary>A change of some rows of a parameter.</summary>
    private sealed record Part(FileTensor Place, int Rank, float[] Down, float[] Up);

    // Changes of queries, keys and values (gate and up) stand in one matrix: A's below each other, B's in the rows and columns of their own.
    private static LoraAdapter Build(string name, Decoder model, WeightMap map, Dictionary<string, List<Part>> parts)
    {
        var adapter = new LoraAdapter(name, model);
        foreach ((string parameter, List<Part> list) in parts)
        {
            int rank = list.Sum(part => part.Rank), columns = list[0].Place.Columns, first = 0;
            int rows = map.Tensors.Where(tensor => tensor.Columns > 0).SelectMany(tensor => tensor.Ranges).Where(range => range.Parameter == parameter).Sum(range => range.Rows);
            var up = new float[rows * rank];
            foreach (Part part in list)
            {
                foreach (RowRange range in part.Place.Ranges)
                {
                    for (int i = 0; i < range.Rows; i++)
                        part.Up.AsSpan((range.FileRow + i) * part.Rank, part.Rank).CopyTo(up.AsSpan((range.ParameterRow + i) * rank + first));
                }
                first += part.Rank;
            }
            adapter.Add(parameter, list.SelectMany(part => part.Down).ToArray(), up, rank, rows, columns);
        }
        return adapter;
    }

    private static Dictionary<string, (SafetensorsEntry? Down, SafetensorsEntry? Up)> Pairs(SafetensorsFile file, List<string> problems)
    {
        var pairs = new Dictionary<string, (SafetensorsEntry? Down, SafetensorsEntry? Up)>(StringComparer.Ordinal);
        foreach (SafetensorsEntry entry in file.Entries)
        {
            string name = entry.Name.StartsWith(Prefix, StringComparison.Ordinal) ? entry.Name[Prefix.Length..] : entry.Name;
            int a = name.IndexOf(".lora_A.", StringComparison.Ordinal), b = name.IndexOf(".lora_B.", StringComparison.Ordinal), at = Math.Max(a, b);
            if (at < 0 || !name.EndsWith(".weight", StringComparison.Ordinal))
            {
                problems.Add($"'{entry.Name}' is neither lora_A nor lora_B of a projection");
                continue;
            }
            (SafetensorsEntry? down, SafetensorsEntry? up) = pairs.GetValueOrDefault(name[..at]);
            pairs[name[..at]] = a >= 0 ? (entry, up) : (down, entry);
        }
        return pairs;
    }

    private static (double Alpha, bool Stabilized, int? Rank) ReadConfig(string path)
    {
        if (new FileInfo(path) is { Exists: true, Length: > LargestConfig } large)
            throw new ModelFormatException(path, "", $"the file has {large.Length:N0} bytes; it is no {ConfigName}.");
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path), new JsonDocumentOptions { MaxDepth = 16 });
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
                throw new ModelFormatException(path, "", "the file is not a JSON object.");
            if (!root.TryGetProperty("peft_type", out JsonElement type) || type.ValueKind != JsonValueKind.String || type.GetString() != "LORA")
                throw new ModelFormatException(path, "peft_type", $"is {(type.ValueKind == JsonValueKind.Undefined ? "missing" : type.GetRawText())}; only \"LORA\" is read.");
            Refuse("use_dora", value => value.ValueKind != JsonValueKind.True, "weight-decomposed adapters are not offered");
            Refuse("lora_bias", value => value.ValueKind != JsonValueKind.True, "adapters with biases are not offered");
            Refuse("bias", value => value.ValueKind == JsonValueKind.String && value.GetString() == "none", "adapters with biases are not offered");
            Refuse("modules_to_save", value => value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 0, "modules that replace the model's are not offered");
            Refuse("layer_replication", value => value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 0, "models whose layers are repeated are not offered");
            Refuse("alpha_pattern", value => value.ValueKind == JsonValueKind.Object && !value.EnumerateObject().Any(), "scales of single modules are not offered");
            if (!root.TryGetProperty("lora_alpha", out JsonElement alpha) || alpha.ValueKind != JsonValueKind.Number || !double.IsFinite(alpha.GetDouble()))
                throw new ModelFormatException(path, "lora_alpha", "the number is missing; the change is multiplied by it over the rank.");
            // The rank of single modules may differ where a pattern says so.
            bool patterned = root.TryGetProperty("rank_pattern", out JsonElement pattern) && pattern.ValueKind == JsonValueKind.Object && pattern.EnumerateObject().Any();
            int? rank = !patterned && root.TryGetProperty("r", out JsonElement r) && r.ValueKind == JsonValueKind.Number && r.TryGetInt32(out int said) ? said : null;
            return (alpha.GetDouble(), root.TryGetProperty("use_rslora", out JsonElement stabilized) && stabilized.ValueKind == JsonValueKind.True, rank);

            void Refuse(string key, Func<JsonElement, bool> harmless, string problem)
            {
                if (root.TryGetProperty(key, out JsonElement value) && value.ValueKind != JsonValueKind.Null && !harmless(value))
                    throw new ModelFormatException(path, key, $"is {value.GetRawText()}; {problem}. Merge the adapter into the model instead.");
            }
        }
        catch (JsonException e)
        {
            throw new ModelFormatException(path, "", $"the file is not valid JSON: {e.Message.TrimEnd('.')}.", e);
        }
    }
}
