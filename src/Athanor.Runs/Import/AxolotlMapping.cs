namespace Athanor.Runs.Import;

/// <summary>The documented common keys of axolotl's configuration.</summary>
internal static class AxolotlMapping
{
    public static ImportMapping Create() => Rest(Training(Data(new ImportMapping()
        .Constant("stages.data.use", "conversations")
        .Constant("stages.train.use", "finetune")
        .Constant("stages.train.from", "data")
        .Map("base_model", "model.base")
        .Map("seed", "seed")
        .Map("output_dir", "name", RunName))));

    private static ImportMapping Data(ImportMapping map) => map
        .Map("datasets[].path", "stages.data.sources[].path")
        .Map("datasets[].type", "stages.data.sources[].format")
        .Map("datasets[].split", "stages.data.sources[].split")
        .Map("datasets[].name", "stages.data.sources[].name")
        .Map("datasets[].data_files[]", "stages.data.sources[].files[]")
        .Map("datasets[].field_messages", "stages.data.sources[].messages_field")
        .Map("datasets[].conversation", "stages.data.sources[].template")
        .Map("val_set_size", "stages.data.validation")
        .Map("chat_template", "stages.data.chat_template")
        .Map("special_tokens.*", "stages.data.special_tokens.*")
        .Map("tokens[]", "stages.data.added_tokens[]")
        .Map("shuffle_merged_datasets", "stages.data.shuffle")
        .Note("dataset_prepared_path", "prepared data are artifacts, reused by content")
        .Note("dataset_processes", "the number of threads is the machine's");

    private static ImportMapping Training(ImportMapping map) => map
        .Map("sequence_len", "stages.train.sequence_length")
        .Map("sample_packing", "stages.train.packing")
        .Map("train_on_inputs", "stages.train.train_on_prompt")
        .Map("micro_batch_size", "stages.train.micro_batch")
        .Map("gradient_accumulation_steps", "stages.train.gradient_accumulation")
        .Map("num_epochs", "stages.train.epochs")
        .Map("max_steps", "stages.train.steps")
        .Map("learning_rate", "stages.train.learning_rate")
        .Map("lr_scheduler", "stages.train.schedule.kind", ImportMapping.Words(("cosine", "cosine"), ("linear", "linear"), ("constant", "constant"),
            ("constant_with_warmup", "constant"), ("cosine_with_restarts", "cosine_restarts"), ("inverse_sqrt", "inverse_square_root"), ("warmup_stable_decay", "wsd")))
        .Map("cosine_min_lr_ratio", "stages.train.schedule.floor")
        .Map("warmup_steps", "stages.train.schedule.warmup_steps")
        .Map("warmup_ratio", "stages.train.schedule.warmup_fraction")
        .Map("optimizer", "stages.train.optimizer.kind", ImportMapping.Words(("adamw_torch", "adamw"), ("adamw_torch_fused", "adamw"), ("adamw_hf", "adamw"),
            ("adamw_bnb_8bit", "adamw_8bit"), ("adamw_8bit", "adamw_8bit"), ("paged_adamw_8bit", "adamw_8bit"), ("paged_adamw_32bit", "adamw"), ("lion", "lion"),
            ("lion_pytorch", "lion"), ("sgd", "sgd"), ("muon", "muon")))
        .Map("weight_decay", "stages.train.optimizer.weight_decay")
        .Map("adam_beta1", "stages.train.optimizer.beta1")
        .Map("adam_beta2", "stages.train.optimizer.beta2")
        .Map("adam_epsilon", "stages.train.optimizer.epsilon")
        .Map("max_grad_norm", "stages.train.clip")
        .Map("gradient_checkpointing", "stages.train.recompute", ImportMapping.Words(("true", "true"), ("false", "false"), ("offload", "true"), ("unsloth", "true")))
        .Map("adapter", "stages.train.adapter.kind", ImportMapping.Words(("lora", "lora"), ("qlora", "qlora")))
        .Map("lora_r", "stages.train.adapter.rank")
        .Map("lora_alpha", "stages.train.adapter.alpha")
        .Map("lora_dropout", "stages.train.adapter.dropout")
        .Map("lora_target_modules[]", "stages.train.adapter.targets[]")
        .Map("lora_target_linear", "stages.train.adapter.all_linear")
        .Map("lora_modules_to_save[]", "stages.train.adapter.trained_whole[]")
        .Map("peft_use_dora", "stages.train.adapter.dora")
        .Map("load_in_4bit", "stages.train.adapter.base_in_4_bits")
        .Map("loss_watchdog_threshold", "stages.train.watchdog.loss")
        .Map("loss_watchdog_patience", "stages.train.watchdog.patience")
        .Map("save_steps", "stages.train.save_steps")
        .Map("eval_steps", "stages.train.evaluate_steps")
        .Map("logging_steps", "stages.train.log_steps")
        .Map("save_total_limit", "stages.train.keep_last");

    private static ImportMapping Rest(ImportMapping map) => map
        .Note("model_type", "the family is read from config.json")
        .Note("tokenizer_type", "the tokenizer is read from tokenizer.json")
        .Note("trust_remote_code", "no code is taken from model folders")
        .Note("strict", "recipes are always strict")
        .Note("flash_attention", "attention is always fused")
        .Note("xformers_attention", "attention is always fused")
        .Note("sdp_attention", "attention is always fused")
        .Note("bf16", "storage and products are bf16 with fp32 master weights")
        .Note("fp16", "storage and products are bf16 with fp32 master weights")
        .Note("tf32", "products accumulate in fp32")
        .Note("pad_to_sequence_len", "packed rows are full")
        .Note("group_by_length", "packing leaves nothing to group")
        .Note("eval_sample_packing", "validation rows are packed as training rows are");

    /// <summary>The last folder of a path, as a run may be named.</summary>
    private static string? RunName(string folder)
    {
        string last = folder.TrimEnd('/', '\\').Split('/', '\\')[^1].ToLowerInvariant();
        string name = string.Concat(last.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' ? c : '-')).Trim('-', '_');
        return name.Length == 0 ? null : name;
    }
}
