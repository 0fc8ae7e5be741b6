namespace Athanor.Runs.Import;

/// <summary>
/// The documented common keys of axolotl's configuration. Text (<c>type: completion</c>, <c>pretraining_dataset</c>) becomes a recipe that goes on training a model: read, split, load, pretrain. What needs a stage that
/// recipes do not have is refused by name with the reason.
/// </summary>
internal static class AxolotlMapping
{
    private const string Model = "stages.model", Train = "stages.train", Text = "recipes train on text so far: conversations and instructions have no stage yet";
    private const string Whole = "all weights are trained: adapters have no stage yet", OneProcess = "one process trains on one machine so far";

    public static ImportMapping Create() => Rest(Training(Data(new ImportMapping()
        .Constant($"{Model}.use", "load_model")
        .Constant("stages.tokenizer.use", "load_tokenizer")
        .Constant("stages.split.use", "split")
        .Constant($"{Train}.use", "pretrain")
        .Constant($"{Train}.from[0]", "model")
        .Constant($"{Train}.from[1]", "tokenizer")
        .Constant($"{Train}.from[2]", "split")
        .Constant($"{Train}.schedule.kind", "cosine")
        .Constant($"{Train}.optimizer.kind", "adamw")
        .Map("base_model", $"{Model}.path", also: [("stages.tokenizer.path", null)])
        .Map("seed", "seed")
        .Map("output_dir", "name", RunName))));

    private static ImportMapping Data(ImportMapping map) => map
        .Map("datasets[].path", "stages.read-{}.path", also: [("stages.read-{}.use", "read_text"), ("stages.split.from[]", "read-{}")])
        .Map("pretraining_dataset[].path", "stages.read-{}.path", also: [("stages.read-{}.use", "read_text"), ("stages.split.from[]", "read-{}")])
        .Map("pretraining_dataset", "stages.read-{}.path", also: [("stages.read-{}.use", "read_text"), ("stages.split.from[]", "read-{}")])
        .Map("datasets[].type", "stages.read-{}.use", type => type is "completion" or "pretrain" ? "read_text" : null, Text)
        .Map("pretraining_dataset[].type", "stages.read-{}.use", type => type is "completion" or "pretrain" ? "read_text" : null, Text)
        .Refuse("datasets[].split", "read_text reads all of a file or folder")
        .Refuse("datasets[].name", "read_text reads files and folders, no data sets of a hub")
        .Refuse("datasets[].data_files[]", "read_text takes one file or folder: write it as path")
        .Refuse("datasets[].ds_type", "read_text reads .txt and .md files")
        .Refuse("datasets[].field", "read_text reads text files, which have no fields")
        .Refuse("datasets[].field_messages", Text)
        .Refuse("datasets[].conversation", Text)
        .Map("val_set_size", "stages.split.held_out", size => Number(size, 0, 0.5), "held_out is a share of at most 0.5: write one")
        .Refuse("chat_template", Text)
        .Refuse("special_tokens.*", "load_tokenizer takes begin, end and padding tokens as tokenizer_config.json says them; set them there")
        .Map("tokens[]", "stages.extend.special_tokens[]", also: [("stages.extend.use", "extend_tokenizer"), ("stages.extend.from", "tokenizer"), ($"{Model}.from", "extend"), ($"{Train}.from[1]", "extend")])
        .Note("shuffle_merged_datasets", "documents are always shuffled, anew for each epoch")
        .Note("dataset_prepared_path", "prepared data are artifacts, reused by content")
        .Note("dataset_processes", "the number of threads is the machine's");

    private static ImportMapping Training(ImportMapping map) => map
        .Map("sequence_len", $"{Train}.sequence_length")
        .Multiply($"{Train}.batch_tokens", ("micro_batch_size", 1), ("gradient_accumulation_steps", 1), ("sequence_len", 2048))
        .Multiply($"{Train}.micro_tokens", ("micro_batch_size", null), ("sequence_len", 2048))
        .Multiply($"{Train}.tokens", ("max_steps", null), ("micro_batch_size", 1), ("gradient_accumulation_steps", 1), ("sequence_len", 2048))
        .Refuse("num_epochs", "pretrain counts tokens: write tokens, epochs times the tokens of the text")
        .Map("sample_packing", $"{Train}.filling", ImportMapping.Words(("true", "best_fit")), "rows are always packed")
        .Refuse("train_on_inputs", Text)
        .Map("learning_rate", $"{Train}.learning_rate")
        .Map("lr_scheduler", $"{Train}.schedule.kind", ImportMapping.Words(("cosine", "cosine"), ("linear", "linear"), ("constant", "constant"),
            ("constant_with_warmup", "constant"), ("cosine_with_restarts", "cosine_restarts"), ("inverse_sqrt", "inverse_sqrt"), ("warmup_stable_decay", "wsd")))
        .Map("cosine_min_lr_ratio", $"{Train}.schedule.floor")
        .Map("warmup_steps", $"{Train}.warmup")
        .Refuse("warmup_ratio", "warmup counts steps: write warmup, or leave it out for a twenty-fifth")
        .Map("optimizer", $"{Train}.optimizer.kind", ImportMapping.Words(("adamw_torch", "adamw"), ("adamw_torch_fused", "adamw"), ("adamw_hf", "adamw"),
            ("adamw_bnb_8bit", "adamw_8bit"), ("adamw_8bit", "adamw_8bit"), ("paged_adamw_8bit", "adamw_8bit"), ("paged_adamw_32bit", "adamw"), ("lion", "lion"),
            ("lion_pytorch", "lion"), ("sgd", "sgd"), ("muon", "muon")))
        .Map("weight_decay", $"{Train}.optimizer.weight_decay")
        .Map("adam_beta1", $"{Train}.optimizer.beta1")
        .Map("adam_beta2", $"{Train}.optimizer.beta2")
        .Map("adam_epsilon", $"{Train}.optimizer.epsilon")
        .Map("max_grad_norm", $"{Train}.clip")
        .Map("gradient_checkpointing", $"{Train}.recompute", ImportMapping.Words(("true", "true"), ("false", "false"), ("offload", "true"), ("unsloth", "true")))
        .Map("overrides_of_model_config.max_position_embeddings", $"{Model}.context_length")
        .Map("overrides_of_model_config.rope_scaling.type", $"{Model}.rope", ImportMapping.Words(("linear", "linear"), ("yarn", "yarn"), ("llama3", "llama3")))
        .Map("overrides_of_model_config.rope_scaling.rope_type", $"{Model}.rope", ImportMapping.Words(("linear", "linear"), ("yarn", "yarn"), ("llama3", "llama3")))
        .Refuse("overrides_of_model_config.rope_scaling.factor", "context_length of load_model says how far; the factor follows")
        .Map("adapter", $"{Train}.adapter", _ => null, Whole)
        .Refuse("lora_r", Whole).Refuse("lora_alpha", Whole).Refuse("lora_dropout", Whole).Refuse("lora_target_modules[]", Whole).Refuse("lora_target_linear", Whole)
        .Refuse("lora_modules_to_save[]", Whole).Refuse("peft_use_dora", Whole)
        .Map("load_in_8bit", $"{Train}.precision", ImportMapping.Words(("false", "bf16")), Whole)
        .Map("load_in_4bit", $"{Train}.precision", ImportMapping.Words(("false", "bf16")), Whole)
        .Refuse("loss_watchdog_threshold", "steps are skipped and taken back by how far they lie above the last 128 (skip_deviations, rewind_after), not by a bound")
        .Refuse("loss_watchdog_patience", "steps are skipped and taken back by how far they lie above the last 128 (skip_deviations, rewind_after), not by a bound")
        .Map("save_steps", $"{Train}.save_every", steps => Number(steps, 1, 1e9), "save_every counts steps")
        .Map("eval_steps", $"{Train}.evaluate_every", steps => Number(steps, 1, 1e9), "evaluate_every counts steps")
        .Map("save_total_limit", $"{Train}.keep_checkpoints", steps => Number(steps, 1, 1000))
        .Refuse("saves_per_epoch", "save_every counts steps").Refuse("evals_per_epoch", "evaluate_every counts steps")
        .Refuse("early_stopping_patience", "the best checkpoint is kept, and the schedule ends where it was planned to")
        .Note("logging_steps", "every step is noted");

    private static ImportMapping Rest(ImportMapping map) => map
        .Refuse("deepspeed", OneProcess).Refuse("fsdp[]", OneProcess).Refuse("fsdp_config.*", OneProcess)
        .Refuse("hub_model_id", "nothing is sent to a hub: the artifact is the folder to send")
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
        .Note("eval_sample_packing", "validation rows are packed as training rows are")
        .Note("wandb_project", "metrics are JSON lines and TensorBoard events beside them").Note("wandb_entity", "metrics are JSON lines and TensorBoard events beside them");

    private static string? Number(string text, double least, double most) => Settings.NumberText.TryNumber(text, out double number) && number >= least && number <= most ? text : null;

    /// <summary>The last folder of a path, as a run may be named.</summary>
    private static string? RunName(string folder)
    {
        string last = folder.TrimEnd('/', '\\').Split('/', '\\')[^1].ToLowerInvariant();
        string name = string.Concat(last.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' ? c : '-')).Trim('-', '_');
        return name.Length == 0 ? null : name;
    }
}
