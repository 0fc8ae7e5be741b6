using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Athanor.Models;
using Athanor.Models.Configuration;
using Athanor.Models.HuggingFace;
using Athanor.Tensors;
using Athanor.Tensors.Safetensors;

namespace Athanor.Inference.Quantization;

/// <summary>Reads folders that <see cref="ModelQuantizer"/> writes (bitsandbytes NF4 and int8, GPTQ version 1, AWQ "gemm"); the weights are decoded.</summary>
public static class QuantizedCheckpoint
{
    private const string Key = "quantization_config";

    /// <summary>Whether a folder's config.json says that it is quantized.</summary>
    public static bool Is(string folder) => Settings(folder) is not null;

    /// <summary>Reads a model.</summary>
    /// <param name="type">F32 or BF16: what the weights are decoded to.</param>
    /// <exception cref="ModelFormatException">The method is not one that is read, or tensors are missing or do not belong together.</exception>
    public static Decoder Load(string folder, Device device, DType type = DType.F32, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(folder);
        string path = Path.Combine(folder, "config.json");
        JsonObject settings = Settings(folder) ?? throw new ModelFormatException(path, Key, "is missing: the folder is not quantized.");
        ModelConfig config = HfCheckpoint.ReadConfig(folder, [Key]);
        var decoder = new Decoder(device, config, type, trainable: false);
        try
        {
            (List<LinearLayer> layers, IReadOnlyList<FileTensor> all) = LinearLayer.Of(decoder);
            using SafetensorsSet set = SafetensorsSet.Open(folder);
            Dictionary<string, Parameter> parameters = decoder.Parameters.ToDictionary(parameter => parameter.Name, parameter => parameter.Value, StringComparer.Ordinal);
            foreach (FileTensor tensor in all.Where(tensor => !LinearLayer.IsLinear(tensor)))
            {
                (SafetensorsFile file, SafetensorsEntry entry) = Find(set, folder, tensor.Name);
                if (!entry.Shape.AsSpan().SequenceEqual(tensor.Shape))
                    throw new ModelFormatException(folder, tensor.Name, $"is [{string.Join(", ", entry.Shape)}]; config.json makes it [{string.Join(", ", tensor.Shape)}].");
                HfCheckpoint.Fill(tensor, file, entry, parameters);
            }
            foreach (LinearLayer layer in layers)
            {
                cancellation.ThrowIfCancellationRequested();
                layer.Write(Decode(set, folder, settings, layer));
            }
            return decoder;
        }
        catch (InvalidDataException e)
        {
            decoder.Dispose();
            throw new ModelFormatException(folder, "tensors", e.Message, e);
        }
        catch
        {
            decoder.Dispose();
            throw;
        }
    }

    private static float[] Decode(SafetensorsSet set, string folder, JsonObject settings, LinearLayer layer)
    {
        var weights = new float[layer.Rows * layer.Columns];
        byte[] Bytes(string name)
        {
            (SafetensorsFile file, SafetensorsEntry entry) = Find(set, folder, name);
            return file.Bytes(entry).ToArray();
        }
        float[] Numbers(string name)
        {
            (SafetensorsFile file, SafetensorsEntry entry) = Find(set, folder, name);
            return file.ReadSingles(entry.Name);
        }
        uint[] Integers(string name) => MemoryMarshal.Cast<byte, uint>(Bytes(name)).ToArray();
        string? method = (string?)settings["quant_method"];
        int bits = (int?)settings["bits"] ?? 4, group = (int?)settings["group_size"] ?? 128;
        switch (method)
        {
            case "bitsandbytes" when (bool?)settings["load_in_4bit"] == true && (string?)settings["bnb_4bit_quant_type"] == "nf4":
                BitsAndBytes.ReadNf4(Bytes, Numbers, name => set.TryFind(name, out _, out _), layer.Name, weights);
                break;
            case "bitsandbytes" when (bool?)settings["load_in_8bit"] == true:
                BitsAndBytes.ReadInt8(Bytes, Numbers, layer.Name, layer.Columns, weights);
                break;
            case "gptq" when bits is 2 or 4 or 8 && (string?)settings["checkpoint_format"] is null or "gptq":
                GroupPacking.ReadGptq(Integers, Numbers, layer.Name, layer.Rows, layer.Columns, bits, weights);
                break;
            case "awq" when bits == 4 && (string?)settings["version"] is "gemm" or "GEMM":
                GroupPacking.ReadAwq(Integers, Numbers, layer.Name, layer.Rows, layer.Columns, group, weights);
                break;
            default:
                throw new ModelFormatException(Path.Combine(folder, "config.json"), Key, $"says {settings.ToJsonString()}; read are bitsandbytes' NF4 and int8, GPTQ of 2, 4 or 8 bits (format gptq), AWQ of 4 bits (version gemm).");
        }
        return weights;
    }

    private static (SafetensorsFile File, SafetensorsEntry Entry) Find(SafetensorsSet set, string folder, string name) =>
        set.TryFind(name, out SafetensorsFile file, out SafetensorsEntry entry) ? (file, entry) : throw new ModelFormatException(folder, name, "is missing.");

    private static JsonObject? Settings(string folder)
    {
        string path = Path.Combine(folder, "config.json");
        try
        {
            return File.Exists(path) && JsonNode.Parse(File.ReadAllBytes(path)) is JsonObject config ? config[Key] as JsonObject : null;
        }
        catch (System.Text.Json.JsonException e)
        {
            throw new ModelFormatException(path, "", $"the file is not valid JSON: {e.Message}", e);
        }
    }
}
