using Athanor.Models;
using Athanor.Tensors;
using Athanor.Training.Batches;
using Athanor.Training.Checkpoints;
using Athanor.Training.Pretraining;
using Athanor.Training.Tests.Testing;

namespace Athanor.Training.Tests;

/// <summary>This assembly as a process of its own, to be killed in the middle of its training.</summary>
internal static class Program
{
    public const int Steps = 80;

    public static int Main(string[] arguments)
    {
        if (arguments is not ["train", var shard, var folder])
        {
            Console.Error.WriteLine("This assembly holds tests: run them with 'dotnet test'.");
            return 1;
        }
        using Decoder model = Tiny.Model(DType.BF16);
        Train(model, shard, folder, () => Console.WriteLine("ready"));
        return 0;
    }

    /// <summary>Trains to the end from the newest checkpoint, saving every fifth step and at the end.</summary>
    public static void Train(Decoder model, string shard, string folder, Action ready)
    {
        using TokenSource source = TokenSource.Open("a", shard);
        using var trainer = new Trainer(model, Tiny.Settings with { Steps = Steps, AverageDecay = 0.9 });
        var store = new CheckpointStore(folder);
        using var loader = new BatchLoader(new RowPacker(new Mixture([source], seed: 1), Corpus.Frame), _ => new BatchShape(8, 32));
        if (store.Latest() is { } latest)
            loader.Restore(CheckpointWriter.Restore(trainer, latest).Cursor, latest.Step);
        using var writer = new CheckpointWriter(store, trainer);
        ready();
        while (trainer.Steps < Steps)
        {
            Batch batch = loader.Next();
            trainer.Step(batch);
            if (trainer.Steps % 5 == 0)
                writer.Save(new TrainingState { Step = trainer.Steps, Seed = 0, Cursor = batch.After, Losses = [.. trainer.Losses.Values], Norms = [.. trainer.Norms.Values] });
        }
    }
}
