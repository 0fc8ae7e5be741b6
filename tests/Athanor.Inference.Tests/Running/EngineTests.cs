using Athanor.Inference.Constraints;
using Athanor.Inference.Generation;
using Athanor.Inference.Running;
using Athanor.Inference.Sampling;
using Athanor.Inference.Tests.Testing;
using Athanor.Models;
using Athanor.Tensors;

namespace Athanor.Inference.Tests.Running;

public sealed class EngineTests
{
    private static readonly GenerationRequest Long = new() { Prompt = [1, 2, 3], MaxTokens = 400, Sampling = new SamplingOptions { Seed = 1 } };

    [Fact]
    public async Task Candidates_are_what_their_seeds_draw_alone()
    {
        await using InferenceEngine engine = TinyEngine.Engine(TinyEngine.Model());
        var request = new GenerationRequest { Prompt = TinyEngine.Ids(37, 1), MaxTokens = 30, LogProbs = 1, Candidates = 5, Sampling = new SamplingOptions { Seed = 40 } };
        IReadOnlyList<TinyEngine.Result> all = await TinyEngine.All(engine, request);
        Assert.Equal(5, all.Count);
        for (int i = 0; i < 5; i++)
        {
            TinyEngine.Result alone = (await TinyEngine.All(engine, request with { Candidates = 1, Sampling = new SamplingOptions { Seed = 40 + i } }))[0];
            Assert.Equal(alone.Tokens, all[i].Tokens);
            Assert.Equal(alone.LogProbs, all[i].LogProbs);
        }
        GenerationUsage usage = all.Single(result => result.Usage is not null).Usage!;
        Assert.Equal((37, 0, 150), (usage.PromptTokens, usage.CachedTokens, usage.GeneratedTokens));
        Assert.Equal(5, all.Select(result => string.Join(' ', result.Tokens)).Distinct().Count());
    }

    [Fact]
    public async Task The_best_of_several_are_the_likeliest()
    {
        await using InferenceEngine engine = TinyEngine.Engine(TinyEngine.Model());
        var request = new GenerationRequest { Prompt = [5, 6], MaxTokens = 12, LogProbs = 0, Candidates = 6, Sampling = new SamplingOptions { Seed = 3 } };
        IEnumerable<double> means = (await TinyEngine.All(engine, request)).Select(result => result.LogProbs.Average(p => (double)p)).OrderDescending();
        IReadOnlyList<TinyEngine.Result> best = await TinyEngine.All(engine, request with { Candidates = 2, BestOf = 6 });
        Assert.Equal(means.Take(2), best.Select(result => result.LogProbs.Average(p => (double)p)));
    }

    [Fact]
    public async Task Cancelling_frees_the_place_and_the_blocks()
    {
        await using InferenceEngine engine = TinyEngine.Engine(TinyEngine.Model(), new EngineOptions { BlockSize = 16, MaxSequences = 1, TokenBudget = 8, EndTokens = [] });
        using var stop = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (GenerationChunk _ in engine.GenerateAsync(Long, stop.Token))
                await stop.CancelAsync();
        });
        // One that left in the midst of reading.
        await foreach (GenerationChunk _ in engine.GenerateAsync(Long))
            break;
        Assert.Equal(20, (await TinyEngine.All(engine, Long with { MaxTokens = 20 }))[0].Tokens.Count);
        await Until(() => engine.Status is { Running: 0, Waiting: 0, UsedBlocks: 0 });
    }

    [Fact]
    public async Task A_full_queue_refuses_and_goes_on()
    {
        await using InferenceEngine engine = TinyEngine.Engine(TinyEngine.Model(), new EngineOptions { BlockSize = 16, MaxSequences = 1, TokenBudget = 8, MaxQueue = 2, EndTokens = [] });
        await using IAsyncEnumerator<GenerationChunk> running = engine.GenerateAsync(Long).GetAsyncEnumerator();
        Assert.True(await running.MoveNextAsync());
        Task<IReadOnlyList<TinyEngine.Result>>[] waiting = [TinyEngine.All(engine, Long with { MaxTokens = 2 }), TinyEngine.All(engine, Long with { MaxTokens = 2 })];
        EngineOverloadedException refused = await Assert.ThrowsAsync<EngineOverloadedException>(() => TinyEngine.All(engine, Long));
        Assert.InRange(refused.RetryAfter.TotalSeconds, 1, 60);
        TimeSpan wait = engine.Status.ExpectedWait;
        Assert.True(engine.Status.Waiting == 2 && wait > TimeSpan.Zero);
        await running.DisposeAsync();
        await Task.WhenAll(waiting);
        await Until(() => engine.Status is { Waiting: 0, ExpectedWait.Ticks: 0 });
        await TinyEngine.All(engine, Long with { MaxTokens = 2 });
    }

    [Fact]
    public async Task A_reader_that_sleeps_holds_nobody_up()
    {
        await using InferenceEngine engine = TinyEngine.Engine(TinyEngine.Model(), new EngineOptions { BlockSize = 16, MaxSequences = 1, TokenBudget = 8, EndTokens = [] });
        await using IAsyncEnumerator<GenerationChunk> slow = engine.GenerateAsync(Long).GetAsyncEnumerator();
        Assert.True(await slow.MoveNextAsync());
        Assert.Equal(400, (await TinyEngine.All(engine, Long))[0].Tokens.Count);
        int tokens = 1;
        while (await slow.MoveNextAsync())
            tokens += slow.Current.Tokens.Count;
        Assert.Equal(400, tokens);
    }

    [Fact]
    public async Task Impossible_requests_are_refused_before_they_wait()
    {
        await using InferenceEngine engine = TinyEngine.Engine(TinyEngine.Model());
        void Refused(GenerationRequest request, string word) =>
            Assert.Contains(word, Assert.ThrowsAny<ArgumentException>(() => engine.GenerateAsync(request)).Message, StringComparison.Ordinal);
        Refused(Long with { Prompt = [] }, "empty");
        Refused(Long with { Prompt = [1, 263] }, "263");
        Refused(Long with { Prompt = [-1] }, "-1");
        Refused(Long with { Prompt = new int[512] }, "512");
        Refused(Long with { Candidates = 0 }, "0 texts");
        Refused(Long with { Candidates = 33 }, "33 texts");
        Refused(Long with { Candidates = 4, BestOf = 2 }, "BestOf");
        Refused(Long with { MaxTokens = -1 }, "MaxTokens");
        Refused(Long with { LogProbs = 101 }, "LogProbs");
        Refused(Long with { Stop = [""] }, "stop text");
        Refused(Long with { Adapter = "french" }, "french");
        Refused(Long with { Sampling = new SamplingOptions { TopP = 0 } }, "TopP");
        await Assert.ThrowsAsync<ArgumentException>(async () => await engine.EmbedAsync([]));
        Assert.Throws<ArgumentException>(() => TinyEngine.Engine(TinyEngine.Model(), new EngineOptions { CacheBytes = 1000 }));
        Assert.Throws<ArgumentException>(() => TinyEngine.Engine(TinyEngine.Model(), new EngineOptions { BlockSize = 50 }));
        Assert.Throws<ArgumentException>(() => TinyEngine.Engine(TinyEngine.Model(), new EngineOptions { TokenBudget = 31 }));
    }

    [Fact]
    public async Task A_text_ends_where_the_context_does()
    {
        await using InferenceEngine engine = TinyEngine.Engine(TinyEngine.Model());
        TinyEngine.Result result = (await TinyEngine.All(engine, Long with { Prompt = TinyEngine.Ids(500, 1), MaxTokens = 100 }))[0];
        Assert.Equal((12, FinishReason.Length), (result.Tokens.Count, result.Finish));
        // A cache of 6 blocks has room for 96 tokens.
        await using InferenceEngine small = TinyEngine.Engine(TinyEngine.Model(), new EngineOptions { BlockSize = 16, CacheBytes = 6 * 2L * 2 * 16 * 2 * 18 * 4, EndTokens = [] });
        Assert.Equal(96, small.ContextLength);
        Assert.Equal(93, (await TinyEngine.All(small, Long))[0].Tokens.Count);
    }

    [Fact]
    public async Task Only_the_request_whose_logits_are_no_numbers_fails()
    {
        using Decoder model = TinyEngine.Model();
        Parameter table = model.Parameters.Single(parameter => parameter.Name == "embedding.weight").Value;
        var values = new float[table.Shape.Count];
        using (StepScope scope = StepScope.Begin(model.Device, record: false))
            table.Value.CopyTo(values);
        // The token 200 is poison.
        values.AsSpan(200 * 36, 36).Fill(float.NaN);
        model.Device.Upload(table, values);
        await using var engine = new InferenceEngine(model, TinyTokenizer.Bytes, new EngineOptions { BlockSize = 16, EndTokens = [] });
        var good = new GenerationRequest { Prompt = TinyEngine.Ids(40, 1, 100), MaxTokens = 50, Sampling = new SamplingOptions { Seed = 1, LogitBias = new Dictionary<int, float> { [200] = float.NegativeInfinity } } };
        Task<IReadOnlyList<TinyEngine.Result>> beside = TinyEngine.All(engine, good);
        InferenceException failed = await Assert.ThrowsAsync<InferenceException>(() => TinyEngine.All(engine, good with { Prompt = [.. good.Prompt.Take(20), 200, 3] }));
        Assert.Contains("no numbers", failed.Message, StringComparison.Ordinal);
        Assert.Equal(50, (await beside)[0].Tokens.Count);
        await Assert.ThrowsAsync<InferenceException>(async () => await engine.EmbedAsync([1, 200]));
        await Until(() => engine.Status.UsedBlocks == 0);
    }

    [Fact]
    public async Task A_constraint_that_throws_ends_its_request_alone()
    {
        await using InferenceEngine engine = TinyEngine.Engine(TinyEngine.Model());
        Task<IReadOnlyList<TinyEngine.Result>> beside = TinyEngine.All(engine, Long);
        InvalidOperationException thrown = await Assert.ThrowsAsync<InvalidOperationException>(() => TinyEngine.All(engine, Long with { Constraint = () => new Broken() }));
        Assert.Equal("broken", thrown.Message);
        await Assert.ThrowsAsync<NotSupportedException>(() => TinyEngine.All(engine, Long with { Constraint = () => throw new NotSupportedException() }));
        Assert.Equal(400, (await beside)[0].Tokens.Count);
    }

    [Fact]
    public async Task Stop_texts_tokens_and_lengths_end_a_text()
    {
        await using InferenceEngine engine = TinyEngine.Engine(TinyEngine.Model());
        TinyEngine.Result whole = (await TinyEngine.All(engine, Long))[0];
        string text = whole.Text.ToString(), stop = text.Substring(50, 2);
        int at = text.IndexOf(stop, StringComparison.Ordinal);
        TinyEngine.Result cut = (await TinyEngine.All(engine, Long with { Stop = [stop] }))[0];
        Assert.Equal((text[..at], stop, FinishReason.Stop), (cut.Text.ToString(), cut.StopText, cut.Finish));
        int token = whole.Tokens[30], first = whole.Tokens.IndexOf(token);
        TinyEngine.Result ended = (await TinyEngine.All(engine, Long with { StopTokens = [token] }))[0];
        Assert.Equal(whole.Tokens.Take(first), ended.Tokens);
        Assert.DoesNotContain(token, (await TinyEngine.All(engine, Long with { StopTokens = [token], MinTokens = 60, MaxTokens = 60 }))[0].Tokens);
        TinyEngine.Result read = (await TinyEngine.All(engine, Long with { MaxTokens = 0, PromptLogProbs = 2 }))[0];
        Assert.Equal((0, FinishReason.Length, 2), (read.Tokens.Count, read.Finish, read.Prompt!.Count));
    }

    [Fact]
    public async Task Embeddings_have_length_one_and_do_not_depend_on_parts_or_neighbours()
    {
        using Decoder model = TinyEngine.Model();
        int[] text = TinyEngine.Ids(130, 4);
        await using var whole = new InferenceEngine(model, TinyTokenizer.Bytes);
        await using var parts = new InferenceEngine(model, TinyTokenizer.Bytes, new EngineOptions { BlockSize = 16, TokenBudget = 40 });
        float[] expected = await whole.EmbedAsync(text);
        Assert.Equal(1, expected.Sum(x => (double)x * x), 1e-5);
        Task<IReadOnlyList<TinyEngine.Result>> beside = TinyEngine.All(parts, Long);
        Assert.Equal(expected.AsEnumerable(), await parts.EmbedAsync(text));
        Assert.Equal(expected.AsEnumerable(), await parts.EmbedAsync(text));
        await beside;
        Assert.NotEqual(expected.AsEnumerable(), await parts.EmbedAsync(text[1..]));
    }

    [Fact]
    public async Task Prefixes_are_shared_only_within_a_salt()
    {
        await using InferenceEngine engine = TinyEngine.Engine(TinyEngine.Model());
        var request = new GenerationRequest { Prompt = TinyEngine.Ids(100, 1), MaxTokens = 3, CacheSalt = "a", Sampling = new SamplingOptions { Seed = 1 } };
        async Task<int> Cached(GenerationRequest asked) => (await TinyEngine.All(engine, asked))[0].Usage!.CachedTokens;
        Assert.Equal(0, await Cached(request));
        Assert.Equal(96, await Cached(request));
        Assert.Equal(0, await Cached(request with { CacheSalt = "b" }));
        Assert.Equal(0, await Cached(request with { CacheSalt = null }));
        // Half of the blocks agree, and of a text that is all blocks the last one is computed again.
        Assert.Equal(48, await Cached(request with { Prompt = [.. request.Prompt.Take(50), .. TinyEngine.Ids(50, 2)] }));
        Assert.Equal(80, await Cached(request with { Prompt = [.. request.Prompt.Take(96)] }));
    }

    [Fact]
    public async Task Disposal_fails_what_is_not_done()
    {
        InferenceEngine engine = TinyEngine.Engine(TinyEngine.Model());
        Task<IReadOnlyList<TinyEngine.Result>> open = TinyEngine.All(engine, Long);
        await engine.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => open);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => TinyEngine.All(engine, Long));
        await engine.DisposeAsync();
    }

    private static async Task Until(Func<bool> holds)
    {
        for (int i = 0; !holds(); i++)
        {
            Assert.True(i < 6000, "It did not come to that within a minute.");
            await Task.Delay(10);
        }
    }

    private sealed class Broken : ITokenConstraint
    {
        public bool IsComplete => false;
        public bool MayEnd => false;
        public void FillMask(Span<uint> allowed) => throw new InvalidOperationException("broken");
        public bool TryAccept(int token) => true;
        public void Rollback(int tokens)
        {
        }

        public ITokenConstraint Fork() => new Broken();
    }
}
