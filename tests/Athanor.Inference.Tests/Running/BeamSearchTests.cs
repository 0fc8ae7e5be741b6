using Athanor.Inference.Constraints;
using Athanor.Inference.Generation;
using Athanor.Inference.Running;
using Athanor.Inference.Sampling;
using Athanor.Inference.Tests.Testing;
using Athanor.Models;

namespace Athanor.Inference.Tests.Running;

public sealed class BeamSearchTests
{
    private const int End = 9;
    private static readonly int[] Letters = [3, 40, 77, 130];
    private static readonly SamplingOptions Few = new() { Temperature = 0, LogitBias = Enumerable.Range(0, 263).Where(id => !Letters.Contains(id) && id != End).ToDictionary(id => id, _ => float.NegativeInfinity) };

    [Fact]
    public async Task With_beams_for_all_texts_it_finds_what_a_search_through_all_texts_finds()
    {
        using Decoder model = TinyEngine.Model();
        await using var engine = new InferenceEngine(model, TinyTokenizer.Bytes, new EngineOptions { BlockSize = 16, MaxSequences = 256, TokenBudget = 512, EndTokens = [End] });
        foreach (int seed in Enumerable.Range(0, 4))
        {
            int[] prompt = TinyEngine.Ids(20, seed);
            var request = new GenerationRequest { Prompt = prompt, MaxTokens = 3, Beams = 64, Candidates = 8, LogProbs = 0, Sampling = Few };
            IReadOnlyList<TinyEngine.Result> found = await TinyEngine.All(engine, request);
            var all = new List<(double Mean, int[] Tokens, bool Ended)>();
            Walk(model, prompt, [], 3, all);
            (double Mean, int[] Tokens, bool Ended)[] best = [.. all.OrderByDescending(text => text.Mean).Take(8)];
            Assert.Equal(best.Select(text => text.Tokens), found.Select(result => result.Tokens.ToArray()));
            Assert.Equal(best.Select(text => text.Ended ? FinishReason.Stop : FinishReason.Length), found.Select(result => result.Finish!.Value));
        }
    }

    [Fact]
    public async Task A_few_beams_follow_the_textbook_and_neighbours_change_nothing()
    {
        using Decoder model = TinyEngine.Model();
        var sampling = new SamplingOptions { Temperature = 0, RepetitionPenalty = 1.2 };
        await using var engine = new InferenceEngine(model, TinyTokenizer.Bytes, new EngineOptions { BlockSize = 16, TokenBudget = 40, MaxSequences = 16, CacheBytes = 400_000, EndTokens = [End] });
        (int[] Prompt, SamplingOptions Sampling)[] cases = [.. Enumerable.Range(0, 6).Select(seed => (TinyEngine.Ids(30 + seed, seed), seed % 2 == 0 ? Few : sampling))];
        IReadOnlyList<TinyEngine.Result>[] all = await Task.WhenAll(cases.Select(of => Task.Run(() => TinyEngine.All(engine, new GenerationRequest { Prompt = of.Prompt, MaxTokens = 12, Beams = 3, Candidates = 2, LogProbs = 1, Sampling = of.Sampling }))));
        for (int i = 0; i < cases.Length; i++)
        {
            List<(double Mean, int[] Tokens)> expected = Textbook(model, cases[i].Prompt, cases[i].Sampling, beams: 3, most: 12);
            Assert.Equal(expected.Take(2).Select(text => text.Tokens), all[i].Select(result => result.Tokens.ToArray()));
            Assert.All(all[i], result => Assert.Equal(result.Tokens, result.Scores.Select(score => score.Token)));
            Assert.All(all[i], result => Assert.Equal(TinyTokenizer.Bytes.Decode([.. result.Tokens], skipSpecial: true), result.Text.ToString()));
        }
        Assert.Equal(0, engine.Status.UsedBlocks);
    }

    [Fact]
    public async Task Constraints_stops_and_least_lengths_hold_for_beams()
    {
        using Decoder model = TinyEngine.Model();
        await using var engine = new InferenceEngine(model, TinyTokenizer.Bytes, new EngineOptions { BlockSize = 16, EndTokens = [TinyTokenizer.Bytes.EosId!.Value] });
        var request = new GenerationRequest { Prompt = TinyEngine.Ids(9, 1), MaxTokens = 20, Beams = 4, Candidates = 4, Sampling = new SamplingOptions { Temperature = 0 } };
        var grammar = TokenConstraints.Regex("(cat|hat|mat) [0-9]{2}", TinyTokenizer.Bytes);
        IReadOnlyList<TinyEngine.Result> matched = await TinyEngine.All(engine, request with { Constraint = grammar.Start });
        Assert.All(matched, result => Assert.Matches("^(cat|hat|mat) [0-9]{2}$", result.Text.ToString()));
        Assert.Equal(4, matched.Select(result => result.Text.ToString()).Distinct().Count());
        IReadOnlyList<TinyEngine.Result> stopped = await TinyEngine.All(engine, request with { Constraint = grammar.Start, Stop = ["at "] });
        Assert.All(stopped, result => Assert.Equal((FinishReason.Stop, "at ", 1), (result.Finish!.Value, result.StopText, result.Text.Length)));
        IReadOnlyList<TinyEngine.Result> least = await TinyEngine.All(engine, request with { MinTokens = 20 });
        Assert.All(least, result => Assert.Equal(20, result.Tokens.Count));
        Assert.Empty((await TinyEngine.All(engine, request with { MaxTokens = 0, Candidates = 1 }))[0].Tokens);
    }

    [Theory]
    [InlineData(2, 3, 0.0, "more beams")]
    [InlineData(2, 1, 0.5, "Temperature 0")]
    [InlineData(9, 1, 0.0, "9 beams")]
    public async Task Impossible_searches_are_refused(int beams, int candidates, double temperature, string message)
    {
        await using InferenceEngine engine = TinyEngine.Engine(TinyEngine.Model(), new EngineOptions { MaxSequences = 8, EndTokens = [] });
        var request = new GenerationRequest { Prompt = [1], Beams = beams, Candidates = candidates, Sampling = new SamplingOptions { Temperature = temperature } };
        Assert.Contains(message, (await Assert.ThrowsAsync<ArgumentException>(() => TinyEngine.All(engine, request))).Message, StringComparison.Ordinal);
    }

    private static void Walk(Decoder model, int[] prompt, int[] tokens, int most, List<(double, int[], bool)> all)
    {
        if (tokens.Length > 0)
        {
            double ended = Sum(model, prompt, [.. tokens, End]);
            all.Add((ended / (tokens.Length + 1), tokens, true));
        }
        else
        {
            all.Add((Sum(model, prompt, [End]), [], true));
        }
        foreach (int letter in Letters)
        {
            int[] longer = [.. tokens, letter];
            if (longer.Length == most)
                all.Add((Sum(model, prompt, longer) / most, longer, false));
            else
                Walk(model, prompt, longer, most, all);
        }
    }

    private static double Sum(Decoder model, int[] prompt, int[] tokens) => TinyEngine.LogProbs(model, [.. prompt, .. tokens])[(prompt.Length - 1)..].Sum(value => (double)value);

    // All continuations of all beams in one sorted list; no cache, no early end.
    private static List<(double Mean, int[] Tokens)> Textbook(Decoder model, int[] prompt, SamplingOptions sampling, int beams, int most)
    {
        var ended = new List<(double Mean, int[] Tokens)>();
        var open = new List<(double Sum, int[] Tokens)> { (0, []) };
        for (int length = 1; length <= most && open.Count > 0; length++)
        {
            var steps = new List<(double Sum, int[] Tokens)>();
            foreach ((double sum, int[] tokens) in open)
            {
                float[] logits = TinyEngine.LastLogits(model, [.. prompt, .. tokens]);
                double lse = Math.Log(logits.Sum(logit => Math.Exp(logit - logits.Max()))) + logits.Max();
                for (int token = 0; token < Math.Min(263, TinyTokenizer.Bytes.VocabularySize); token++)
                {
                    double adjusted = logits[token] + (sampling.LogitBias?.GetValueOrDefault(token) ?? 0);
                    if (prompt.Contains(token) || tokens.Contains(token))
                        adjusted = adjusted > 0 ? adjusted / sampling.RepetitionPenalty : adjusted * sampling.RepetitionPenalty;
                    if (double.IsFinite(adjusted))
                        steps.Add((sum + adjusted - lse, [.. tokens, token]));
                }
            }
            open = [];
            int rank = 0;
            foreach ((double sum, int[] tokens) in steps.OrderByDescending(step => step.Sum))
            {
                bool among = rank++ < beams;
                if (tokens[^1] == End)
                {
                    if (among)
                        ended.Add((sum / length, tokens[..^1]));
                    continue;
                }
                if (length == most)
                    ended.Add((sum / length, tokens));
                else
                    open.Add((sum, tokens));
                if (open.Count == beams || (length == most && ended.Count(text => text.Tokens.Length == most) == beams))
                    break;
            }
        }
        return [.. ended.OrderByDescending(text => text.Mean)];
    }
}
