using Athanor.Models.Configuration;

namespace Athanor.Models.HuggingFace;

/// <summary>StarCoder 1 and SantaCoder: a GPT-2 with one key head for all queries and matrices stored [out, in] (arXiv 2305.06161).</summary>
internal sealed class GptBigCodeFamily : Gpt2Family
{
    public override string Name => "gpt_bigcode";

    public override string Architecture => "GPTBigCodeForCausalLM";

    protected override bool Transposed => false;

    public override ModelConfig Read(ConfigReader reader)
    {
        reader.Ignore("n_ctx", "attention_softmax_in_fp32", "scale_attention_softmax_in_fp32", "inference_runner", "max_batch_size", "max_sequence_length", "pad_key_length", "pre_allocate_kv_cache", "validate_runner_input");
        reader.Only("scale_attn_weights", "true");
        reader.Only("add_cross_attention", "false");
        ModelConfig config = Sizes(reader) with { FeedForward = reader.Activation("activation_function", "gelu_pytorch_tanh", gated: false) };
        return config with { KeyValueHeads = reader.Flag("multi_query", true) ? 1 : config.Heads };
    }

    public override void Write(ModelConfig config, ConfigWriter writer)
    {
        base.Write(config, writer);
        writer.Set("multi_query", config.KeyValueHeads == 1);
    }

    // Without multi-query each head's query, key and value lie together.
    protected override void Qkv(WeightMap map, string layer, string name)
    {
        if (map.Config.KeyValueHeads == 1)
            map.StackedQkv(layer, name);
        else
            map.GroupedQkv(layer, name);
    }
}
