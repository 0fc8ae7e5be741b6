using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Athanor.Tensors.Safetensors;

namespace Athanor.Models.Tests.HuggingFace;

/// <summary>A tiny checkpoint whose logits reference.py computed with PyTorch; the weights are functions of their names.</summary>
internal sealed class GoldenCase
{
    private readonly JsonObject _root;

    private GoldenCase(JsonObject root) => _root = root;

    public static TheoryData<string> Names => [.. typeof(GoldenCase).Assembly.GetManifestResourceNames().Where(name => name.StartsWith("golden/", StringComparison.Ordinal)).Select(name => name["golden/".Length..]).Order(StringComparer.Ordinal)];

    public JsonObject Config => _root["config"]!.AsObject();

    public int[] Ids => _root["ids"].Deserialize<int[]>()!;

    public float[] Logits => _root["logits"].Deserialize<float[]>()!;

    public JsonArray Tensors => _root["tensors"]!.AsArray();

    public static GoldenCase Load(string name)
    {
        using Stream stream = typeof(GoldenCase).Assembly.GetManifestResourceStream($"golden/{name}")!;
        return new GoldenCase(JsonNode.Parse(stream)!.AsObject());
    }

    /// <summary>Writes the checkpoint's folder.</summary>
    public void Write(string folder, SafetensorsType type = SafetensorsType.F32, long shardBytes = 1L << 40)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "config.json"), Config.ToJsonString());
        var sources = new List<SafetensorsSource>();
        foreach (JsonNode? tensor in Tensors)
        {
            (string name, long[] shape, bool gain) = (tensor![0]!.GetValue<string>(), tensor[1].Deserialize<long[]>()!, tensor[2]!.GetValue<bool>());
            sources.Add(SafetensorsSource.Of(name, type, shape, Encode(Values(name, shape, gain), type)));
        }
        SafetensorsSet.Save(folder, sources, shardBytes, new Dictionary<string, string> { ["format"] = "pt" });
    }

    /// <summary>As in reference.py: numbers that F32, F16 and BF16 hold exactly.</summary>
    public static float[] Values(string name, long[] shape, bool gain)
    {
        ulong seed = 14695981039346656037;
        foreach (byte b in Encoding.UTF8.GetBytes(name))
            seed = (seed ^ b) * 1099511628211;
        var values = new float[shape.Aggregate(1L, (a, b) => a * b)];
        for (int i = 0; i < values.Length; i++)
        {
            ulong z = seed + (ulong)(i + 1) * 0x9E3779B97F4A7C15;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            z ^= z >> 31;
            int number = (int)(z >> 57) - 64;
            values[i] = gain ? 1 + (number >> 1) / 128f : number / 256f;
        }
        return values;
    }

    private static byte[] Encode(float[] values, SafetensorsType type) => type switch
    {
        SafetensorsType.F32 => MemoryMarshal.AsBytes(values.AsSpan()).ToArray(),
        SafetensorsType.F16 => MemoryMarshal.AsBytes(Array.ConvertAll(values, value => (Half)value).AsSpan()).ToArray(),
        _ => MemoryMarshal.AsBytes(Array.ConvertAll(values, value => (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16)).AsSpan()).ToArray(),
    };
}
