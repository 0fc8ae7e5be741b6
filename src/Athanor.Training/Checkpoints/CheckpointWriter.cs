using Athanor.Models;
using Athanor.Models.HuggingFace;
using Athanor.Runs.Files;
using Athanor.Tensors.Safetensors;
using Athanor.Training.Pretraining;

namespace Athanor.Training.Checkpoints;

/// <summary>
/// Saves a trainer while it goes on: the state is copied within the call and written by another thread. One save at a time: the next waits for the one before.
/// </summary>
public sealed class CheckpointWriter : IDisposable
{
    private readonly CheckpointStore _store;
    private readonly Trainer _trainer;
    private readonly string? _tokenizer;
    private readonly Dictionary<string, byte[]> _memory = new(StringComparer.Ordinal);
    private Decoder? _copy;
    private Task _writing = Task.CompletedTask;

    /// <summary>A writer.</summary>
    /// <param name="tokenizer">A folder whose tokenizer files go into each checkpoint; null for none.</param>
    public CheckpointWriter(CheckpointStore store, Trainer trainer, string? tokenizer = null) => (_store, _trainer, _tokenizer) = (store, trainer, tokenizer);

    /// <summary>Copies the state and begins to write it.</summary>
    /// <exception cref="IOException">The save before this one failed.</exception>
    public void Save(TrainingState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        Wait();
        Decoder copy = ModelCopy();
        string json = state.ToJson();
        var files = new List<(string Name, List<SafetensorsSource> Tensors)>();
        for (int i = 0; i < _trainer.Optimizers.Optimizers.Count; i++)
            files.Add((OptimizerFile(i), Copied(OptimizerFile(i), _trainer.Optimizers.Optimizers[i].ExportState())));
        if (_trainer.Average is not null)
            files.Add((AverageFile, Copied(AverageFile, _trainer.Average.ExportState())));
        _writing = Task.Run(() => Write(copy, state.Step, json, files));
    }

    /// <summary>Waits until what was begun is on the disk.</summary>
    public void Wait() => _writing.GetAwaiter().GetResult();

    /// <summary>Sets model, optimizers, average and gates of a trainer to a checkpoint, and returns the rest of its state.</summary>
    /// <exception cref="CheckpointException">A file of it is not what was written; the trainer is as before.</exception>
    public static TrainingState Restore(Trainer trainer, Checkpoint checkpoint)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        ArgumentNullException.ThrowIfNull(checkpoint);
        CheckpointChecksums.Verify(checkpoint.Folder);
        TrainingState state = checkpoint.ReadState();
        using (Decoder saved = HfCheckpoint.Load(checkpoint.Folder, trainer.Model.Device, trainer.Model.DType, trainable: false))
            ModelWeights.Copy(saved, trainer.Model);
        foreach (var group in trainer.Optimizers.Groups)
            group.RefreshMaster();
        for (int i = 0; i < trainer.Optimizers.Optimizers.Count; i++)
        {
            // Master weights finer than the model's own are part of the optimizer's state.
            using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(checkpoint.TrainingFolder, OptimizerFile(i)));
            trainer.Optimizers.Optimizers[i].ImportState(file);
        }
        if (trainer.Average is not null)
        {
            using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(checkpoint.TrainingFolder, AverageFile));
            trainer.Average.ImportState(file);
        }
        trainer.Optimizers.ClearGradients();
        trainer.Losses.Restore(state.Losses);
        trainer.Norms.Restore(state.Norms);
        trainer.Steps = state.Step;
        return state;
    }

    private const string AverageFile = "average.safetensors";

    private static string OptimizerFile(int i) => i == 0 ? "optimizer.safetensors" : $"optimizer-{i}.safetensors";

    private void Write(Decoder model, long step, string state, List<(string Name, List<SafetensorsSource> Tensors)> files)
    {
        string folder = _store.Begin(step), training = Path.Combine(folder, "training");
        try
        {
            Directory.CreateDirectory(training);
            HfCheckpoint.Save(model, folder);
            foreach ((string name, List<SafetensorsSource> tensors) in files)
                SafetensorsWriter.Write(Path.Combine(training, name), tensors);
            if (_tokenizer is not null)
                TokenizerFiles.Copy(_tokenizer, folder);
            AtomicFile.WriteText(Path.Combine(training, CheckpointStore.StateFile), state);
            CheckpointChecksums.Write(folder);
        }
        catch
        {
            // On a full disk every byte counts.
            CheckpointStore.Abandon(folder);
            throw;
        }
        _store.Publish(folder, step);
    }

    private Decoder ModelCopy()
    {
        _copy ??= new Decoder(_trainer.Model.Device, _trainer.Model.Config, _trainer.Model.DType, trainable: false);
        ModelWeights.Assign(_trainer.Model, _copy);
        return _copy;
    }

    private List<SafetensorsSource> Copied(string file, IReadOnlyList<SafetensorsSource> tensors)
    {
        var copies = new List<SafetensorsSource>(tensors.Count);
        foreach (SafetensorsSource tensor in tensors)
        {
            string key = $"{file}/{tensor.Name}";
            byte[] memory = _memory.GetValueOrDefault(key) ?? [];
            copies.Add(tensor.Copied(ref memory));
            _memory[key] = memory;
        }
        return copies;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            Wait();
        }
        finally
        {
            _copy?.Dispose();
        }
    }
}
