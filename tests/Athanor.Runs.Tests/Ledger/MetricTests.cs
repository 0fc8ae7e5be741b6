using Athanor.Runs.Files;
using Athanor.Runs.Ledger;
using Athanor.Runs.Tests.Testing;
using FsCheck;
using FsCheck.Fluent;

namespace Athanor.Runs.Tests.Ledger;

public sealed class MetricTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ManualTime _time = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_step_is_one_line_of_json()
    {
        using (JsonLines file = Open())
            Writer(file, "pre\"train").Write(10, new Metric("train/loss", 3.25), new Metric("lr", 1e-5), new Metric("odd \u00e9", double.NaN), new Metric("far", double.NegativeInfinity));
        Assert.Equal("""{"stage":"pre\u0022train","step":10,"time":1767323045,"train/loss":3.25,"lr":1E-05,"odd \u00E9":"NaN","far":"-Infinity"}""" + "\n", File.ReadAllText(File0));
        IReadOnlyDictionary<string, IReadOnlyList<MetricPoint>> metrics = MetricReader.Read(_folder.FullName);
        Assert.Equal(new MetricPoint("pre\"train", 10, _time.GetUtcNow(), 1e-5), Assert.Single(metrics["lr"]));
        Assert.True(double.IsNaN(metrics["odd \u00e9"][0].Value));
        Assert.Equal(double.NegativeInfinity, metrics["far"][0].Value);
    }

    [Fact]
    public void Any_number_reads_back()
    {
        Prop.ForAll(ArbMap.Default.ArbFor<double[]>(), ArbMap.Default.ArbFor<long>(), (values, step) =>
        {
            File.Delete(File0);
            using (JsonLines file = Open())
            {
                MetricWriter writer = Writer(file);
                foreach (double value in values)
                    writer.Write(step, new Metric("x", value));
            }
            Assert.Equal(values, MetricReader.Read(_folder.FullName).GetValueOrDefault("x")?.Select(point => point.Value) ?? []);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_torn_line_is_passed_over_by_readers_and_cut_by_the_next_writer()
    {
        using (JsonLines file = Open())
            Writer(file).Write(1, new Metric("x", 1));
        string whole = File.ReadAllText(File0);
        for (int cut = 1; cut < whole.Length; cut++)
        {
            File.WriteAllText(File0, whole + whole[..cut].TrimEnd('\n'));
            Assert.Single(MetricReader.Read(_folder.FullName)["x"]);
            using (JsonLines file = Open())
            {
                Assert.Equal(Math.Min(cut, whole.Length - 1), file.Repaired);
                Writer(file).Write(2, new Metric("x", 2));
            }
            Assert.Equal([1L, 2L], MetricReader.Read(_folder.FullName)["x"].Select(point => point.Step));
        }
        File.WriteAllText(File0, new string('x', 10_000));
        using (JsonLines file = Open())
            Assert.Equal(10_000, file.Repaired);
        Assert.Equal(0, new FileInfo(File0).Length);
    }

    [Fact]
    public void Damaged_lines_in_the_middle_are_named_and_the_rest_is_read()
    {
        File.WriteAllText(File0, "{\"step\":1,\"x\":1}\n\0\0\0\0\n[1]\n{\"step\":2,\"x\":2}\n\n");
        var damaged = new List<long>();
        Assert.Equal(2, JsonLinesReader.Read(File0, damaged.Add).Count());
        Assert.Equal([2L, 3L, 5L], damaged);
        Assert.Equal(2, MetricReader.Read(_folder.FullName)["x"].Count);
    }

    [Fact]
    public void A_rewind_takes_back_the_later_lines_of_its_stage()
    {
        using (JsonLines file = Open())
        {
            MetricWriter train = Writer(file), other = Writer(file, "other");
            for (int step = 1; step <= 5; step++)
            {
                train.Write(step, new Metric("x", step));
                other.Write(step, new Metric("y", step));
            }
            train.Rewind(2, "loss spike at 5");
            train.Write(3, new Metric("x", 30));
        }
        Assert.Equal([1, 2, 30.0], MetricReader.Read(_folder.FullName)["x"].Select(point => point.Value));
        Assert.Equal(5, MetricReader.Read(_folder.FullName)["y"].Count);
    }

    [Fact]
    public void Writing_metrics_allocates_nothing_in_a_steady_state()
    {
        using JsonLines file = Open();
        MetricWriter writer = Writer(file);
        void Steps(int count)
        {
            for (int step = 0; step < count; step++)
                writer.Write(step, new Metric("train/loss", 1.0 / (step + 3)), new Metric("lr", step * 1e-7), new Metric("tokens_per_second", 12345.678));
        }
        Steps(500);
        long[] rounds = new long[4];
        for (int round = 0; round < rounds.Length; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Steps(500);
            rounds[round] = GC.GetAllocatedBytesForCurrentThread() - before;
        }
        Assert.Equal(0, rounds.Min());
    }

    [Fact]
    public void Lines_of_many_threads_do_not_mix()
    {
        using (JsonLines file = Open())
        {
            Parallel.For(0, 8, thread =>
            {
                MetricWriter writer = Writer(file, $"s{thread}");
                for (int step = 0; step < 200; step++)
                {
                    writer.Write(step, new Metric("x", step));
                    file.Append(json => json.WriteString("text", new string('x', step)));
                }
            });
        }
        Assert.Equal(3200, JsonLinesReader.Read(File0, line => Assert.Fail($"line {line}")).Count());
        Assert.All(MetricReader.Read(_folder.FullName)["x"].GroupBy(point => point.Stage), stage => Assert.Equal(Enumerable.Range(0, 200).Select(step => (double)step), stage.Select(point => point.Value)));
    }

    [Fact]
    public void A_reader_may_follow_a_writer()
    {
        using JsonLines file = Open();
        MetricWriter writer = Writer(file);
        for (int step = 0; step < 20; step++)
        {
            writer.Write(step, new Metric("x", step));
            Assert.Equal(step + 1, MetricReader.Read(_folder.FullName)["x"].Count);
        }
    }

    [Fact]
    public void A_full_disk_is_called_by_its_name()
    {
        if (!File.Exists("/dev/full"))
            return;
        using var file = new JsonLines("/dev/full");
        Assert.Contains("The disk is full", Assert.Throws<StorageException>(() => file.Append(json => json.WriteNumber("a", 1))).Message, StringComparison.Ordinal);
    }

    private string File0 => _folder["metrics.jsonl"];

    private JsonLines Open() => new(File0, time: _time);

    private MetricWriter Writer(JsonLines file, string stage = "train") => new(file, null, stage, _time);
}
