using System.Text;
using System.Text.Json;
using Athanor.Models.Configuration;
using Athanor.Tensors;
using Athanor.Tensors.Safetensors;

namespace Athanor.Models.HuggingFace;

/// <summary>
/// Model folders as Hugging Face's transformers write them: <c>config.json</c>, <c>model.safetensors</c> or shards with their index, <c>generation_config.json</c>.
/// </summary>
public static partial class HfCheckpoint
{
    private const int MostListed = 20, LargestConfig = 16 << 20;

    /// <summary>The families that can be read and written, by <c>model_type</c>.</summary>
    public static IReadOnlyList<string> KnownFamilies { get; } = [.. Families.All.Select(family => family.Name)];

    /// <summary>Reads the settings of a folder (or of a config.json) without its weights.</summary>
    /// <param name="ignoredKeys">Keys of config.json that are known not to change the computation; unknown ones are refused.</param>
    /// <exception cref="ModelFormatException">The family or a key is not implemented, or the settings are impossible; every reason is named.</exception>
    public static ModelConfig ReadConfig(string path, IReadOnlyCollection<string>? ignoredKeys = null)
    {
        if (Directory.Exists(path))
            path = Path.Combine(path, "config.json");
        if (new FileInfo(path) is { Exists: true, Length: > LargestConfig } large)
            throw new ModelFormatException(path, "", $"the file has {large.Length:N0} bytes; more than {LargestConfig:N0} are not read. It is no config.json.");
        return Read(path, File.ReadAllBytes(path), ignoredKeys ?? []).Config;
    }

    /// <summary>
    /// Reads a model. Files are mapped and their rows copied once, straight into the fused parameters; bf16 into bf16 and fp32 into fp32 without conversion.
    /// </summary>
    /// <param name="type">Storage of matrices and embeddings: F32 or BF16; gains and biases are F32 in any case.</param>
    /// <param name="trainable">Gradients are wanted; a model that is only read starts faster and takes a third of the memory without them.</param>
    /// <param name="ignoredKeys">Keys of config.json that are known not to change the computation; unknown ones are refused.</param>
    /// <exception cref="ModelFormatException">As <see cref="ReadConfig"/>, or tensors are missing, left over or of another shape; all are listed.</exception>
    /// <exception cref="SafetensorsException">A weights file is damaged.</exception>
    public static Decoder Load(string folder, Device device, DType type = DType.BF16, bool trainable = true, IReadOnlyCollection<string>? ignoredKeys = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(device);
        string path = Path.Combine(folder, "config.json");
        (Family family, ModelConfig config, bool tieStated) = Read(path, File.ReadAllBytes(path), ignoredKeys ?? []);
        using SafetensorsSet set = SafetensorsSet.Open(folder);
        var names = new FileNames(family, set);
        if (!tieStated && !config.TieEmbeddings && !names.Has("lm_head.weight"))
            config = config with { TieEmbeddings = true };
        var map = new WeightMap(config);
        family.Map(map);
        Check(folder, family, config, map, names);
        var decoder = new Decoder(device, config, type, trainable: trainable);
        try
        {
            Dictionary<string, Parameter> parameters = decoder.Parameters.ToDictionary(parameter => parameter.Name, parameter => parameter.Value, StringComparer.Ordinal);
            var options = new ParallelOptions { CancellationToken = cancellation, MaxDegreeOfParallelism = Environment.ProcessorCount };
            // Each tensor has rows of its own, so they can be copied side by side.
            Parallel.ForEach(map.Tensors.OrderByDescending(tensor => (long)tensor.Rows * Math.Max(1, tensor.Columns)), options, tensor =>
            {
                names.TryFind(tensor.Name, out SafetensorsFile file, out SafetensorsEntry entry);
                Fill(tensor, file, entry, parameters);
            });
            return decoder;
        }
        catch
        {
            decoder.Dispose();
            throw;
        }
    }

    /// <summary>The type in which most of a folder's weights are stored; null where there are none.</summary>
    /// <exception cref="SafetensorsException">A weights file is damaged.</exception>
    public static SafetensorsType? StoredType(string folder)
    {
        using SafetensorsSet set = SafetensorsSet.Open(folder);
        return set.Files.SelectMany(file => file.Entries).GroupBy(entry => entry.Type).MaxBy(group => group.Sum(entry => entry.Count))?.Key;
    }

    /// <summary>Reads a tensor into the parameter rows that it is.</summary>
    internal static void Fill(FileTensor tensor, SafetensorsFile file, SafetensorsEntry entry, Dictionary<string, Parameter> parameters)
    {
        if (tensor.PlusOne)
        {
            float[] gains = file.ReadSingles(entry.Name);
            for (int i = 0; i < gains.Length; i++)
                gains[i] += 1;
            ParameterRows.Set(parameters[tensor.Ranges[0].Parameter], gains);
            return;
        }
        foreach (RowRange range in tensor.Ranges)
        {
            Parameter parameter = parameters[range.Parameter];
            if (tensor.Transposed)
                file.LoadColumns(entry, range.FileRow, parameter, range.ParameterRow, range.Rows);
            else
                file.LoadRows(entry, range.FileRow, parameter, range.ParameterRow, range.Rows);
        }
    }

    private static void Check(string folder, Family family, ModelConfig config, WeightMap map, FileNames names)
    {
        var problems = new List<string>();
        foreach (FileTensor tensor in map.Tensors)
        {
            if (!names.TryFind(tensor.Name, out _, out SafetensorsEntry entry))
                problems.Add($"'{tensor.Name}' [{string.Join(", ", tensor.Shape)}] is missing");
            else if (!entry.Shape.AsSpan().SequenceEqual(tensor.Shape))
                problems.Add($"'{entry.Name}' is [{string.Join(", ", entry.Shape)}]; config.json makes it [{string.Join(", ", tensor.Shape)}]");
            else if (!entry.Type.IsConvertible())
                problems.Add($"'{entry.Name}' is {entry.Type}, which is not converted; F32, F16, BF16 and F64 are");
        }
        foreach (string name in names.Unused(map))
        {
            if (family.IsBuffer(name) || (name == "lm_head.weight" && config.TieEmbeddings && names.SameBytes(name, map.Tensors[0].Name)))
                continue;
            problems.Add(name == "lm_head.weight" && config.TieEmbeddings ? "'lm_head.weight' is not the embedding, but config.json ties them; set tie_word_embeddings to false or remove the tensor" : $"'{name}' has no place in this model");
        }
        if (problems.Count == 0)
            return;
        string more = problems.Count > MostListed ? $"; and {problems.Count - MostListed} more" : "";
        throw new ModelFormatException(folder, "tensors", $"the weights are not those of a {family.Name} with this config.json: {string.Join("; ", problems.Take(MostListed))}{more}.");
    }

    private static (Family Family, ModelConfig Config, bool TieStated) Read(string path, byte[] json, IReadOnlyCollection<string> ignored)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 32, AllowDuplicateProperties = false });
        }
        catch (JsonException e)
        {
            throw new ModelFormatException(path, "", $"the file is not valid JSON: {e.Message.TrimEnd('.')}.", e);
        }
        using (document)
        {
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
                throw new ModelFormatException(path, "", "the file is not a JSON object. It is no config.json.");
            if (!root.TryGetProperty("model_type", out JsonElement type) || type.ValueKind != JsonValueKind.String)
                throw new ModelFormatException(path, "model_type", $"the key is missing; it names the family: {Families.List}.");
            string name = type.GetString()!;
            Family family = Families.Find(name)
                ?? throw new ModelFormatException(path, "model_type", $"the family '{name}' is not known; the nearest name is '{Families.Nearest(name)}', known are {Families.List}.");
            var reader = new ConfigReader(path, root);
            ModelConfig config = family.Read(reader);
            reader.Finish(ignored);
            bool large = config.Layers > 10_000 || Math.Max(config.HeadSize, Math.Max(config.FeedForwardWidth, config.ContextLength)) > 1 << 24 || (long)config.Heads * config.HeadSize > 1 << 24;
            if (large)
                reader.Problems.Add("more than 10,000 layers, or a size beyond 2^24, makes no model");
            reader.Problems.AddRange(config.Problems().Select(problem => problem.TrimEnd('.')));
            if (reader.Problems.Count > 0)
                throw new ModelFormatException(path, "", $"{string.Join("; ", reader.Problems.Take(MostListed))}.");
            return (family, config with { Source = Encoding.UTF8.GetString(json) }, reader.Has("tie_word_embeddings"));
        }
    }
}
