using Athanor.Benchmarks.Training;
using Athanor.Data.Shards;
using Athanor.Models;
using Athanor.Models.Configuration;
using Athanor.Models.Initialization;
using Athanor.Runs.Ledger;
using Athanor.Runs.Progress;
using Athanor.Tensors;
using Athanor.Tensors.Optimizers;
using Athanor.Training.Batches;
using Athanor.Training.Pretraining;

namespace Athanor.Benchmarks;

/// <summary>
/// Topic train: the trainer (shards, packing, groups, clipping, outlier gates, ledger) beside the bare train step of the engine on the same sizes, in turns; the quickstart as a
/// whole; and how long a large checkpoint takes to open.
/// </summary>
internal static class TrainTopic
{
    public static int Run(Options options)
    {
        var device = (CpuDevice)Device.Default;
        var report = new Report(options, "train", device.Threads);
        if (options.Wants("quickstart") && !options.Quick)
            QuickstartCase.Run(report);
        if (options.Wants("open-checkpoint"))
            OpenCheckpointCase.Run(options, device, report);
        if (!options.Wants("trainer"))
            return 0;
        report.Group("trainer", $"bf16 on {device}; ratio: to the bare step of the engine, measured in turns");
        var size = new StackSize("llama-14m d384 L6 T256 B32", 384, 6, 6, 1024, 8192, 256, 32);
        string folder = Directory.CreateTempSubdirectory("athanor-train-").FullName;
        try
        {
            Compare(options, device, report, size, folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
        return 0;
    }

    private static void Compare(Options options, CpuDevice device, Report report, StackSize size, string folder)
    {
        using var stack = new LlamaStack(device, size, DType.BF16);
        using var group = new ParameterGroup("all", stack.Parameters);
        using var optimizer = new AdamW([group]);
        using var norm = new GradientNorm(group);
        int[] tokens = [.. Enumerable.Range(0, size.Tokens + 1).Select(i => (int)(i * 2654435761L % size.V))];

        string path = Path.Combine(folder, "train-0.shard");
        using (var writer = new TokenShardWriter(path, size.V, new byte[32]))
        {
            var random = new Random(1);
            // Documents of about the length of an entry of reference documentation.
            for (int i = 0; i < 20_000; i++)
                writer.Add([.. Enumerable.Range(0, random.Next(10, 150)).Select(_ => random.Next(1, size.V))]);
            writer.Complete();
        }
        using TokenSource source = TokenSource.Open("train", path);
        var config = new ModelConfig { VocabularySize = size.V, Width = size.D, Layers = size.L, Heads = size.H, FeedForwardWidth = size.F, ContextLength = size.T, TieEmbeddings = true };
        using var model = new Decoder(device, config, DType.BF16, new InitialValues());
        using var trainer = new Trainer(model, new TrainerSettings { Steps = 1_000_000, LearningRate = 3e-4 });
        using BatchLoader packed = Loader(source, RowFilling.BestFit, size), joined = Loader(source, RowFilling.Concatenate, size);

        using RunLedger ledger = RunLedger.Start(folder, QuickstartCase.Recipe());
        MetricWriter metrics = ledger.Metrics("pretrain");
        StageProgress progress = new RunProgress(new PlainProgress(TextWriter.Null)).Begin("pretrain");
        var meter = new TrainingMeter(model, packed.Mixture, bytesPerToken: 4);
        long trained = 0;

        double Bare(int _)
        {
            using (StepScope.Begin(device))
            {
                Tensor loss = stack.Loss(Tensor.From(device, new Shape(size.B, size.T), tokens.AsSpan(0, size.Tokens)), Tensor.From(device, new Shape(size.B, size.T), tokens.AsSpan(1, size.Tokens)));
                loss.Backward();
                optimizer.Step(3e-4f, norm.Measure(1).Scale);
                loss.Item();
            }
            return size.Tokens;
        }

        double Trained(BatchLoader loader)
        {
            Batch batch = loader.Next();
            StepReport step = trainer.Step(batch);
            trained += step.Tokens;
            meter.Write(metrics, step, batch, trained);
            progress.Report(trainer.Steps, FormattableString.Invariant($"loss {step.Loss:F3}, {meter.Rate:F0} tokens/s"));
            return size.Tokens;
        }

        Bare(0);
        Trained(packed);
        Trained(joined);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Trained(joined);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        var measure = new Measure();
        measure.Add("bare", Bare);
        measure.Add("joined", _ => Trained(joined));
        measure.Add("packed", _ => Trained(packed));
        measure.Go(options.Quick ? 6 : 30, rounds: options.Quick ? 2 : 4);
        report.Add(new Result("", $"{size.Name} bare step", measure.Median("bare"), "positions/s") { Best = measure.Best("bare") });
        foreach ((string name, string what) in new[] { ("joined", "trainer, concatenated rows"), ("packed", "trainer, packed documents") })
        {
            report.Add(new Result("", $"{size.Name} {what}", measure.Median(name), "positions/s")
            {
                Best = measure.Best(name),
                Peer = "bare step",
                PeerValue = measure.Median("bare"),
                BestRatio = measure.Best(name) / measure.Best("bare"),
            });
        }
        report.Add(new Result("", $"{size.Name} managed bytes a step", allocated, "bytes"));
    }

    private static BatchLoader Loader(TokenSource source, RowFilling filling, StackSize size) =>
        new(new RowPacker(new Mixture([source]), new DocumentFrame(0, 0), filling), _ => new BatchShape(size.B, size.T));
}
