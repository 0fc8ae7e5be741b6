using Athanor.Models;
using Athanor.Models.Configuration;
using Athanor.Models.HuggingFace;
using Athanor.Models.Initialization;
using Athanor.Tensors;
using Athanor.Tensors.Safetensors;
using Athanor.Tokenizers;

namespace Athanor.Training.ModelFiles;

/// <summary>What a fresh model is made of.</summary>
public sealed record FreshModelOptions
{
    /// <summary>The dial, from which a Llama-like model follows; null with <see cref="Config"/>.</summary>
    public int? Depth { get; init; }

    /// <summary>A config.json, its folder, or any model whose settings are to be taken; null with <see cref="Depth"/>.</summary>
    public string? Config { get; init; }

    /// <summary>What replaces values that follow from the depth.</summary>
    public ModelDesignOptions Design { get; init; } = new();

    /// <summary>Rows of the embedding; the tokenizer's where null.</summary>
    public int? Vocabulary { get; init; }

    /// <summary>A tokenizer to put beside the model.</summary>
    public string? Tokenizer { get; init; }

    /// <summary>The same seed gives the same bytes.</summary>
    public ulong Seed { get; init; } = 1337;

    /// <summary>F32, F16 or BF16.</summary>
    public SafetensorsType Type { get; init; } = SafetensorsType.BF16;
}

/// <summary>Makes untrained models.</summary>
public static class FreshModel
{
    /// <summary>Writes a model of random weights into a new folder.</summary>
    /// <returns>Its settings, and each value that followed from the depth with its rule.</returns>
    /// <exception cref="ArgumentException">The options make no model; the message says why.</exception>
    /// <exception cref="IOException">The target is there already.</exception>
    public static (ModelConfig Config, IReadOnlyList<DerivedValue> Derived) Write(string target, FreshModelOptions options, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Type is not (SafetensorsType.F32 or SafetensorsType.F16 or SafetensorsType.BF16))
            throw new ArgumentException($"Weights are written as F32, F16 or BF16, not as {options.Type}.", nameof(options));
        ModelFolder.RefuseExisting(target);
        Tokenizer? tokenizer = options.Tokenizer is null ? null : new ModelPlace(target, ModelForm.Settings, options.Tokenizer).LoadTokenizer();
        (ModelConfig config, IReadOnlyList<DerivedValue> derived) = Design(options, tokenizer);
        ModelWriter.Check(tokenizer, config.VocabularySize);
        if (tokenizer is not null)
            config = TokenIds.Into(config, tokenizer);
        using var model = new Decoder(Device.Default, config, options.Type == SafetensorsType.BF16 ? DType.BF16 : DType.F32, new InitialValues(options.Seed), trainable: false);
        ModelWriter.Write(model, target, options.Type, new ModelWriterOptions(), folder => tokenizer?.Save(folder), cancellation);
        return (config, derived);
    }

    private static (ModelConfig, IReadOnlyList<DerivedValue>) Design(FreshModelOptions options, Tokenizer? tokenizer)
    {
        if (options.Depth is null == options.Config is null)
            throw new ArgumentException("Give a depth or a config, one of them.", nameof(options));
        int? rows = options.Vocabulary ?? tokenizer?.VocabularySize;
        if (options.Depth is { } depth)
        {
            ModelDesign design = ModelDesign.FromDepth(depth, rows ?? throw new ArgumentException("A model needs a vocabulary: give the tokenizer, or the number of tokens.", nameof(options)), options.Design);
            return (design.Config, design.Derived);
        }
        if (options.Design != new ModelDesignOptions())
            throw new ArgumentException("Widths, heads, family and context come from the config. Change it, or give a depth instead.", nameof(options));
        ModelConfig config = ModelPlace.Find(options.Config!).ReadConfig();
        // Pairs of rotary dimensions are only a matter of the order in a file; new weights have none.
        config = config with { RopeInterleaved = config.RopeInterleaved && config.Family == "athanor" };
        return (options.Vocabulary is { } given ? config with { VocabularySize = given } : config, []);
    }
}
