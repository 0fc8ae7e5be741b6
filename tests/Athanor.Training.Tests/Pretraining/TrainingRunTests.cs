using System.Text.Json;
using Athanor.Models;
using Athanor.Models.Initialization;
using Athanor.Runs.Ledger;
using Athanor.Tensors;
using Athanor.Training.Batches;
using Athanor.Training.Checkpoints;
using Athanor.Training.Pretraining;
using Athanor.Training.Schedules;
using Athanor.Training.Tests.Testing;

namespace Athanor.Training.Tests.Pretraining;

public sealed class TrainingRunTests : IDisposable
{
    private const int Steps = 330;
    private static readonly TrainerSettings s_settings = Tiny.Settings with { Steps = Steps, LearningRate = 3e-3, Schedule = new ConstantSchedule(), SkipDeviations = 4 };
    private readonly TemporaryFolder _folder = new();
    private readonly TokenSource _source;

    public TrainingRunTests()
    {
        // About 300 steps of text with a rule, four and a half of noise, and the rule again.
        int[][] good = Corpus.Documents(1300);
        var random = new Random(9);
        int[][] noise = [.. Enumerable.Range(0, 9).Select(_ => Enumerable.Range(0, 30).Select(_ => random.Next(1, 40)).ToArray())];
        _source = Corpus.Source(_folder, "a", [.. good[..1150], .. noise, .. good[1150..]]);
    }

    public void Dispose()
    {
        _source.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_jump_of_the_loss_returns_to_the_last_checkpoint_and_leaves_its_data_out()
    {
        var run = new TestRun(_folder, "jump", _source, s_settings);
        float[][] weights = run.Go();
        JsonElement spike = Assert.Single(RunCatalog.Events(run.Ledger), e => e.GetProperty("event").GetString() == "loss_spike");
        long jumped = spike.GetProperty("step").GetInt64(), back = spike.GetProperty("returned_to").GetInt64();
        Assert.InRange(jumped, 290, 320);
        Assert.Equal((jumped - 3) / 20 * 20, back);
        // Three skipped steps in a row are taken back; of the noise behind them the steps are skipped alone.
        string[] metrics = File.ReadAllLines(Path.Combine(run.Ledger, "metrics.jsonl"));
        int rewound = Array.FindIndex(metrics, line => line.Contains("\"rewind\":\"loss spike\"", StringComparison.Ordinal));
        Assert.All(metrics[(rewound - 3)..rewound], line => Assert.Contains("\"skipped\":1", line, StringComparison.Ordinal));

        // By hand: the batches up to the checkpoint, then those behind the jump.
        using Decoder model = Tiny.Model();
        using var trainer = new Trainer(model, s_settings);
        RowPacker packer = TestRun.Packer(_source);
        Batch batch = packer.NewBatch();
        for (int step = 0; step < jumped; step++)
        {
            packer.Fill(batch, TestRun.Rows, TestRun.Length);
            if (step < back)
                trainer.Step(batch);
        }
        while (trainer.Steps < Steps)
        {
            packer.Fill(batch, TestRun.Rows, TestRun.Length);
            trainer.Step(batch);
        }
        Assert.Equal(Tiny.Weights(model), weights);
    }

    [Fact]
    public void Stopped_anywhere_around_a_jump_it_ends_in_the_same_weights()
    {
        var whole = new TestRun(_folder, "whole", _source, s_settings);
        float[][] weights = whole.Go();
        long jumped = RunCatalog.Events(whole.Ledger).First(e => e.GetProperty("event").GetString() == "loss_spike").GetProperty("step").GetInt64();
        // The loader is a step or two ahead, so these are moments before, within and behind the jump.
        long[] cuts = [jumped - 7, jumped, jumped + 5];
        foreach (long cut in cuts)
        {
            string name = $"cut{cut}";
            Assert.Throws<OperationCanceledException>(() => new TestRun(_folder, name, _source, s_settings).Go(cut));
            Assert.Equal(weights, new TestRun(_folder, name, _source, s_settings) { Model = TestRun.Other }.Go());
        }
    }

    [Fact]
    public void A_loss_that_is_no_number_ends_the_run_and_the_batch_can_be_read()
    {
        // The row of token 39 is no number, and nothing but document 400 has that token.
        int[][] documents = [.. Corpus.Documents(600).Select(document => document.Select(token => Math.Min(token, 38)).ToArray())];
        documents[400] = [1, 39, 2, 3];
        using TokenSource source = Corpus.Source(_folder, "nan", documents);
        var run = new TestRun(_folder, "nan", source, s_settings)
        {
            Model = () =>
            {
                var model = new Decoder(Device.Default, Tiny.Config with { TieEmbeddings = false }, DType.F32, new InitialValues(Seed: 5));
                float[] embedding = Tiny.Weights(model)[0];
                embedding[39 * Tiny.Config.Width] = float.NaN;
                model.Device.Upload(model.Parameters[0].Value, embedding);
                return model;
            },
        };
        var error = Assert.Throws<TrainingDivergedException>(() => run.Go());
        Assert.Contains($"the batch is in {error.Dump}", error.Message, StringComparison.Ordinal);
        using JsonDocument dump = JsonDocument.Parse(File.ReadAllBytes(error.Dump!));
        Assert.Equal(error.Step, dump.RootElement.GetProperty("step").GetInt64());
        Assert.Equal("NaN", dump.RootElement.GetProperty("loss").GetString());
        int[][] rows = [.. dump.RootElement.GetProperty("ids").EnumerateArray().Select(row => row.EnumerateArray().Select(id => id.GetInt32()).ToArray())];
        Assert.Equal((TestRun.Rows, TestRun.Length), (rows.Length, rows[0].Length));
        Assert.Contains(rows, row => row.Contains(39));
        // It is the very batch of that step, and what was saved before is sound.
        RowPacker packer = TestRun.Packer(source);
        Batch batch = packer.NewBatch();
        for (long step = 0; step <= error.Step; step++)
            packer.Fill(batch, TestRun.Rows, TestRun.Length);
        Assert.Equal(batch.Ids.ToArray(), rows.SelectMany(row => row));
        Assert.Equal(error.Step / 20 * 20, run.Store.Latest()!.Step);
        CheckpointChecksums.Verify(run.Store.Latest()!.Folder);
    }

    [Theory]
    [InlineData("model.safetensors", "is corrupt: ")]
    [InlineData("training/optimizer.safetensors", "is corrupt: ")]
    [InlineData("training/state.json", "is corrupt: ")]
    [InlineData("config.json", "the file is missing")]
    [InlineData("training/checksums.json", "is missing, so the checkpoint cannot be trusted")]
    public void Of_a_damaged_checkpoint_the_file_is_named_and_the_one_before_is_gone_on_from(string file, string problem)
    {
        TrainerSettings settings = s_settings with { Steps = 50 };
        float[][] weights = new TestRun(_folder, "sound", _source, settings).Go();
        var cut = new TestRun(_folder, "damaged", _source, settings);
        Assert.Throws<OperationCanceledException>(() => cut.Go(45));
        Checkpoint[] saved = [.. cut.Store.List()];
        Assert.Equal([20, 40], saved[..2].Select(checkpoint => checkpoint.Step));
        Damage(saved[^1], file, problem);
        var again = new TestRun(_folder, "damaged", _source, settings) { Model = TestRun.Other };
        Assert.Equal(weights, again.Go());
        JsonElement told = Assert.Single(RunCatalog.Events(again.Ledger), e => e.GetProperty("event").GetString() == "checkpoint_damaged");
        Assert.Contains(Path.Combine(saved[^1].Folder, file), told.GetProperty("problem").GetString(), StringComparison.Ordinal);
        Assert.Contains(problem, told.GetProperty("problem").GetString(), StringComparison.Ordinal);
        if (problem.Contains("corrupt", StringComparison.Ordinal))
            Assert.Matches("bytes with the CRC-32C [0-9a-f]{8}, written were [0-9]+ with [0-9a-f]{8}", told.GetProperty("problem").GetString());
        Assert.True(Directory.Exists(told.GetProperty("moved_to").GetString()));
    }

    [Fact]
    public void Where_no_checkpoint_is_whole_nothing_is_thrown_away()
    {
        TrainerSettings settings = s_settings with { Steps = 50 };
        var run = new TestRun(_folder, "all", _source, settings);
        Assert.Throws<OperationCanceledException>(() => run.Go(45));
        Checkpoint[] saved = [.. run.Store.List()];
        foreach (Checkpoint checkpoint in saved)
            Damage(checkpoint, "model.safetensors", "is corrupt: ");
        var error = Assert.Throws<CheckpointException>(() => run.Go());
        Assert.Contains(Path.Combine(saved[^1].Folder, "model.safetensors"), error.Message, StringComparison.Ordinal);
        Assert.Contains("Remove the checkpoint's folder", error.Message, StringComparison.Ordinal);
        Assert.Equal(saved, run.Store.List());
    }

    private static void Damage(Checkpoint checkpoint, string file, string problem)
    {
        string path = Path.Combine(checkpoint.Folder, file);
        if (problem.Contains("missing", StringComparison.Ordinal))
        {
            File.Delete(path);
            return;
        }
        byte[] bytes = File.ReadAllBytes(path);
        bytes[^20] ^= 4;
        File.WriteAllBytes(path, bytes);
    }
}
