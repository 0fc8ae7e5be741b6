using Athanor.Models;
using Athanor.Models.Initialization;
using Athanor.Runs.Ledger;
using Athanor.Runs.Progress;
using Athanor.Runs.Recipes;
using Athanor.Tensors;
using Athanor.Training.Batches;
using Athanor.Training.Checkpoints;
using Athanor.Training.Evaluation;
using Athanor.Training.Pretraining;

namespace Athanor.Training.Tests.Testing;

/// <summary>The loop of pretraining over documents in their order, in rows of 16 positions, four a step; its ledger and checkpoints lie in a folder by its name.</summary>
internal sealed class TestRun(TemporaryFolder folder, string name, TokenSource source, TrainerSettings settings)
{
    public const int Rows = 4, Length = 16;

    /// <summary>The model; the same seed gives the same.</summary>
    public Func<Decoder> Model { get; init; } = () => Tiny.Model();

    public int SaveEvery { get; init; } = 20;

    /// <summary>Where checkpoints lie.</summary>
    public CheckpointStore Store { get; } = new(folder[$"{name}-checkpoints"]);

    /// <summary>Where the ledger lies; once it was run.</summary>
    public string Ledger { get; private set; } = "";

    public static RowPacker Packer(TokenSource source) => new(new Mixture([source], shuffle: false), Corpus.Frame, RowFilling.Concatenate);

    /// <summary>Trains from the newest checkpoint, and stops about where <paramref name="cutAt"/> says.</summary>
    /// <returns>The weights at the end.</returns>
    public float[][] Go(long cutAt = -1)
    {
        var vocabulary = new RecipeVocabulary();
        vocabulary.Stage(StageKind.Of<NoSettings>("none", "1", "Does nothing.", "nothing", (_, _, _) => Task.CompletedTask));
        using RunLedger ledger = RunLedger.Start(folder["runs"], Recipe.Parse(System.Text.Encoding.UTF8.GetBytes($"name: {name}\nstages: {{ a: {{ use: none }} }}"), vocabulary));
        Ledger = ledger.Folder;
        using var cancel = new CancellationTokenSource();
        using Decoder model = Model();
        using var trainer = new Trainer(model, settings);
        using var loader = new BatchLoader(Packer(source), step =>
        {
            if (step == cutAt)
                cancel.Cancel();
            return new BatchShape(Rows, Length);
        });
        using var writer = new CheckpointWriter(Store, trainer);
        new TrainingRun(trainer, loader, Store, writer, new Validator(Corpus.Frame, Length, Rows), [], null,
            new TrainingRunSettings { SaveEvery = SaveEvery, DumpFolder = ledger.Folder }, ledger.Metrics("a"), ledger, new RunProgress().Begin("a"), "a").Run(cancel.Token);
        return Tiny.Weights(model);
    }

    /// <summary>A model whose checkpoint must be read to make it the same.</summary>
    public static Decoder Other() => new(Device.Default, Tiny.Config, DType.F32, new InitialValues(Seed: 77));
}
