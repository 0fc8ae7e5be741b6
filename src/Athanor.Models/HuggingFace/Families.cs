using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Athanor.Models.Configuration;

namespace Athanor.Models.HuggingFace;

/// <summary>The families by <c>model_type</c>.</summary>
internal static class Families
{
    private static readonly PropertyInfo[] Compared = [.. typeof(ModelConfig).GetProperties().Where(property => property.Name is not (nameof(ModelConfig.Source) or nameof(ModelConfig.Family) or nameof(ModelConfig.AttentionScale)))];

    public static IReadOnlyList<Family> All { get; } =
    [
        new LlamaFamily(), new MistralFamily(), new Qwen2Family(), new Qwen3Family(), new GraniteFamily(), new GemmaFamily(), new OlmoFamily(), new Olmo2Family(),
        new Gpt2Family(), new GptBigCodeFamily(), new BtlmFamily(), new FalconFamily(), new MptFamily(), new QwenFamily(), new AthanorFamily(),
    ];

    public static Family? Find(string name) => All.FirstOrDefault(family => family.Name == name);

    public static string List => string.Join(", ", All.Select(family => family.Name));

    /// <summary>The family whose name is nearest by edits.</summary>
    public static string Nearest(string name) => All.MinBy(family => Distance(family.Name, name))!.Name;

    /// <summary>The config.json of the settings: the source's where it is of the same family, with the keys that this library knows set anew.</summary>
    public static JsonObject Write(Family family, ModelConfig config)
    {
        JsonObject? root = null;
        if (config.Source is { } source && JsonNode.Parse(source) is JsonObject old && old["model_type"] is JsonValue type && type.TryGetValue(out string? name) && name == family.Name)
            root = old;
        root ??= new JsonObject { ["architectures"] = new JsonArray(family.Architecture), ["model_type"] = family.Name };
        family.Write(config, new ConfigWriter(root));
        return root;
    }

    /// <summary>What the family's config.json cannot say of the settings; empty when it says all.</summary>
    public static IReadOnlyList<string> Losses(Family family, ModelConfig config, JsonObject written)
    {
        using JsonDocument document = JsonDocument.Parse(written.ToJsonString());
        var reader = new ConfigReader("config.json", document.RootElement);
        ModelConfig read = family.Read(reader);
        reader.Finish([]);
        // Rotary pairs are reordered with the weights.
        ModelConfig wanted = family is AthanorFamily ? config : config with { RopeInterleaved = false };
        var losses = new List<string>(reader.Problems.Where(problem => config.Source is null || !problem.Contains("is not known", StringComparison.Ordinal)));
        foreach (PropertyInfo property in Compared)
        {
            object? want = property.GetValue(wanted), have = property.GetValue(read);
            if (!Equals(want, have) && !(want is float a && have is float b && MathF.Abs(a - b) <= 1e-6f * MathF.Abs(a)))
                losses.Add($"{property.Name} = {want ?? "none"} (it would be read as {have ?? "none"})");
        }
        float scale = config.AttentionScale ?? 1 / MathF.Sqrt(config.HeadSize), other = read.AttentionScale ?? 1 / MathF.Sqrt(read.HeadSize);
        if (MathF.Abs(scale - other) > 1e-6f * MathF.Abs(scale))
            losses.Add($"{nameof(ModelConfig.AttentionScale)} = {scale} (it would be read as {other})");
        return losses;
    }

    /// <summary>The families whose config.json says all of the settings.</summary>
    public static IEnumerable<string> Holding(ModelConfig config)
    {
        ModelConfig plain = config with { Source = null };
        return All.Where(family => Losses(family, plain, Write(family, plain)).Count == 0).Select(family => family.Name);
    }

    private static int Distance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int corner = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
                (corner, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, corner + (a[i - 1] == b[j - 1] ? 0 : 1)));
        }
        return row[^1];
    }
}
