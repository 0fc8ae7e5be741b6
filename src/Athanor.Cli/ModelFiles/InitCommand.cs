using System.CommandLine;
using Athanor.Models.Configuration;
using Athanor.Models.Initialization;
using Athanor.Tensors.Safetensors;
using Athanor.Training.ModelFiles;

namespace Athanor.Cli.ModelFiles;

/// <summary>The verb <c>athanor model init</c>.</summary>
internal static class InitCommand
{
    public static Command Create(TextWriter output)
    {
        var target = new Option<string>("--output", "-o") { Description = "A folder that is not there yet.", Required = true };
        var depth = new Option<int?>("--depth", "-d") { Description = "The dial: layers, from which width, heads and the rest follow by stated rules." };
        var config = new Option<string?>("--config", "-c") { Description = "Instead of --depth: a config.json, or a model whose settings are taken." };
        var tokenizer = new Option<string?>("--tokenizer", "-t") { Description = "The tokenizer, which is put beside the model: a folder, a file, llama2.c's tokenizer.bin." };
        var vocabulary = new Option<int?>("--vocabulary") { Description = "Rows of the embedding; the tokenizer's by default." };
        var family = new Option<string?>("--family") { Description = "With --depth: llama, mistral, qwen2, qwen3, olmo2 or gpt2." };
        var width = new Option<int?>("--width") { Description = "With --depth: the width; 64 a layer by default." };
        var heads = new Option<int?>("--key-heads") { Description = "With --depth: key and value heads." };
        var head = new Option<int?>("--head-size") { Description = "With --depth: the width of a head." };
        var inner = new Option<int?>("--feed-forward") { Description = "With --depth: the inner width of the feed-forward part." };
        var context = new Option<int?>("--context") { Description = "With --depth: positions." };
        var seed = new Option<ulong>("--seed", "-s") { Description = "The same seed gives the same bytes.", DefaultValueFactory = _ => 1337 };
        Option<string?> type = ModelCommand.TypeOption("f32, f16 or bf16 (the default).");
        var command = new Command("init", """
            Makes a model of random weights, to train or to measure.

            Examples:
              athanor model init --depth 4 --tokenizer my-tokenizer --output fresh
              athanor model init --depth 12 --family qwen3 --vocabulary 32768 --context 2048 --output fresh
              athanor model init --config llama/config.json --seed 1 --output fresh
            """) { target, depth, config, tokenizer, vocabulary, family, width, heads, head, inner, context, seed, type };
        command.SetAction((parsed, cancellation) =>
        {
            string place = parsed.GetRequiredValue(target);
            if (parsed.GetValue(depth) is null == parsed.GetValue(config) is null)
                throw new ArgumentException("Give --depth or --config, one of them. `athanor model init --help` has examples.");
            if (parsed.GetValue(config) is null && parsed.GetValue(tokenizer) is null && parsed.GetValue(vocabulary) is null)
                throw new ArgumentException("A model needs a vocabulary: give --tokenizer or --vocabulary.");
            var design = new ModelDesignOptions { Width = parsed.GetValue(width), KeyValueHeads = parsed.GetValue(heads), HeadSize = parsed.GetValue(head), FeedForwardWidth = parsed.GetValue(inner), ContextLength = parsed.GetValue(context) };
            (ModelConfig _, IReadOnlyList<DerivedValue> derived) = FreshModel.Write(place, new FreshModelOptions
            {
                Depth = parsed.GetValue(depth),
                Config = parsed.GetValue(config),
                Design = parsed.GetValue(family) is { } name ? design with { Family = name } : design,
                Vocabulary = parsed.GetValue(vocabulary),
                Tokenizer = parsed.GetValue(tokenizer),
                Seed = parsed.GetValue(seed),
                Type = ModelCommand.Type(parsed.GetValue(type)) ?? SafetensorsType.BF16,
            }, cancellation);
            foreach (DerivedValue value in derived)
                output.WriteLine($"derived {value.Name} = {value.Value}: {value.Rule}");
            ModelView.Written(place, ModelFacts.Of(ModelPlace.Find(place)), output);
            return Task.FromResult(Tool.Success);
        });
        return command;
    }
}
