using Athanor.Models;
using Athanor.Models.HuggingFace;
using Athanor.Tensors;
using Athanor.Tensors.Safetensors;
using Athanor.Tokenizers;

namespace Athanor.Inference.Gguf;

/// <summary>Turns a GGUF file into a folder as Hugging Face's transformers read it: weights decoded, tokenizer beside them.</summary>
public static class GgufImport
{
    /// <summary>Writes the folder whole or not at all.</summary>
    /// <param name="folder">A folder that is not there yet, or an empty one.</param>
    /// <param name="type">Type of the written weights: F32, F16 or BF16.</param>
    /// <param name="pre">The pre-tokenizer of a file that names none.</param>
    /// <returns>The written settings' family and whether there is a tokenizer.</returns>
    /// <exception cref="ModelFormatException">The file cannot be used; every reason is named.</exception>
    /// <exception cref="IOException">The folder is there already.</exception>
    public static (string Family, bool Tokenizer) Write(string path, string folder, SafetensorsType type, string? pre = null, CancellationToken cancellation = default)
    {
        folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        ModelFolder.RefuseExisting(folder);
        using GgufFile file = GgufFile.Open(path);
        // What is wrong with the tokenizer is known before the weights are decoded.
        Tokenizer? tokenizer = file.GetString("tokenizer.ggml.model") is null or "none" ? null : GgufModel.ReadTokenizer(file, pre);
        using Decoder model = GgufModel.Load(file, Device.Default, type == SafetensorsType.BF16 ? DType.BF16 : DType.F32, packed: false);
        cancellation.ThrowIfCancellationRequested();
        ModelFolder.Write(folder, place =>
        {
            HfCheckpoint.Save(model, place, type, cancellation: cancellation);
            tokenizer?.Save(place);
        });
        return (model.Config.Family, tokenizer is not null);
    }
}
