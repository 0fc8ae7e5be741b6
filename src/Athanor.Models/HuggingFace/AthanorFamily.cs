using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Athanor.Models.Configuration;

namespace Athanor.Models.HuggingFace;

/// <summary>
/// Settings that no published family has: every option under a key of its own in <c>athanor</c>, the parameters under their names here. Only this library reads such
/// a folder.
/// </summary>
internal sealed class AthanorFamily : Family
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false) },
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        IgnoreReadOnlyProperties = true,
        MaxDepth = 8,
    };

    public override string Name => "athanor";

    public override string Architecture => "AthanorDecoder";

    public override string Prefix => "";

    public override ModelConfig Read(ConfigReader reader)
    {
        var nothing = new ModelConfig { VocabularySize = 1, Width = 2, Layers = 1, Heads = 1, FeedForwardWidth = 1, ContextLength = 1 };
        if (reader.Raw("athanor") is not { } part)
        {
            reader.Report("athanor is missing: the object with the settings");
            return nothing;
        }
        try
        {
            return part.Deserialize<ModelConfig>(Options) is { } config ? config with { Family = Name, Source = null } : nothing;
        }
        catch (JsonException e)
        {
            reader.Report(string.Create(CultureInfo.InvariantCulture, $"athanor{e.Path?.TrimStart('$')}: {e.Message}"));
            return nothing;
        }
    }

    public override void Write(ModelConfig config, ConfigWriter writer) => writer.Root["athanor"] = JsonSerializer.SerializeToNode(config with { Source = null }, Options);

    // Parameters are saved as they are, fused, rotary pairs in their own order.
    public override void Map(WeightMap map)
    {
        ModelConfig config = map.Config;
        int query = config.Heads * config.HeadSize, shared = config.KeyValueHeads * config.HeadSize;
        map.Embedding("embedding.weight");
        if (config.Position == PositionKind.Learned)
            map.Whole("position_embedding.weight", "position_embedding.weight", config.ContextLength, config.Width);
        for (int i = 0; i < config.Layers; i++)
        {
            string layer = $"layers.{i}", attention = $"{layer}.attention", feedForward = $"{layer}.feed_forward";
            map.Norm($"{layer}.norm1", $"{layer}.norm1");
            map.Linear($"{attention}.qkv", $"{attention}.qkv", query + 2 * shared, config.Width, config.QkvBias);
            map.AttentionOutput(layer, $"{attention}.out");
            if (config.QkNorm != QkNormKind.None)
            {
                bool perHead = config.QkNorm == QkNormKind.PerHead;
                map.Whole($"{attention}.q_norm.weight", $"{attention}.q_norm.weight", perHead ? config.HeadSize : query);
                map.Whole($"{attention}.k_norm.weight", $"{attention}.k_norm.weight", perHead ? config.HeadSize : shared);
            }
            if (config.Layout != BlockLayout.ParallelSharedNorm)
                map.Norm($"{layer}.norm2", $"{layer}.norm2");
            string up = config.Gated ? $"{feedForward}.gate_up" : $"{feedForward}.up";
            map.Linear(up, up, (config.Gated ? 2 : 1) * config.FeedForwardWidth, config.Width, config.FeedForwardBias);
            map.Linear($"{feedForward}.down", $"{feedForward}.down", config.Width, config.FeedForwardWidth, config.FeedForwardBias);
        }
        map.Norm("norm", "norm");
        map.Head("head.weight");
    }
}
