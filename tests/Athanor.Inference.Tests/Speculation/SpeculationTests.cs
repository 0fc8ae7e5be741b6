using Athanor.Inference.Generation;
using Athanor.Inference.Running;
using Athanor.Inference.Sampling;
using Athanor.Inference.Speculation;
using Athanor.Inference.Tests.Testing;
using Athanor.Models;
using Athanor.Models.Initialization;
using Athanor.Models.Medusa;
using Athanor.Tensors;
using Athanor.Tensors.Cpu;

namespace Athanor.Inference.Tests.Speculation;

public sealed class SpeculationTests
{
    public static TheoryData<string, DType, string> Kinds()
    {
        var data = new TheoryData<string, DType, string>();
        foreach (string kind in (string[])["lookup", "draft", "medusa", "tree"])
        {
            data.Add("simd", DType.F32, kind);
            data.Add("simd", DType.BF16, kind);
            if (new CpuDevice() is { Path: KernelPath.Amx })
                data.Add("amx", DType.BF16, kind);
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Guessing_changes_no_token_and_no_bit_of_a_log_probability(string path, DType type, string kind)
    {
        var device = new CpuDevice(path == "amx" ? KernelPath.Amx : KernelPath.Simd);
        using Decoder model = TinyEngine.Model(type: type, device: device);
        GenerationRequest[] requests = Requests();
        var plain = new List<IReadOnlyList<TinyEngine.Result>>();
        await using (var engine = new InferenceEngine(model, TinyTokenizer.Bytes, new EngineOptions { BlockSize = 64, EndTokens = [] }))
        {
            foreach (GenerationRequest request in requests)
                plain.Add(await TinyEngine.All(engine, request));
        }
        var texts = new Dictionary<string, int[]>();
        for (int i = 0; i < requests.Length; i++)
            texts[string.Join(' ', requests[i].Prompt)] = [.. requests[i].Prompt, .. plain[i][0].Tokens];
        using Decoder draft = new(device, TinyEngine.Llama with { Layers = 1 }, type, new InitialValues(Seed: 7, Deviation: 0.25f, EmbeddingDeviation: 1, ScaleResidual: false), trainable: false);
        using MedusaHeads heads = Trained(model);
        SpeculatorFactory factory = kind switch
        {
            "lookup" => _ => new PromptLookup(1),
            "draft" => DraftModel.Factory(draft, 256),
            "medusa" => _ => new MedusaSpeculator(heads),
            _ => _ => new Knowing(texts),
        };
        // Steps of few tokens and few blocks, so that guesses are cut, dropped and given up.
        foreach ((int budget, int blocks) in new[] { (512, 400), (30, 64) })
        {
            long bytes = 2L * model.Config.Layers * 16 * model.Config.KeyValueHeads * model.Config.HeadSize * type.Size() * blocks;
            await using var engine = new InferenceEngine(model, TinyTokenizer.Bytes, new EngineOptions { BlockSize = 16, CacheBytes = bytes, TokenBudget = budget, MaxSequences = 8, EndTokens = [], Speculator = factory, SpeculationDepth = 6 });
            IReadOnlyList<TinyEngine.Result>[] all = await Task.WhenAll(requests.Select(request => Task.Run(() => TinyEngine.All(engine, request))));
            for (int i = 0; i < requests.Length; i++)
            {
                Assert.Equal(plain[i].Select(result => result.Tokens), all[i].Select(result => result.Tokens));
                Assert.Equal(plain[i].SelectMany(result => result.LogProbs), all[i].SelectMany(result => result.LogProbs));
                Assert.Equal(plain[i].Select(result => (result.Text.ToString(), result.Finish, result.StopText)), all[i].Select(result => (result.Text.ToString(), result.Finish, result.StopText)));
            }
            GenerationUsage[] usages = [.. all.SelectMany(results => results).Select(result => result.Usage).OfType<GenerationUsage>()];
            // Random texts repeat themselves by chance alone.
            Assert.True(kind == "lookup" || usages.Sum(usage => usage.AcceptedTokens) > 0, "no guess was right");
            Assert.All(usages, usage => Assert.Equal(usage.AcceptedTokens, usage.Speculation.Sum(place => place.Accepted)));
            Assert.All(usages, usage => Assert.Equal(usage.Speculation.Select(place => place.Accepted).OrderDescending(), usage.Speculation.Select(place => place.Accepted)));
            Assert.Equal(usages.Sum(usage => (long)usage.DraftedTokens), engine.Status.DraftedTokens);
            Assert.Equal(0, engine.Status.UsedBlocks);
        }
    }

    [Fact]
    public async Task A_draft_that_is_the_model_is_always_right()
    {
        using Decoder model = TinyEngine.Model();
        foreach (double temperature in (double[])[0, 1])
        {
            await using var engine = new InferenceEngine(model, TinyTokenizer.Bytes, new EngineOptions { BlockSize = 16, EndTokens = [], Speculator = DraftModel.Factory(model, 256), SpeculationDepth = 4 });
            GenerationUsage usage = (await TinyEngine.All(engine, new GenerationRequest { Prompt = TinyEngine.Ids(20, 3), MaxTokens = 60, Sampling = new SamplingOptions { Seed = 2, Temperature = temperature, RepetitionPenalty = 1 } }))[0].Usage!;
            Assert.Equal(usage.DraftedTokens, usage.AcceptedTokens);
            Assert.True(usage.AcceptedTokens > 20);
        }
    }

    [Fact]
    public void Shared_numbers_let_a_draft_be_right_nearly_as_often_as_the_rule_of_acceptance_allows()
    {
        float[] target = Sampling.TokenSamplerTests.Normal(200, 1, 2), draft = [.. target.Zip(Sampling.TokenSamplerTests.Normal(200, 2, 0.5), (a, b) => a + b)];
        double[] p = PlainSampling.Distribution(target, new SamplingOptions()), q = PlainSampling.Distribution(draft, new SamplingOptions());
        double best = p.Zip(q, Math.Min).Sum(), least = best / (2 - best);
        int right = 0;
        for (int seed = 0; seed < 20_000; seed++)
        {
            var sampler = new TokenSampler(new SamplingOptions { Seed = seed });
            right += sampler.Draw(target) == sampler.Draw(draft) ? 1 : 0;
        }
        Assert.InRange(right / 20_000.0, least - 0.01, best + 0.01);
        Assert.InRange(least, 0.5, 0.9);
    }

    [Fact]
    public async Task Texts_with_guesses_follow_the_exact_distribution()
    {
        // The first two tokens behind a prompt, over seeds, against the model's own probabilities.
        using Decoder model = TinyEngine.Model(TinyEngine.Llama with { VocabularySize = 263 });
        int[] prompt = [4, 8, 4, 8, 4];
        var sampling = new SamplingOptions { Temperature = 0.8, TopK = 3 };
        await using var engine = new InferenceEngine(model, TinyTokenizer.Bytes, new EngineOptions { BlockSize = 16, EndTokens = [], Speculator = _ => new PromptLookup(1), SpeculationDepth = 3 });
        var counts = new Dictionary<(int, int), int>();
        const int Texts = 1500;
        foreach (int[] seeds in Enumerable.Range(0, Texts).Chunk(500))
        {
            IReadOnlyList<TinyEngine.Result>[] all = await Task.WhenAll(seeds.Select(seed => TinyEngine.All(engine, new GenerationRequest { Prompt = prompt, MaxTokens = 3, Sampling = sampling with { Seed = seed } })));
            foreach (IReadOnlyList<TinyEngine.Result> result in all)
                counts[(result[0].Tokens[0], result[0].Tokens[1])] = counts.GetValueOrDefault((result[0].Tokens[0], result[0].Tokens[1])) + 1;
        }
        int drawable = Math.Min(263, TinyTokenizer.Bytes.VocabularySize);
        double[] first = PlainSampling.Distribution(TinyEngine.LastLogits(model, prompt).AsSpan(0, drawable), sampling);
        var exact = new Dictionary<(int, int), double>();
        for (int a = 0; a < drawable; a++)
        {
            if (first[a] == 0)
                continue;
            double[] second = PlainSampling.Distribution(TinyEngine.LastLogits(model, [.. prompt, a]).AsSpan(0, drawable), sampling);
            for (int b = 0; b < drawable; b++)
            {
                if (second[b] > 0)
                    exact[(a, b)] = first[a] * second[b];
            }
        }
        Assert.All(counts.Keys, pair => Assert.Contains(pair, exact));
        Assert.InRange(ChiSquare.Excess([.. exact.Keys.Select(pair => counts.GetValueOrDefault(pair))], [.. exact.Values]), -4, 4);
    }

    [Fact]
    public void A_draft_model_of_another_vocabulary_is_refused()
    {
        using Decoder model = TinyEngine.Model();
        Assert.Contains("same tokenizer", Assert.Throws<ArgumentException>(() => DraftModel.Factory(model, 300)).Message, StringComparison.Ordinal);
    }

    // Fresh heads guess that the next tokens are like the last: some are right by chance.
    private static MedusaHeads Trained(Decoder model)
    {
        MedusaHeads heads = MedusaHeads.Of(model, 3);
        heads.Accuracy = [[0.5, 0.3, 0.2], [0.5, 0.3, 0.2], [0.5, 0.3]];
        return heads;
    }

    private static GenerationRequest[] Requests()
    {
        SamplingOptions[] samplings =
        [
            new() { Temperature = 0 },
            new() { Temperature = 0.5, Seed = 5 },
            new() { Temperature = 1, TopP = 0.9, Seed = 6, RepetitionPenalty = 1.1, FrequencyPenalty = 0.1 },
            new() { Temperature = 0, PresencePenalty = -0.5 },
            new() { Temperature = 0.3, TopK = 5, Seed = 7 },
        ];
        return [.. Enumerable.Range(0, 8).Select(i => new GenerationRequest
        {
            Prompt = TinyEngine.Ids(10 + 9 * i, i, 250),
            MaxTokens = 20 + 4 * i,
            Sampling = samplings[i % samplings.Length],
            Candidates = i % 4 == 3 ? 2 : 1,
            LogProbs = 2,
            Stop = i == 6 ? ["a", "e"] : [],
            MinTokens = i == 7 ? 10 : 0,
        })];
    }

    /// <summary>Knows how texts go on and hides it in a tree of wrong guesses; now and then it is wrong throughout.</summary>
    private sealed class Knowing(Dictionary<string, int[]> texts) : ISpeculator
    {
        private readonly Random _random = new(3);

        public bool ReadsHidden => true;

        public void Propose(in SpeculationPlace place, DraftTree guesses, int most)
        {
            int[] tokens = place.Tokens.ToArray();
            int[]? text = texts.Values.FirstOrDefault(text => text.AsSpan().StartsWith(tokens));
            int node = DraftTree.Root;
            for (int i = 0; i < most; i++)
            {
                int before = node, right = text is not null && tokens.Length + i < text.Length && _random.Next(5) > 0 ? text[tokens.Length + i] : _random.Next(256);
                for (int wrong = _random.Next(3); wrong > 0; wrong--)
                    guesses.Add(_random.Next(256), guesses.Add(_random.Next(256), before));
                node = guesses.Add(right, before);
                for (int wrong = _random.Next(2); wrong > 0; wrong--)
                    guesses.Add(_random.Next(256), before);
            }
        }

        public void Dispose()
        {
        }
    }
}
