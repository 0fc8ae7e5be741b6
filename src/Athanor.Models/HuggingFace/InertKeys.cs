using System.Collections.Frozen;

namespace Athanor.Models.HuggingFace;

/// <summary>Keys of <c>config.json</c> that do not change what a decoder computes from its tokens.</summary>
internal static class InertKeys
{
    private static readonly FrozenSet<string> Keys = FrozenSet.ToFrozenSet(
    [
        "_name_or_path", "name_or_path", "architectures", "auto_map", "model_type", "transformers_version", "torch_dtype", "dtype", "use_cache", "return_dict", "return_dict_in_generate",
        "output_attentions", "output_hidden_states", "tie_word_embeddings", "tokenizer_class", "tokenizer_type", "task_specific_params", "id2label", "label2id", "problem_type", "num_labels", "finetuning_task",
        "bos_token_id", "eos_token_id", "pad_token_id", "unk_token_id", "sep_token_id", "cls_token_id", "decoder_start_token_id", "onnx_safe", "licence", "license", "torchscript",
        "initializer_range", "initializer_cutoff_factor", "init_std", "init_method", "init_config", "init_device", "gradient_checkpointing", "keys_to_ignore_at_inference",
        "attention_dropout", "hidden_dropout", "attn_pdrop", "embd_pdrop", "emb_pdrop", "resid_pdrop", "residual_dropout", "emb_dropout_prob", "attn_dropout_prob", "dropout", "embedding_dropout",
        "summary_type", "summary_use_proj", "summary_activation", "summary_proj_to_labels", "summary_first_dropout", "chunk_size_feed_forward", "is_encoder_decoder", "is_decoder",
        "max_length", "min_length", "do_sample", "temperature", "top_k", "top_p", "typical_p", "repetition_penalty", "length_penalty", "num_beams", "no_repeat_ngram_size", "max_new_tokens", "max_window_size",
        "_attn_implementation", "attn_implementation", "_attn_implementation_autoset", "use_flash_attn", "use_flash_attention_2", "use_mem_efficient_attention", "use_unpad", "unsloth_version", "unsloth_fixed", "verbose", "fused_ops",
        "tf_legacy_loss", "use_bfloat16", "pruned_heads", "_commit_hash", "prefix", "bad_words_ids", "early_stopping", "diversity_penalty",
    ]);

    public static IReadOnlyCollection<string> All => Keys;

    public static bool Contains(string key) => Keys.Contains(key);
}
