using Athanor.Inference.Generation;
using Athanor.Inference.Running;
using Athanor.Inference.Sampling;
using Athanor.Inference.Tests.Testing;
using Athanor.Models;
using Athanor.Tensors;
using Athanor.Tensors.Cpu;

namespace Athanor.Inference.Tests.Running;

public sealed class InvarianceTests
{
    public static TheoryData<string, DType> Paths()
    {
        var data = new TheoryData<string, DType> { { "simd", DType.F32 }, { "simd", DType.BF16 } };
        if (new CpuDevice() is { Path: KernelPath.Amx })
            data.Add("amx", DType.BF16);
        return data;
    }

    private static CpuDevice DeviceOf(string path) => new(path == "amx" ? KernelPath.Amx : KernelPath.Simd, threads: 1);

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task Log_probabilities_are_the_trainers_to_the_bit(string path, DType type)
    {
        using Decoder model = TinyEngine.Model(type: type, device: DeviceOf(path));
        await using var engine = new InferenceEngine(model, TinyTokenizer.Bytes, new EngineOptions { BlockSize = 16, TokenBudget = 40, EndTokens = [] });
        int[] prompt = TinyEngine.Ids(90, 1);
        TinyEngine.Result result = (await TinyEngine.All(engine, new GenerationRequest { Prompt = prompt, MaxTokens = 60, LogProbs = 3, PromptLogProbs = 2, Sampling = new SamplingOptions { Seed = 5 } }))[0];
        Assert.Equal(60, result.Tokens.Count);
        float[] expected = TinyEngine.LogProbs(model, [.. prompt, .. result.Tokens]);
        Assert.Equal(expected, result.Prompt!.Select(score => score.LogProb).Concat(result.LogProbs));
        Assert.Equal([.. prompt[1..], .. result.Tokens], result.Prompt!.Concat(result.Scores).Select(score => score.Token));
        Assert.All(result.Scores, score => Assert.Equal(score.Top.OrderByDescending(top => top.LogProb).ThenBy(top => top.Token), score.Top));
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task Neighbours_chunks_cached_prefixes_and_preemption_change_no_bit(string path, DType type)
    {
        using Decoder model = TinyEngine.Model(type: type, device: DeviceOf(path));
        GenerationRequest[] requests = Requests(24);
        var alone = new List<IReadOnlyList<TinyEngine.Result>>();
        await using (var engine = new InferenceEngine(model, TinyTokenizer.Bytes, new EngineOptions { BlockSize = 64, EndTokens = [], PrefixCache = false }))
        {
            foreach (GenerationRequest request in requests)
                alone.Add(await TinyEngine.All(engine, request));
        }
        // Too few blocks for all, so that texts are given up and begun again; steps of few tokens, so that prompts come in parts.
        foreach ((int budget, int blocks, int size) in new[] { (24, 40, 16), (200, 24, 32) })
        {
            long bytes = 2L * model.Config.Layers * size * model.Config.KeyValueHeads * model.Config.HeadSize * type.Size() * blocks;
            await using var engine = new InferenceEngine(model, TinyTokenizer.Bytes, new EngineOptions { BlockSize = size, CacheBytes = bytes, TokenBudget = budget, MaxSequences = 12, EndTokens = [] });
            IReadOnlyList<TinyEngine.Result>[] together = await Task.WhenAll(requests.Select(request => Task.Run(() => TinyEngine.All(engine, request))));
            for (int i = 0; i < requests.Length; i++)
            {
                Assert.Equal(alone[i].Select(result => result.Tokens), together[i].Select(result => result.Tokens));
                Assert.Equal(alone[i].SelectMany(result => result.LogProbs), together[i].SelectMany(result => result.LogProbs));
                Assert.Equal(alone[i].Select(result => result.Text.ToString()), together[i].Select(result => result.Text.ToString()));
            }
            Assert.True(engine.Status.Preemptions > 0);
            Assert.True(engine.Status.CachedTokens > 0);
            Assert.Equal(0, engine.Status.UsedBlocks);
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task A_window_changes_nothing_but_what_is_kept(string path, DType type)
    {
        using Decoder model = TinyEngine.Model(TinyEngine.Llama with { SlidingWindow = 40 }, type, DeviceOf(path));
        await using var engine = new InferenceEngine(model, TinyTokenizer.Bytes, new EngineOptions { BlockSize = 16, TokenBudget = 33, MaxSequences = 4, EndTokens = [] });
        int[] prompt = TinyEngine.Ids(300, 2);
        TinyEngine.Result result = (await TinyEngine.All(engine, new GenerationRequest { Prompt = prompt, MaxTokens = 100, LogProbs = 0, Sampling = new SamplingOptions { Seed = 5 } }))[0];
        Assert.Equal(TinyEngine.LogProbs(model, [.. prompt, .. result.Tokens])[299..], result.LogProbs);
        // 4 texts of a window of 40, a step of 33 and a block.
        Assert.True(engine.Status.TotalBlocks <= 4 * 7);
    }

    [Fact]
    public async Task A_cache_of_bytes_is_near_and_as_independent_of_parts_and_neighbours()
    {
        using Decoder model = TinyEngine.Model();
        GenerationRequest[] requests = Requests(8);
        async Task<IReadOnlyList<TinyEngine.Result>[]> All(EngineOptions options, bool together)
        {
            await using var engine = new InferenceEngine(model, TinyTokenizer.Bytes, options);
            var all = new List<IReadOnlyList<TinyEngine.Result>>();
            if (together)
                return await Task.WhenAll(requests.Select(request => Task.Run(() => TinyEngine.All(engine, request))));
            foreach (GenerationRequest request in requests)
                all.Add(await TinyEngine.All(engine, request));
            return [.. all];
        }
        var bytes = new EngineOptions { CacheType = DType.I8, EndTokens = [] };
        IReadOnlyList<TinyEngine.Result>[] alone = await All(bytes, together: false), beside = await All(bytes with { BlockSize = 16, TokenBudget = 24, MaxSequences = 8 }, together: true);
        for (int i = 0; i < requests.Length; i++)
            Assert.Equal(alone[i].SelectMany(result => result.LogProbs), beside[i].SelectMany(result => result.LogProbs));
        // What the prompt's tokens get is not what they get exactly, but near.
        var scored = new GenerationRequest { Prompt = TinyEngine.Ids(120, 3), MaxTokens = 0, PromptLogProbs = 0 };
        await using var rough = new InferenceEngine(model, TinyTokenizer.Bytes, bytes);
        float[] exact = TinyEngine.LogProbs(model, scored.Prompt), near = [.. (await TinyEngine.All(rough, scored))[0].Prompt!.Select(score => score.LogProb)];
        double worst = exact.Zip(near, (a, b) => Math.Abs(a - (double)b)).Max();
        Assert.InRange(worst, 1e-6, 0.5);
    }

    private static GenerationRequest[] Requests(int count)
    {
        var random = new Random(3);
        int[] common = TinyEngine.Ids(100, 9);
        return [.. Enumerable.Range(0, count).Select(i => new GenerationRequest
        {
            Prompt = [.. common.Take(random.Next(2) * random.Next(100)), .. TinyEngine.Ids(random.Next(1, 90), i)],
            MaxTokens = random.Next(1, 60),
            LogProbs = random.Next(4),
            PromptLogProbs = i % 7 == 3 ? 1 : null,
            Candidates = i % 5 == 4 ? 3 : 1,
            Priority = random.Next(-1, 2),
            Sampling = new SamplingOptions { Temperature = i % 3 == 0 ? 0 : 1, TopP = i % 3 == 1 ? 0.9 : 1, Seed = i },
        })];
    }
}
