using Athanor.Models.Accounting;
using Athanor.Models.Configuration;
using Athanor.Tensors;
using Athanor.Tensors.Safetensors;
using Athanor.Tokenizers;

namespace Athanor.Training.ModelFiles;

/// <summary>A file of weights.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Types">Elements of each type in it.</param>
/// <param name="Tensors">Tensors in it.</param>
public sealed record WeightFile(string Name, long Bytes, int Tensors, IReadOnlyDictionary<string, long> Types);

/// <summary>The tokenizer beside a model.</summary>
/// <param name="Path">Where it lies.</param>
/// <param name="Size">Ids.</param>
/// <param name="Begin">The begin token.</param>
/// <param name="End">The end token.</param>
/// <param name="ChatTemplate">Whether it has a chat template.</param>
public sealed record TokenizerFacts(string Path, int Size, string? Begin, string? End, bool ChatTemplate);

/// <summary>Operations, a multiply-add as two.</summary>
/// <param name="Training">A trained token, in rows of the context: forward and backward, attention among it.</param>
/// <param name="FirstToken">The first decoded token.</param>
/// <param name="LastToken">The token that fills the context.</param>
/// <param name="Prompt">Reading a prompt that fills the context, all of it.</param>
public sealed record OperationFacts(double Training, double FirstToken, double LastToken, double Prompt);

/// <summary>What can be said of a model without computing with it.</summary>
/// <param name="Config">Its settings.</param>
/// <param name="Size">Parameters by part.</param>
/// <param name="Memory">Bytes by storage.</param>
/// <param name="Operations">Operations of a token.</param>
/// <param name="Files">Its files; empty for settings without weights.</param>
/// <param name="Tokenizer">Its tokenizer; null where none lies beside it.</param>
public sealed record ModelFacts(ModelConfig Config, ModelSize Size, IReadOnlyList<ModelMemory> Memory, OperationFacts Operations, IReadOnlyList<WeightFile> Files, TokenizerFacts? Tokenizer)
{
    /// <summary>The facts of settings alone.</summary>
    public static ModelFacts Of(ModelConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        var operations = new OperationFacts(ModelFlops.TrainingPerToken(config, config.ContextLength), ModelFlops.Decoding(config, 0), ModelFlops.Decoding(config, config.ContextLength - 1), ModelFlops.Prompt(config, config.ContextLength));
        return new ModelFacts(config, ModelSize.Of(config), [ModelMemory.Of(config, DType.F32), ModelMemory.Of(config, DType.BF16)], operations, [], null);
    }

    /// <summary>The facts of a model's place. Weights are not read, only their headers.</summary>
    public static ModelFacts Of(ModelPlace place)
    {
        ArgumentNullException.ThrowIfNull(place);
        ModelConfig config = place.ReadConfig();
        return Of(config) with { Files = WeightFiles(place), Tokenizer = place.TokenizerPath is { } path ? TokenizerAt(place, path) : null };
    }

    private static WeightFile[] WeightFiles(ModelPlace place)
    {
        switch (place.Form)
        {
            case ModelForm.Settings:
                return [];
            case ModelForm.Llama2c:
                long length = new FileInfo(place.Path).Length;
                return [new WeightFile(Path.GetFileName(place.Path), length, 0, new Dictionary<string, long> { ["F32"] = length / sizeof(float) })];
            default:
                using (SafetensorsSet set = SafetensorsSet.Open(place.Path))
                {
                    return [.. set.Files.OrderBy(file => file.Path, StringComparer.Ordinal).Select(file => new WeightFile(
                        Path.GetFileName(file.Path), new FileInfo(file.Path).Length, file.Entries.Count,
                        file.Entries.GroupBy(entry => entry.Type).ToDictionary(group => group.Key.Name(), group => group.Sum(entry => entry.Count))))];
                }
        }
    }

    private static TokenizerFacts TokenizerAt(ModelPlace place, string path)
    {
        Tokenizer tokenizer = place.LoadTokenizer();
        return new TokenizerFacts(path, tokenizer.VocabularySize, tokenizer.Settings.BosToken, tokenizer.Settings.EosToken, tokenizer.Settings.ChatTemplate is not null);
    }
}
