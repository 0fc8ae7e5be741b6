using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Athanor.Inference.Loading;
using Athanor.Inference.Running;
using Athanor.Serving.Catalog;
using Athanor.Serving.Requests;
using Athanor.Tensors;
using Athanor.Testing;
using Xunit.Abstractions;

namespace Athanor.Serving.Tests.Soak;

/// <summary>A server under everything at once for ten minutes (ATHANOR_SOAK_SECONDS says otherwise): good requests, bad ones, and clients that misbehave.</summary>
[Trait("Category", "Long")]
public class SoakTests(ITestOutputHelper output)
{
    private const int Clients = 16;
    private const long MostGrowth = 96L << 20;
    private const string Model = "stories260K/stories260K.bin";

    [SharedDataFact(Model)]
    public async Task Nothing_is_lost_and_memory_stays_bounded()
    {
        double seconds = double.TryParse(Environment.GetEnvironmentVariable("ATHANOR_SOAK_SECONDS"), CultureInfo.InvariantCulture, out double given) ? given : 600;
        // One thread: a busy machine makes a team of threads wait for each other at every product.
        await using InferenceEngine engine = EngineLoader.Load(SharedData.Path(Model), new EngineOptions { MaxQueue = 64, CacheBytes = 64 << 20 }, new LoadOptions { Device = new CpuDevice(threads: 1) });
        var catalog = new ModelCatalog(new ServedModel("stories", engine));
        await using var server = new InferenceServer(catalog, new ServerOptions
        {
            Port = 0,
            MaxRequests = 24,
            DataRateGrace = TimeSpan.FromSeconds(2),
            MinReadRate = 1e6,
            Limits = new RequestLimits { MaxBodyBytes = 1 << 20 },
        });
        await server.StartAsync();
        var counts = new ConcurrentDictionary<string, int>(StringComparer.Ordinal);
        var wrong = new ConcurrentQueue<string>();
        long start = Stopwatch.GetTimestamp();
        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(seconds));
        Task[] clients = [.. Enumerable.Range(0, Clients).Select(i => Task.Run(async () =>
        {
            using var client = new SoakClient(server.Address, i, counts, wrong);
            await client.RunAsync(end.Token);
        }))];
        var memory = new List<(double Seconds, long Managed, long Resident)>();
        while (!end.IsCancellationRequested)
        {
            await Task.Delay(TimeSpan.FromSeconds(Math.Max(1, seconds / 20)));
            memory.Add((Stopwatch.GetElapsedTime(start).TotalSeconds, GC.GetTotalMemory(forceFullCollection: true), Environment.WorkingSet));
        }
        await Task.WhenAll(clients);
        foreach ((string what, int count) in counts.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            output.WriteLine($"{what}: {count}");
        foreach ((double at, long managed, long resident) in memory)
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{at:0} s: {managed / 1e6:0.0} MB managed, {resident / 1e6:0} MB resident"));
        Assert.True(wrong.IsEmpty, string.Join('\n', wrong.Take(20)));
        Assert.All(SoakClient.Kinds, kind => Assert.True(counts.Keys.Any(key => key.StartsWith(kind, StringComparison.Ordinal)), $"no {kind}"));

        // Slots and blocks are free, and it answers as at the beginning.
        for (int i = 0; i < 250 && (server.Requests > 0 || engine.Status.Running > 0); i++)
            await Task.Delay(20);
        Assert.Equal((0, 0, 0, 0), (server.Requests, engine.Status.Running, engine.Status.Waiting, engine.Status.UsedBlocks));
        using var client = new HttpClient { BaseAddress = server.Address };
        using HttpResponseMessage answer = await client.PostAsync("/v1/completions", new StringContent("""{"prompt":"Once","max_tokens":5}"""));
        Assert.True(answer.IsSuccessStatusCode);

        // From a third on there is nothing left to warm up.
        var warm = memory[memory.Count / 3];
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"growth of resident memory over the last two thirds: {(memory[^1].Resident - warm.Resident) / 1e6:0.0} MB, of managed memory {(memory[^1].Managed - warm.Managed) / 1e6:0.0} MB"));
        Assert.True(memory[^1].Managed - warm.Managed < MostGrowth && memory[^1].Resident - warm.Resident < MostGrowth, "memory grew");
    }
}
