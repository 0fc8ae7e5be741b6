using System.Collections.Immutable;
using Athanor.Inference.Gguf;
using Athanor.Inference.Quantization;
using Athanor.Inference.Running;
using Athanor.Models;
using Athanor.Models.Adaptation;
using Athanor.Models.HuggingFace;
using Athanor.Models.Llama2c;
using Athanor.Tensors;
using Athanor.Tensors.Safetensors;
using Athanor.Tokenizers;

namespace Athanor.Inference.Loading;

/// <summary>How a model is read for an engine.</summary>
public sealed record LoadOptions
{
    /// <summary>Where it computes; null for the default device.</summary>
    public Device? Device { get; init; }

    /// <summary>Storage of matrices and activations, F32 or BF16; null for BF16 where the weights are stored so, else F32.</summary>
    public DType? Type { get; init; }

    /// <summary>Folders of PEFT's LoRA adapters by the names that requests use.</summary>
    public IReadOnlyDictionary<string, string> Adapters { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>Another tokenizer than the one beside the model: a folder, a file, llama2.c's tokenizer.bin.</summary>
    public string? Tokenizer { get; init; }

    /// <summary>Settles the engine's settings once model and tokenizer are there, before it starts: what depends on them, such as a guesser. Null keeps them.</summary>
    public Func<Decoder, Tokenizer, EngineOptions, EngineOptions>? Settle { get; init; }
}

/// <summary>Opens what models come in: a folder of Hugging Face's, a GGUF file, a checkpoint of llama2.c.</summary>
public static class EngineLoader
{
    /// <summary>Reads a model with its tokenizer and its end tokens, and starts an engine that owns it.</summary>
    /// <param name="path">A folder with config.json and safetensors, a GGUF file or a folder of one, or a llama2.c <c>.bin</c>.</param>
    /// <exception cref="IOException">There is no model or no tokenizer.</exception>
    /// <exception cref="ModelFormatException">The model's files cannot be used.</exception>
    /// <exception cref="TokenizerFormatException">The tokenizer's files cannot be used.</exception>
    /// <exception cref="ArgumentException">An engine's setting is impossible.</exception>
    public static InferenceEngine Load(string path, EngineOptions? options = null, LoadOptions? load = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        load ??= new LoadOptions();
        options ??= new EngineOptions();
        Device device = load.Device ?? Device.Default;
        bool folder = IsFolder(path);
        if (GgufPlace.Find(path) is { } gguf)
            return LoadGguf(gguf, options, load, device);
        Tokenizer tokenizer = Tokenizer.Load(load.Tokenizer ?? (folder ? path : TokenizerBeside(path)));
        if (folder && options.EndTokens is null && EndTokens.Of(path) is { Count: > 0 } ends)
            options = options with { EndTokens = [.. ends] };
        Decoder model = Plain(path, folder, device, load.Type, cancellation);
        try
        {
            return Start(model, tokenizer, options, load);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Reads a model alone, from all that <see cref="Load"/> takes.</summary>
    /// <param name="type">As in <see cref="LoadOptions.Type"/>.</param>
    /// <exception cref="IOException">There is no model.</exception>
    /// <exception cref="ModelFormatException">The model's files cannot be used.</exception>
    public static Decoder LoadModel(string path, Device device, DType? type = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        bool folder = IsFolder(path);
        if (GgufPlace.Find(path) is not { } gguf)
            return Plain(path, folder, device, type, cancellation);
        GgufFile file = GgufFile.Open(gguf);
        try
        {
            return GgufModel.Load(file, device, type ?? DType.F32);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static bool IsFolder(string path) => Directory.Exists(path)
        || (File.Exists(path) ? false : throw new FileNotFoundException($"There is no model '{path}'. Give a folder with config.json and model.safetensors, a GGUF file, or a llama2.c .bin.", path));

    private static Decoder Plain(string path, bool folder, Device device, DType? type, CancellationToken cancellation) =>
        !folder ? Llama2cFile.Load(path, device, type ?? DType.F32)
        : QuantizedCheckpoint.Is(path) ? QuantizedCheckpoint.Load(path, device, type ?? DType.BF16, cancellation)
        : HfCheckpoint.Load(path, device, type ?? (HfCheckpoint.StoredType(path) == SafetensorsType.BF16 ? DType.BF16 : DType.F32), trainable: false, cancellation: cancellation);

    // The file stays mapped for as long as the model's matrices need it.
    private static InferenceEngine LoadGguf(string path, EngineOptions options, LoadOptions load, Device device)
    {
        GgufFile file = GgufFile.Open(path);
        Decoder? model = null;
        try
        {
            Tokenizer tokenizer = load.Tokenizer is null ? GgufModel.ReadTokenizer(file) : Tokenizer.Load(load.Tokenizer);
            model = GgufModel.Load(file, device, load.Type ?? DType.F32);
            return Start(model, tokenizer, options, load);
        }
        catch
        {
            model?.Dispose();
            file.Dispose();
            throw;
        }
    }

    private static InferenceEngine Start(Decoder model, Tokenizer tokenizer, EngineOptions options, LoadOptions load)
    {
        var adapters = new List<LoraAdapter>(options.Adapters);
        try
        {
            foreach ((string name, string folder) in load.Adapters)
                adapters.Add(PeftAdapter.Load(folder, model, name));
            options = options with { Adapters = adapters };
            return new InferenceEngine(model, tokenizer, load.Settle?.Invoke(model, tokenizer, options) ?? options, ownsModel: true);
        }
        catch
        {
            foreach (LoraAdapter adapter in adapters.Skip(options.Adapters.Count))
                adapter.Dispose();
            throw;
        }
    }

    // As for every other form, a tokenizer.json beside it goes before; it says more than llama2.c's own file.
    private static string TokenizerBeside(string checkpoint)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(checkpoint))!;
        string[] names = ["tokenizer.json", "tokenizer.model"];
        return names.Any(name => File.Exists(Path.Combine(folder, name))) ? folder
            : Llama2cFile.TokenizerBeside(checkpoint) ?? throw new FileNotFoundException($"No tokenizer lies beside {checkpoint}: no {string.Join(", no ", names)}, no tokenizer.bin of llama2.c. Name one.", checkpoint);
    }
}
