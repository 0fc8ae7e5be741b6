using System.Text.Json.Nodes;
using Athanor.Models.Configuration;

namespace Athanor.Models.HuggingFace;

/// <summary>
/// <c>rope_theta</c> and <c>rope_scaling</c>, whose method is <c>type</c> in older files and <c>rope_type</c> in newer ones; the newest hold both in <c>rope_parameters</c>.
/// </summary>
internal static class RopeKeys
{
    private static readonly (string Name, RopeScalingKind Kind)[] Kinds =
    [
        ("linear", RopeScalingKind.Linear), ("ntk", RopeScalingKind.Ntk), ("dynamic", RopeScalingKind.DynamicNtk), ("yarn", RopeScalingKind.Yarn), ("llama3", RopeScalingKind.Llama3),
    ];

    public static ModelConfig Read(ModelConfig config, ConfigReader reader, double theta = 10000)
    {
        double given = reader.Number("rope_theta", theta);
        if (reader.Part("rope_parameters") is { } parameters)
            return config with { RopeTheta = parameters.Number("rope_theta", given), RopeScaling = Scaling(parameters), RotaryShare = parameters.Number("partial_rotary_factor", config.RotaryShare) };
        return config with { RopeTheta = given, RopeScaling = reader.Part("rope_scaling") is { } part ? Scaling(part) : null };
    }

    public static void Write(ModelConfig config, ConfigWriter writer)
    {
        JsonObject? nested = writer.Root["rope_parameters"] as JsonObject;
        (nested is null ? writer : new ConfigWriter(nested)).Set("rope_theta", config.RopeTheta);
        if (config.RopeScaling is not { } scaling)
        {
            if (nested is not null)
                nested["rope_type"] = "default";
            else if (writer.Root.ContainsKey("rope_scaling"))
                writer.Root["rope_scaling"] = null;
            return;
        }
        JsonObject part = nested ?? writer.Root["rope_scaling"] as JsonObject ?? [];
        if (nested is null && !ReferenceEquals(writer.Root["rope_scaling"], part))
            writer.Root["rope_scaling"] = part;
        var inner = new ConfigWriter(part);
        string name = Kinds.FirstOrDefault(entry => entry.Kind == scaling.Kind).Name ?? "default";
        foreach (string key in (string[])["rope_type", "type"])
        {
            if (key == "rope_type" ? part.ContainsKey(key) || !part.ContainsKey("type") : part.ContainsKey(key))
                inner.Set(key, name);
        }
        inner.Set("factor", scaling.Factor);
        if (scaling.OriginalContextLength is { } original)
            inner.Set("original_max_position_embeddings", original);
        if (scaling.Kind == RopeScalingKind.Llama3)
        {
            inner.Set("low_freq_factor", scaling.LowFrequencyFactor);
            inner.Set("high_freq_factor", scaling.HighFrequencyFactor);
        }
        if (scaling.Kind != RopeScalingKind.Yarn)
            return;
        if (scaling.BetaFast != 32 || inner.Has("beta_fast"))
            inner.Set("beta_fast", scaling.BetaFast);
        if (scaling.BetaSlow != 1 || inner.Has("beta_slow"))
            inner.Set("beta_slow", scaling.BetaSlow);
        if (scaling.AttentionFactor is { } factor)
            inner.Set("attention_factor", factor);
    }

    private static RopeScaling? Scaling(ConfigReader part)
    {
        string name = part.Text("rope_type", part.Text("type", "default"));
        part.Ignore("type", "rope_theta", "partial_rotary_factor");
        if (name == "default")
        {
            part.Finish([]);
            return null;
        }
        int index = Array.FindIndex(Kinds, entry => entry.Name == name);
        if (index < 0)
        {
            part.Report($"rope_scaling has the method '{name}'; known are {string.Join(", ", Kinds.Select(entry => entry.Name))}");
            return null;
        }
        var scaling = new RopeScaling
        {
            Kind = Kinds[index].Kind,
            Factor = part.Number("factor", 1),
            OriginalContextLength = part.Has("original_max_position_embeddings") ? part.Size("original_max_position_embeddings") : null,
        };
        if (scaling.Kind == RopeScalingKind.Llama3)
            scaling = scaling with { LowFrequencyFactor = part.Number("low_freq_factor", 1), HighFrequencyFactor = part.Number("high_freq_factor", 4) };
        if (scaling.Kind == RopeScalingKind.Yarn)
        {
            scaling = scaling with
            {
                BetaFast = part.Number("beta_fast", 32),
                BetaSlow = part.Number("beta_slow", 1),
                AttentionFactor = part.Has("attention_factor") ? part.Number("attention_factor", 1) : null,
            };
            part.Only("truncate", "true");
            // As in transformers, the two count together or not at all.
            if (part.Has("mscale") & part.Has("mscale_all_dim"))
                scaling = scaling with { AttentionFactor = scaling.AttentionFactor ?? Magnitude(scaling.Factor, part.Number("mscale", 1)) / Magnitude(scaling.Factor, part.Number("mscale_all_dim", 0)) };
        }
        part.Finish([]);
        return scaling;
    }

    // DeepSeek's two factors of cosines and sines.
    private static double Magnitude(double factor, double scale) => factor <= 1 ? 1 : 0.1 * scale * Math.Log(factor) + 1;
}
