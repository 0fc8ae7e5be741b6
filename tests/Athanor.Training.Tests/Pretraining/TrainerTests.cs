using Athanor.Models;
using Athanor.Tensors;
using Athanor.Training.Batches;
using Athanor.Training.Pretraining;
using Athanor.Training.Schedules;
using Athanor.Training.Tests.Testing;

namespace Athanor.Training.Tests.Pretraining;

public sealed class TrainerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TokenSource _source;

    public TrainerTests() => _source = Corpus.Source(_folder, "a", Corpus.Documents(200));

    public void Dispose()
    {
        _source.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(RowFilling.BestFit)]
    [InlineData(RowFilling.Concatenate)]
    public void Gradients_of_micro_batches_add_up_to_those_of_one_batch(RowFilling filling)
    {
        // Rows of 20 positions are padded unevenly, so a mean of means would differ.
        Batch batch = Tiny.Batch(_source, 7, 20, filling);
        using Decoder model = Tiny.Model();
        float[][] Gradients(int micro, out double loss)
        {
            using var trainer = new Trainer(model, Tiny.Settings with { MicroTokens = micro, ZLoss = 1e-4 });
            return Tiny.Gradients(trainer, batch, out loss);
        }
        float[][] whole = Gradients(7 * 20, out double one);
        foreach (int micro in (int[])[1, 40, 60])
        {
            Tiny.Near(whole, Gradients(micro, out double loss), 1e-5);
            Assert.Equal(one, loss, 5);
        }
    }

    [Fact]
    public void Packed_documents_train_like_rows_of_their_own()
    {
        int[][] documents = Corpus.Documents(12, 8, 20);
        using TokenSource source = Corpus.Source(_folder, "few", documents);
        using Decoder model = Tiny.Model();
        using var trainer = new Trainer(model, Tiny.Settings with { MicroTokens = 4096 });
        var whole = new RowPacker(new Mixture([source], seed: 3), Corpus.Frame, endless: false);
        Batch packed = whole.NewBatch(), separate = whole.NewBatch();
        whole.Fill(packed, 8, 48);
        separate.Resize(documents.Length, 21);
        separate.Targets.Fill(Batch.Ignored);
        for (int i = 0; i < documents.Length; i++)
        {
            int[] framed = [Corpus.End, .. documents[i], Corpus.End];
            framed.AsSpan(0, framed.Length - 1).CopyTo(separate.Ids[(i * 21)..]);
            framed.AsSpan(1).CopyTo(separate.Targets[(i * 21)..]);
            separate.TrainedTokens += framed.Length - 1;
        }
        Assert.Equal(documents.Sum(document => document.Length + 1), packed.TrainedTokens);
        Assert.Equal(packed.TrainedTokens, separate.TrainedTokens);
        float[][] expected = Tiny.Gradients(trainer, separate, out double loss);
        Tiny.Near(expected, Tiny.Gradients(trainer, packed, out double other), 2e-5);
        Assert.Equal(loss, other, 5);
    }

    [Fact]
    public void Recomputed_blocks_give_the_same_gradients()
    {
        Batch batch = Tiny.Batch(_source, 4, 32);
        using Decoder model = Tiny.Model();
        float[][] kept;
        using (var trainer = new Trainer(model, Tiny.Settings))
            kept = Tiny.Gradients(trainer, batch, out _);
        using var again = new Trainer(model, Tiny.Settings with { Recompute = true });
        Tiny.Near(kept, Tiny.Gradients(again, batch, out _), 1e-5);
    }

    [Theory]
    [InlineData(DType.F32)]
    [InlineData(DType.BF16)]
    public void The_first_loss_is_the_logarithm_of_the_vocabulary(DType type)
    {
        using Decoder model = Tiny.Model(type);
        using var trainer = new Trainer(model, Tiny.Settings);
        Assert.Equal(Math.Log(Corpus.Vocabulary), trainer.Step(Tiny.Batch(_source, 8, 32)).Loss, 0.05);
    }

    [Fact]
    public void A_tiny_model_learns_one_batch_by_heart()
    {
        Batch batch = Tiny.Batch(_source, 2, 16, RowFilling.Concatenate);
        using Decoder model = Tiny.Model();
        using var trainer = new Trainer(model, new TrainerSettings { Steps = 200, LearningRate = 1e-2, Warmup = 10, Schedule = new CosineSchedule(), SkipDeviations = 0 });
        double loss = 0;
        for (int step = 0; step < 200; step++)
            loss = trainer.Step(batch).Loss;
        Assert.True(loss < 0.01, $"The loss is {loss}.");
    }

    public static TheoryData<string> Choices => ["adamw", "adamw_8bit", "lion", "muon", "sgd"];

    [Theory]
    [MemberData(nameof(Choices))]
    public void Every_optimizer_learns(string name)
    {
        (OptimizerChoice choice, double rate) = name switch
        {
            "adamw_8bit" => (new AdamW8BitChoice(), 5e-3),
            "lion" => (new LionChoice { WeightDecay = 0.5 }, 1e-3),
            "muon" => (new MuonChoice(), 5e-3),
            "sgd" => ((OptimizerChoice)new SgdChoice { WeightDecay = 0 }, 0.3),
            _ => (new AdamWChoice(), 5e-3),
        };
        using Decoder model = Tiny.Model();
        using var trainer = new Trainer(model, Tiny.Settings with { Optimizer = choice, LearningRate = rate, Steps = 60, AverageDecay = 0.9 });
        using var loader = new BatchLoader(new RowPacker(new Mixture([_source]), Corpus.Frame), _ => new BatchShape(8, 32));
        double first = 0, last = 0;
        for (int step = 0; step < 60; step++)
        {
            last = trainer.Step(loader.Next()).Loss;
            first = step == 0 ? last : first;
        }
        Assert.True(last < first - 0.5, $"From {first} to {last}.");
    }

    [Fact]
    public void Gains_biases_and_embeddings_do_not_decay()
    {
        using Decoder model = Tiny.Model(config: Tiny.Config with { QkvBias = true });
        using var trainer = new Trainer(model, Tiny.Settings);
        foreach (var group in trainer.Optimizers.Groups)
        {
            bool matrices = group.Parameters.All(parameter => parameter.Name.StartsWith("layers.", StringComparison.Ordinal) && parameter.Shape.Rank == 2);
            Assert.Equal(matrices ? 1 : 0, group.WeightDecayFactor);
        }
        Assert.Equal(model.Parameters.Count, trainer.Optimizers.Groups.Sum(group => group.Parameters.Count));
    }

    [Fact]
    public void A_loss_that_is_no_number_changes_nothing()
    {
        using Decoder model = Tiny.Model();
        using var trainer = new Trainer(model, Tiny.Settings);
        Batch batch = Tiny.Batch(_source, 4, 32);
        trainer.Step(batch);
        float[][] before = Tiny.Weights(model);
        float[] embedding = [.. before[0]];
        embedding[batch.Ids[3] * 32] = float.NaN;
        model.Device.Upload(model.Parameters[0].Value, embedding);
        StepReport report = trainer.Step(batch);
        Assert.False(report.IsFinite);
        Assert.Equal(1, trainer.Steps);
        Assert.Equal(before[1..], Tiny.Weights(model)[1..]);
        model.Device.Upload(model.Parameters[0].Value, before[0]);
        Assert.True(trainer.Step(batch).IsFinite);
    }

    [Fact]
    public void An_outlier_is_skipped()
    {
        using Decoder model = Tiny.Model();
        using var trainer = new Trainer(model, Tiny.Settings with { Schedule = new ConstantSchedule() });
        Batch batch = Tiny.Batch(_source, 4, 32), strange = Tiny.Batch(_source, 4, 32);
        for (int step = 0; step < 80; step++)
            trainer.Step(batch);
        new Random(1).Shuffle(strange.Targets);
        float[][] before = Tiny.Weights(model);
        for (int i = 0; i < 20; i++)
            trainer.Losses.Add(trainer.Losses.Values.Last());
        Assert.True(trainer.Step(strange).Skipped);
        Assert.Equal(before, Tiny.Weights(model));
        Assert.False(trainer.Step(batch).Skipped);
    }

    [Fact]
    public void The_gate_knows_six_deviations()
    {
        var gate = new OutlierGate();
        for (int i = 0; i < 63; i++)
            gate.Add(i % 2);
        Assert.False(gate.IsOutlier(100, 6));
        gate.Add(1);
        // Mean 0.5, deviation 0.504.
        Assert.False(gate.IsOutlier(3.5, 6));
        Assert.True(gate.IsOutlier(3.55, 6));
        Assert.False(gate.IsOutlier(double.NegativeInfinity, 6));
    }

    [Fact]
    public void A_short_run_follows_its_recorded_curve()
    {
        using Decoder model = Tiny.Model();
        using var trainer = new Trainer(model, Tiny.Settings);
        using var loader = new BatchLoader(new RowPacker(new Mixture([_source], seed: 7), Corpus.Frame), _ => new BatchShape(8, 32));
        var curve = new List<double>();
        for (int step = 0; step < 40; step++)
            curve.Add(trainer.Step(loader.Next()).Loss);
        string text = string.Join(' ', curve.Where((_, step) => step % 4 == 3).Select(loss => loss.ToString("F3", System.Globalization.CultureInfo.InvariantCulture)));
        double[] recorded = [.. Golden.Split(' ').Select(value => double.Parse(value, System.Globalization.CultureInfo.InvariantCulture))];
        for (int i = 0; i < recorded.Length; i++)
            Assert.True(Math.Abs(recorded[i] - curve[4 * i + 3]) < 0.01, $"The curve is {text}.");
    }

    private const string Golden = "3.542 3.191 2.870 2.632 2.518 2.373 2.298 2.218 2.189 2.108";
}
