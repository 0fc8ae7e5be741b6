using Athanor.Models.Configuration;

namespace Athanor.Models.HuggingFace;

/// <summary>
/// Falcon: attention and feed-forward part side by side. 7B: one key head, one norm for both; 40B ("new decoder"): grouped key heads, two norms; the RefinedWeb
/// models: one after the other with ALiBi (arXiv 2311.16867).
/// </summary>
internal sealed class FalconFamily : Family
{
    public override string Name => "falcon";

    public override string Architecture => "FalconForCausalLM";

    public override string Prefix => "transformer.";

    public override bool TiedByDefault => true;

    public override ModelConfig Read(ConfigReader reader)
    {
        bool grouped = reader.Flag("new_decoder_architecture", false), parallel = reader.Flag("parallel_attn", true) || grouped, single = reader.Flag("multi_query", true);
        bool alibi = reader.Flag("alibi", false), bias = reader.Flag("bias", false);
        int heads = reader.Size("num_attention_heads"), width = reader.Size("hidden_size"), norms = reader.Size("num_ln_in_parallel_attn", grouped ? 2 : 1), head = Math.Max(1, width / heads);
        if (norms > 2 || (norms == 2 && !grouped))
            reader.Report($"num_ln_in_parallel_attn is {norms}; 1, or 2 with new_decoder_architecture, is implemented");
        int shared = reader.Size("num_kv_heads", heads);
        var config = new ModelConfig
        {
            Family = Name,
            VocabularySize = reader.Size("vocab_size"),
            Width = width,
            Layers = reader.Size("num_hidden_layers"),
            Heads = heads,
            KeyValueHeads = grouped ? shared : single ? 1 : heads,
            FeedForwardWidth = reader.Size("ffn_hidden_size", 4 * width),
            ContextLength = reader.Size("max_position_embeddings", 2048),
            Norm = NormKind.Layer,
            NormBias = true,
            NormEpsilon = (float)reader.Number("layer_norm_epsilon", 1e-5),
            Layout = !parallel ? BlockLayout.PreNorm : norms == 2 ? BlockLayout.Parallel : BlockLayout.ParallelSharedNorm,
            FeedForward = reader.Activation("activation", "gelu", gated: false),
            QkvBias = bias,
            AttentionOutputBias = bias,
            FeedForwardBias = bias,
            Position = alibi ? PositionKind.Alibi : PositionKind.Rotary,
            AlibiScale = alibi ? 1 / MathF.Sqrt(head) : 1,
            TieEmbeddings = reader.Flag("tie_word_embeddings", TiedByDefault),
        };
        return RopeKeys.Read(config, reader);
    }

    public override void Write(ModelConfig config, ConfigWriter writer)
    {
        bool single = config.KeyValueHeads == 1, grouped = config.Layout == BlockLayout.Parallel || (!single && config.KeyValueHeads != config.Heads) || (writer.Root["new_decoder_architecture"] is { } old && (bool)old);
        writer.Set("vocab_size", config.VocabularySize);
        writer.Set("hidden_size", config.Width);
        writer.Set("num_hidden_layers", config.Layers);
        writer.Set("num_attention_heads", config.Heads);
        if (grouped)
            writer.Set("num_kv_heads", config.KeyValueHeads);
        if (config.FeedForwardWidth != 4 * config.Width || writer.Has("ffn_hidden_size"))
            writer.Set("ffn_hidden_size", config.FeedForwardWidth);
        if (grouped)
            writer.Set("num_ln_in_parallel_attn", config.Layout == BlockLayout.Parallel ? 2 : 1);
        if (config.ContextLength != 2048 || writer.Has("max_position_embeddings"))
            writer.Set("max_position_embeddings", config.ContextLength);
        writer.Set("layer_norm_epsilon", config.NormEpsilon);
        writer.Set("new_decoder_architecture", grouped);
        writer.Set("parallel_attn", config.Layout != BlockLayout.PreNorm);
        writer.Set("multi_query", single || grouped);
        writer.Set("alibi", config.Position == PositionKind.Alibi);
        writer.Set("bias", config.QkvBias);
        if (Activations.NameOf(config.FeedForward, gated: false) != "gelu" || writer.Has("activation"))
            writer.Activation("activation", config.FeedForward, gated: false);
        if (!config.TieEmbeddings || writer.Has("tie_word_embeddings"))
            writer.Set("tie_word_embeddings", config.TieEmbeddings);
        RopeKeys.Write(config, writer);
    }

    public override void Map(WeightMap map)
    {
        ModelConfig config = map.Config;
        map.Embedding("transformer.word_embeddings.weight");
        for (int i = 0; i < config.Layers; i++)
        {
            string layer = $"layers.{i}", name = $"transformer.h.{i}";
            map.Norm($"{layer}.norm1", config.Layout == BlockLayout.Parallel ? $"{name}.ln_attn" : $"{name}.input_layernorm");
            if (config.Layout != BlockLayout.ParallelSharedNorm)
                map.Norm($"{layer}.norm2", config.Layout == BlockLayout.Parallel ? $"{name}.ln_mlp" : $"{name}.post_attention_layernorm");
            // With one key head the order is that of one group of all queries, without sharing that of groups of one.
            map.GroupedQkv(layer, $"{name}.self_attention.query_key_value");
            map.AttentionOutput(layer, $"{name}.self_attention.dense");
            map.FeedForward(layer, null, $"{name}.mlp.dense_h_to_4h", $"{name}.mlp.dense_4h_to_h");
        }
        map.Norm("norm", "transformer.ln_f");
        map.Head();
    }
}
