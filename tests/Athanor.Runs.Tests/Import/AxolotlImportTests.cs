using Athanor.Runs.Import;
using Athanor.Runs.Recipes;

namespace Athanor.Runs.Tests.Import;

public sealed class AxolotlImportTests
{
    /// <summary>The shape of an example as axolotl documents it.</summary>
    private const string Example = """
        base_model: meta-llama/Llama-3.2-1B
        model_type: LlamaForCausalLM
        load_in_8bit: false
        datasets:
          - path: texts
            type: completion
          - path: mine.jsonl
            ds_type: json
            type: chat_template
        val_set_size: 0.1
        output_dir: ./outputs/LoRA out
        adapter: lora
        sequence_len: 2048
        sample_packing: true
        lora_r: 16
        lora_target_modules: [gate_proj, q_proj]
        wandb_project:
        gradient_accumulation_steps: 2
        micro_batch_size: 4
        num_epochs: 1
        optimizer: adamw_8bit
        lr_scheduler: cosine
        learning_rate: "0.0002"
        bf16: auto
        gradient_checkpointing: true
        flash_attention: true
        loss_watchdog_threshold: 5.0
        warmup_ratio: 0.1
        weight_decay: 0.0
        deepspeed: zero3.json
        special_tokens:
          pad_token: "<|end_of_text|>"
        """;

    private readonly ImportResult _result = RecipeImport.Axolotl(Example);

    [Theory]
    [InlineData("stages.model.use", "load_model")]
    [InlineData("stages.model.path", "meta-llama/Llama-3.2-1B")]
    [InlineData("stages.tokenizer.path", "meta-llama/Llama-3.2-1B")]
    [InlineData("name", "lora-out")]
    [InlineData("stages.read-0.use", "read_text")]
    [InlineData("stages.read-0.path", "texts")]
    [InlineData("stages.read-1.path", "mine.jsonl")]
    [InlineData("stages.split.from.1", "read-1")]
    [InlineData("stages.split.held_out", "0.1")]
    [InlineData("stages.train.from.0", "model")]
    [InlineData("stages.train.learning_rate", "0.0002")]
    [InlineData("stages.train.batch_tokens", "16384")]
    [InlineData("stages.train.micro_tokens", "8192")]
    [InlineData("stages.train.optimizer.kind", "adamw_8bit")]
    [InlineData("stages.train.optimizer.weight_decay", "0.0")]
    [InlineData("stages.train.filling", "best_fit")]
    [InlineData("stages.train.recompute", "true")]
    public void Known_keys_find_their_place(string path, string value)
    {
        var problems = new ProblemList();
        RecipeNode tree = YamlTree.Read(_result.Yaml, "result", problems)!;
        Assert.Equal(0, problems.Count);
        Assert.Equal(value, YamlText.Flatten(tree).Single(leaf => leaf.Path == path).Text);
    }

    [Fact]
    public void Keys_without_a_counterpart_are_listed_with_the_reason_and_none_is_dropped()
    {
        Assert.Equal(
            ["datasets[1].ds_type", "datasets[1].type", "adapter", "lora_r", "lora_target_modules[0]", "lora_target_modules[1]", "num_epochs", "loss_watchdog_threshold", "warmup_ratio", "deepspeed", "special_tokens.pad_token"],
            _result.Unmapped.Select(key => key.Key));
        Assert.Contains("#   deepspeed: zero3.json  (one process", _result.Yaml, StringComparison.Ordinal);
        Assert.Contains("adapters", _result.Unmapped.Single(key => key.Key == "adapter").Reason, StringComparison.Ordinal);
        Assert.Contains("conversations", _result.Unmapped.Single(key => key.Key == "datasets[1].type").Reason, StringComparison.Ordinal);
        Assert.Equal(8, _result.Unmapped[0].Mark.Line);
        Assert.Contains(_result.Mapped, key => key is { Key: "bf16", Target: null, Note: not null });
        Assert.Contains(_result.Mapped, key => key is { Key: "micro_batch_size", Target: "stages.train.batch_tokens" });
        // Every written value is in one list or the other; only the empty wandb_project says nothing.
        int written = Example.Split('\n').Count(line => line.Contains(": ", StringComparison.Ordinal)) + 1;
        Assert.Equal(written, _result.Mapped.Count + _result.Unmapped.Count);
    }

    [Fact]
    public void A_value_without_a_counterpart_and_a_slip_are_told()
    {
        ImportResult result = RecipeImport.Axolotl("optimizer: ao_adamw_fp8\nlearning_rat: 1\nval_set_size: 500\nsave_steps: 0.1\n");
        Assert.Equal(
            ["stages.train.optimizer.kind has no such value", "recipes have no such key; did you mean 'learning_rate'?", "held_out is a share of at most 0.5: write one", "save_every counts steps"],
            result.Unmapped.Select(key => key.Reason));
    }

    [Fact]
    public void New_tokens_put_a_stage_between()
    {
        ImportResult result = RecipeImport.Axolotl("base_model: b\ntokens: [\"<a>\", \"<b>\"]\n");
        var problems = new ProblemList();
        var leaves = YamlText.Flatten(YamlTree.Read(result.Yaml, "result", problems)!).ToDictionary(leaf => leaf.Path, leaf => leaf.Text);
        Assert.Equal("<b>", leaves["stages.extend.special_tokens.1"]);
        Assert.Equal(("extend", "extend"), (leaves["stages.model.from"], leaves["stages.train.from.1"]));
        Assert.Empty(result.Unmapped);
    }

    [Fact]
    public void Others_can_extend_the_table()
    {
        ImportMapping mapping = RecipeImport.AxolotlKeys().Map("deepspeed", "stages.train.parallel.kind", text => text.Contains("zero3", StringComparison.Ordinal) ? "zero3" : null)
            .Map("learning_rate", "stages.train.rate").Constant("stages.train.use", "sft");
        ImportResult result = RecipeImport.Axolotl(Example, mapping);
        Assert.Contains("use: sft", result.Yaml, StringComparison.Ordinal);
        Assert.Contains("kind: zero3", result.Yaml, StringComparison.Ordinal);
        Assert.Contains("rate: 0.0002", result.Yaml, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"datasets[99999999999].path\": x")]
    [InlineData("\"special_tokens.a.b\": x")]
    [InlineData("datasets: [a, { path: b }]")]
    public void Odd_keys_are_listed_too(string yaml) => Assert.NotEmpty(RecipeImport.Axolotl(yaml).Unmapped);

    [Fact]
    public void What_is_no_map_is_refused() => Assert.Throws<RecipeException>(() => RecipeImport.Axolotl("- a\n- b"));
}
