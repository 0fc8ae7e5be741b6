using System.Text.Json.Nodes;
using Athanor.Models.Configuration;
using Athanor.Tensors;
using Athanor.Tensors.Safetensors;

namespace Athanor.Models.HuggingFace;

public static partial class HfCheckpoint
{
    /// <summary>Most bytes of tensors in a file, where a save does not say: 5 GB, as transformers cuts.</summary>
    public const long DefaultShardBytes = 5_000_000_000;

    /// <summary>
    /// Writes a model as its family's folder. A new folder appears whole or not at all; in an existing one each file is replaced whole, weights first, and files that
    /// are not written here (tokenizer, generation settings, notes) stay. The same model gives the same bytes.
    /// </summary>
    /// <param name="type">F32, F16 or BF16 for all tensors; null keeps each parameter in its own type.</param>
    /// <param name="family">Another family than the settings'; it must be able to say all of them.</param>
    /// <exception cref="ArgumentException">The family cannot say some setting; the message names it and the families that can.</exception>
    /// <exception cref="IOException">The disk is full or the folder cannot be written.</exception>
    public static void Save(Decoder decoder, string folder, SafetensorsType? type = null, string? family = null, long shardBytes = DefaultShardBytes, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(decoder);
        ArgumentNullException.ThrowIfNull(folder);
        if (type is not (null or SafetensorsType.F32 or SafetensorsType.F16 or SafetensorsType.BF16))
            throw new ArgumentException($"Weights are saved as F32, F16 or BF16, not as {type}.", nameof(type));
        (Family target, JsonObject config) = Describe(decoder.Config, family);
        SetType(config, (type ?? decoder.DType.ToSafetensors()) switch { SafetensorsType.F32 => "float32", SafetensorsType.F16 => "float16", _ => "bfloat16" });
        folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        bool isNew = !Directory.Exists(folder);
        string place = isNew ? $"{folder}.{Guid.NewGuid():N}.tmp" : folder;
        try
        {
            SafetensorsSet.Save(place, Sources(decoder, target, type), shardBytes, new Dictionary<string, string> { ["format"] = "pt" }, cancellation);
            if (!File.Exists(Path.Combine(place, "generation_config.json")))
                AtomicFile.Write(Path.Combine(place, "generation_config.json"), new ConfigWriter(Generation(config)).ToBytes());
            AtomicFile.Write(Path.Combine(place, "config.json"), new ConfigWriter(config).ToBytes());
            if (isNew)
                Directory.Move(place, folder);
        }
        catch when (isNew)
        {
            if (Directory.Exists(place))
                Directory.Delete(place, recursive: true);
            throw;
        }
    }

    /// <summary>The <c>config.json</c> of settings.</summary>
    /// <exception cref="ArgumentException">The family cannot say some setting; the message names it and the families that can.</exception>
    public static string WriteConfig(ModelConfig config, string? family = null)
    {
        ArgumentNullException.ThrowIfNull(config);
        return System.Text.Encoding.UTF8.GetString(new ConfigWriter(Describe(config, family).Config).ToBytes());
    }

    /// <summary>The families whose config.json can say all of the settings; <c>athanor</c> always can.</summary>
    public static IReadOnlyList<string> FamiliesFor(ModelConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return [.. Families.Holding(config)];
    }

    private static (Family Family, JsonObject Config) Describe(ModelConfig config, string? name)
    {
        name ??= config.Family;
        Family family = Families.Find(name) ?? throw new ArgumentException($"The family '{name}' is not known; the nearest name is '{Families.Nearest(name)}', known are {Families.List}.");
        JsonObject json = Families.Write(family, config);
        if (Families.Losses(family, config, json) is { Count: > 0 } losses)
            throw new ArgumentException($"A config.json of the family '{name}' cannot say {string.Join(", ", losses)}. Families that can: {string.Join(", ", Families.Holding(config))}.");
        return (family, json);
    }

    private static void SetType(JsonObject config, string type)
    {
        // transformers 5 calls torch_dtype dtype.
        string key = config.ContainsKey("dtype") && !config.ContainsKey("torch_dtype") ? "dtype" : "torch_dtype";
        new ConfigWriter(config).Set(key, type);
    }

    private static JsonObject Generation(JsonObject config)
    {
        var generation = new JsonObject { ["_from_model_config"] = true };
        foreach (string key in (string[])["bos_token_id", "eos_token_id", "pad_token_id"])
        {
            if (config[key] is { } value)
                generation[key] = value.DeepClone();
        }
        return generation;
    }

    private static List<SafetensorsSource> Sources(Decoder decoder, Family family, SafetensorsType? type)
    {
        Dictionary<string, Parameter> parameters = decoder.Parameters.ToDictionary(parameter => parameter.Name, parameter => parameter.Value, StringComparer.Ordinal);
        var map = new WeightMap(decoder.Config);
        family.Map(map);
        return [.. map.Tensors.Select(tensor =>
        {
            SafetensorsType stored = type ?? parameters[tensor.Ranges[0].Parameter].DType.ToSafetensors();
            return new SafetensorsSource(tensor.Name, stored, tensor.Shape, (stream, cancellation) => WriteTensor(stream, tensor, stored, parameters, cancellation));
        })];
    }

    /// <summary>Writes a tensor in the form of the file.</summary>
    internal static void WriteTensor(Stream stream, FileTensor tensor, SafetensorsType type, Dictionary<string, Parameter> parameters, CancellationToken cancellation)
    {
        if (tensor.Transposed || tensor.PlusOne)
        {
            stream.Write(Rearranged(tensor, type, parameters));
            return;
        }
        foreach (RowRange range in tensor.Ranges)
            ParameterRows.Write(stream, parameters[range.Parameter], range.ParameterRow, range.Rows, type, cancellation);
    }

    private static byte[] Rearranged(FileTensor tensor, SafetensorsType type, Dictionary<string, Parameter> parameters)
    {
        int columns = Math.Max(1, tensor.Columns);
        var values = new float[(long)tensor.Rows * columns];
        foreach (RowRange range in tensor.Ranges)
            ParameterRows.Read(parameters[range.Parameter], range.ParameterRow, range.Rows, values.AsSpan(range.FileRow * columns, range.Rows * columns));
        if (tensor.PlusOne)
        {
            for (int i = 0; i < values.Length; i++)
                values[i] -= 1;
        }
        if (tensor.Transposed)
        {
            var turned = new float[values.Length];
            for (int row = 0; row < tensor.Rows; row++)
            {
                for (int column = 0; column < columns; column++)
                    turned[(long)column * tensor.Rows + row] = values[(long)row * columns + column];
            }
            values = turned;
        }
        var bytes = new byte[(long)values.Length * type.Bits() / 8];
        ParameterRows.Encode(values, type, bytes);
        return bytes;
    }
}
