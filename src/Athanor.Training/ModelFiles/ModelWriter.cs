using Athanor.Models;
using Athanor.Models.HuggingFace;
using Athanor.Models.Llama2c;
using Athanor.Tensors;
using Athanor.Tensors.Safetensors;
using Athanor.Tokenizers;
using Athanor.Training.Checkpoints;

namespace Athanor.Training.ModelFiles;

/// <summary>How a model is written.</summary>
public sealed record ModelWriterOptions
{
    /// <summary>F32, F16 or BF16; null keeps what the model was stored in.</summary>
    public SafetensorsType? Type { get; init; }

    /// <summary>Most bytes of tensors in a file.</summary>
    public long ShardBytes { get; init; } = HfCheckpoint.DefaultShardBytes;

    /// <summary>Another <c>model_type</c>; it must be able to say all settings.</summary>
    public string? Family { get; init; }

    /// <summary>A tokenizer to put beside the model instead of its own.</summary>
    public string? Tokenizer { get; init; }
}

/// <summary>Writes models into new folders, whole or not at all, with their tokenizer; or as a llama2.c file.</summary>
public static class ModelWriter
{
    /// <summary>Writes a model in another form: of another type, cut otherwise, from llama2.c's file to a Hugging Face folder, or back where the target ends with <c>.bin</c>.</summary>
    /// <param name="source">The model.</param>
    /// <param name="target">A folder that is not there yet, or a .bin file.</param>
    /// <exception cref="IOException">The target is there already.</exception>
    /// <exception cref="ArgumentException">The target cannot say what the model is; every reason is named.</exception>
    public static void Convert(ModelPlace source, string target, ModelWriterOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        options ??= new ModelWriterOptions();
        ModelFolder.RefuseExisting(target);
        bool llama2c = IsLlama2c(target);
        if (llama2c && (options.Family is not null || options.Type is not (null or SafetensorsType.F32)))
            throw new ArgumentException("A llama2.c file holds a Llama in F32. Leave type and family out, or name a folder as the target.", nameof(options));
        Tokenizer? tokenizer = !llama2c && (options.Tokenizer ?? source.TokenizerPath) is not null ? source.LoadTokenizer(options.Tokenizer) : null;
        using Decoder model = source.Load(Device.Default, cancellation: cancellation);
        if (llama2c)
        {
            Llama2cFile.Save(model, target, cancellation);
            return;
        }
        Check(tokenizer, model.Config.VocabularySize);
        SafetensorsType? stored = source.StoredType();
        SafetensorsType type = options.Type ?? (stored is SafetensorsType.F16 or SafetensorsType.BF16 ? stored.Value : SafetensorsType.F32);
        // A llama2.c file names no tokens; what a config.json says of them stays.
        bool named = source.Form == ModelForm.HuggingFace;
        using Decoder? renamed = named || tokenizer is null ? null : new Decoder(model.Device, TokenIds.Into(model.Config, tokenizer), model.DType, trainable: false);
        if (renamed is not null)
            ModelWeights.Assign(model, renamed);
        Write(renamed ?? model, target, type, options, folder =>
        {
            string? own = named ? source.Path : null;
            if (own is not null && File.Exists(Path.Combine(own, "generation_config.json")))
                File.Copy(Path.Combine(own, "generation_config.json"), Path.Combine(folder, "generation_config.json"), overwrite: true);
            // The model's own tokenizer is copied byte for byte; others are written.
            if (own is not null && options.Tokenizer is null)
                TokenizerFiles.Copy(own, folder);
            else
                tokenizer?.Save(folder);
        }, cancellation);
    }

    /// <summary>Writes a model with what belongs beside it.</summary>
    internal static void Write(Decoder model, string target, SafetensorsType type, ModelWriterOptions options, Action<string> beside, CancellationToken cancellation) =>
        ModelFolder.Write(target, place =>
        {
            HfCheckpoint.Save(model, place, type, options.Family, options.ShardBytes, cancellation);
            beside(place);
        });

    /// <summary>Whether a target is a llama2.c file, by its name.</summary>
    public static bool IsLlama2c(string target) => target.EndsWith(".bin", StringComparison.OrdinalIgnoreCase);

    internal static void Check(Tokenizer? tokenizer, int vocabulary)
    {
        if (tokenizer?.VocabularySize > vocabulary)
            throw new ArgumentException($"The tokenizer has {tokenizer.VocabularySize} tokens, the model's embedding {vocabulary} rows. Give the tokenizer that belongs to the model, or a larger vocabulary.");
    }
}
