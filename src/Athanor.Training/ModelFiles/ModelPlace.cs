using Athanor.Models;
using Athanor.Models.Configuration;
using Athanor.Models.HuggingFace;
using Athanor.Models.Llama2c;
using Athanor.Runs.Ledger;
using Athanor.Tensors;
using Athanor.Tensors.Safetensors;
using Athanor.Tokenizers;
using Athanor.Training.Checkpoints;

namespace Athanor.Training.ModelFiles;

/// <summary>What a place of a model holds.</summary>
public enum ModelForm
{
    /// <summary>A folder of Hugging Face's with weights.</summary>
    HuggingFace,

    /// <summary>A checkpoint of llama2.c.</summary>
    Llama2c,

    /// <summary>A config.json without weights.</summary>
    Settings,
}

/// <summary>Where a model lies, found from what people write: a folder, a file, a run.</summary>
/// <param name="Path">The folder or file.</param>
/// <param name="Form">What it holds.</param>
/// <param name="TokenizerPath">Its tokenizer; null where none lies beside it.</param>
public sealed record ModelPlace(string Path, ModelForm Form, string? TokenizerPath)
{
    private static readonly string[] TokenizerNames = ["tokenizer.json", "tokenizer.model"];

    /// <summary>Finds a model: a Hugging Face folder or config.json, a llama2.c .bin or the folder of one, a run (its newest model), or the name of a run.</summary>
    /// <param name="name">What was written.</param>
    /// <param name="runs">The folder of all runs.</param>
    /// <exception cref="IOException">There is no model; the message says what is there instead.</exception>
    public static ModelPlace Find(string name, string runs = "runs")
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (File.Exists(name))
            return OfFile(name);
        if (Directory.Exists(name))
            return OfFolder(name) ?? throw Nothing(name);
        string run = System.IO.Path.Combine(runs, name);
        if (Directory.Exists(run))
            return OfFolder(run) ?? throw Nothing(run);
        throw new FileNotFoundException($"There is no model '{name}': no folder, no file, and no run in '{runs}'. Give a Hugging Face folder, a llama2.c .bin, or a run that `athanor runs` lists.", name);
    }

    /// <summary>The settings, without weights.</summary>
    public ModelConfig ReadConfig() => Form == ModelForm.Llama2c ? Llama2cFile.ReadConfig(Path) : HfCheckpoint.ReadConfig(Path);

    /// <summary>The type in which most of the weights are stored; null where there are none.</summary>
    public SafetensorsType? StoredType() => Form switch
    {
        ModelForm.HuggingFace => HfCheckpoint.StoredType(Path),
        ModelForm.Llama2c => SafetensorsType.F32,
        _ => null,
    };

    /// <summary>Reads the model for use, not for training.</summary>
    /// <param name="type">F32 or BF16; null for BF16 where the weights are stored so, else F32.</param>
    /// <exception cref="IOException">There are no weights.</exception>
    public Decoder Load(Device device, DType? type = null, CancellationToken cancellation = default)
    {
        if (Form == ModelForm.Settings)
            throw NoWeights();
        type ??= StoredType() == SafetensorsType.BF16 ? DType.BF16 : DType.F32;
        return Form == ModelForm.Llama2c ? Llama2cFile.Load(Path, device, type.Value) : HfCheckpoint.Load(Path, device, type.Value, trainable: false, cancellation: cancellation);
    }

    /// <summary>The error of settings without weights, with the remedy.</summary>
    public FileNotFoundException NoWeights() => new($"{Path} has no weights beside it. `athanor model init --config {Path} --output FOLDER` makes a fresh model of it.", Path);

    /// <summary>Reads the tokenizer beside the model, or another.</summary>
    /// <param name="other">Where another lies: a folder, a file, or llama2.c's tokenizer.bin.</param>
    /// <exception cref="IOException">There is none.</exception>
    public Tokenizer LoadTokenizer(string? other = null) =>
        Tokenizer.Load(other ?? TokenizerPath ?? throw new FileNotFoundException($"No tokenizer lies beside {Path}. Give one with --tokenizer: a folder with tokenizer.json, such a file, or llama2.c's tokenizer.bin.", Path));

    private static ModelPlace OfFile(string path)
    {
        string folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!;
        if (path.EndsWith(".json", StringComparison.OrdinalIgnoreCase))
            return new ModelPlace(path, ModelForm.Settings, TokenizerIn(folder));
        if (path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase) && File.Exists(System.IO.Path.Combine(folder, "config.json")))
            return new ModelPlace(folder, ModelForm.HuggingFace, TokenizerIn(folder));
        RefusePickle(path);
        return new ModelPlace(path, ModelForm.Llama2c, TokenizerIn(folder) ?? Llama2cFile.TokenizerBeside(path));
    }

    private static ModelPlace? OfFolder(string folder)
    {
        if (File.Exists(System.IO.Path.Combine(folder, "config.json")))
        {
            bool weights = File.Exists(System.IO.Path.Combine(folder, SafetensorsSet.FileName)) || File.Exists(System.IO.Path.Combine(folder, SafetensorsSet.IndexName));
            if (!weights && Directory.EnumerateFiles(folder, "pytorch_model*.bin").FirstOrDefault() is { } pickle)
                RefusePickle(pickle);
            return weights ? new ModelPlace(folder, ModelForm.HuggingFace, TokenizerIn(folder)) : new ModelPlace(System.IO.Path.Combine(folder, "config.json"), ModelForm.Settings, TokenizerIn(folder));
        }
        if (RunCatalog.Read(folder) is not null)
            return NewestOf(folder) is { } newest ? OfFolder(newest) : throw new FileNotFoundException($"The run {folder} has no model yet: none of its stages made one or saved a checkpoint.", folder);
        string[] files = [.. Directory.EnumerateFiles(folder, "*.bin").Where(file => !System.IO.Path.GetFileName(file).StartsWith("tok", StringComparison.OrdinalIgnoreCase))];
        return files.Length == 1 ? OfFile(files[0]) : null;
    }

    /// <summary>The model that the last stage made, or the checkpoint of a stage that is on its way.</summary>
    private static string? NewestOf(string run)
    {
        foreach (RunOutput output in RunOutput.Of(run).Reverse())
        {
            if (output.Produces == "model")
                return output.Folder;
            string checkpoints = System.IO.Path.Combine(output.Folder, CheckpointStore.FolderName);
            if (output.Produces is null && Directory.Exists(checkpoints) && CheckpointStore.LatestIn(checkpoints) is { } checkpoint)
                return checkpoint.Folder;
        }
        return null;
    }

    private static string? TokenizerIn(string folder) => TokenizerNames.Any(name => File.Exists(System.IO.Path.Combine(folder, name))) ? folder : null;

    private static void RefusePickle(string path)
    {
        if (System.IO.Path.GetFileName(path).StartsWith("pytorch_model", StringComparison.Ordinal))
            throw new ModelFormatException(path, "", "a pickle of PyTorch's, which runs code when it is read, is not read. Save the model as safetensors: model.save_pretrained(folder, safe_serialization=True).");
    }

    private static FileNotFoundException Nothing(string folder) =>
        new($"The folder {folder} holds no model: no config.json, no run, no single llama2.c .bin.", folder);
}
