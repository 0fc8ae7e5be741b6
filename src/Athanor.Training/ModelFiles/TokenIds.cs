using System.Text.Json.Nodes;
using Athanor.Models.Configuration;
using Athanor.Models.HuggingFace;
using Athanor.Tokenizers;

namespace Athanor.Training.ModelFiles;

/// <summary>The begin, end and padding tokens in a model's config.json, without which other programs do not know where its texts end.</summary>
internal static class TokenIds
{
    /// <summary>Settings whose config.json names the tokenizer's tokens.</summary>
    public static ModelConfig Into(ModelConfig config, Tokenizer tokenizer)
    {
        var json = (JsonObject)JsonNode.Parse(HfCheckpoint.WriteConfig(config))!;
        foreach ((string key, int? id) in new[] { ("bos_token_id", tokenizer.BosId), ("eos_token_id", tokenizer.EosId), ("pad_token_id", tokenizer.PadId) })
        {
            if (id is { } known)
                json[key] = known;
        }
        return config with { Source = json.ToJsonString() };
    }
}
