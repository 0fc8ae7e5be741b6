using Athanor.Inference.Generation;
using Athanor.Inference.Running;
using Athanor.Models;
using Athanor.Models.Configuration;
using Athanor.Models.Initialization;
using Athanor.Models.Layers;
using Athanor.Tensors;

namespace Athanor.Inference.Tests.Testing;

/// <summary>Engines over small models of random weights, and what such models say without an engine.</summary>
internal static class TinyEngine
{
    /// <summary>One thread: tests run side by side, and what models compute does not depend on it.</summary>
    public static CpuDevice One { get; } = new(threads: 1);

    /// <summary>Odd sizes, so that rows do not begin where vectors do.</summary>
    public static ModelConfig Llama { get; } = new() { VocabularySize = 263, Width = 36, Layers = 2, Heads = 4, KeyValueHeads = 2, HeadSize = 18, FeedForwardWidth = 50, ContextLength = 512 };

    public static Decoder Model(ModelConfig? config = null, DType type = DType.F32, Device? device = null) =>
        new(device ?? One, config ?? Llama, type, new InitialValues(Seed: 7, Deviation: 0.25f, EmbeddingDeviation: 1, ScaleResidual: false), trainable: false);

    public static InferenceEngine Engine(Decoder model, EngineOptions? options = null) => new(model, TinyTokenizer.Bytes, options ?? new EngineOptions { BlockSize = 16, EndTokens = [] }, ownsModel: true);

    public static int[] Ids(int count, int seed, int vocabulary = 256)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(vocabulary))];
    }

    /// <summary>Everything a request gives: per candidate text, tokens, scores, end.</summary>
    public static async Task<IReadOnlyList<Result>> All(IEngine engine, GenerationRequest request, CancellationToken cancellation = default)
    {
        var results = new SortedDictionary<int, Result>();
        await foreach (GenerationChunk part in engine.GenerateAsync(request, cancellation))
        {
            Result result = results.TryGetValue(part.Candidate, out Result? known) ? known : results[part.Candidate] = new Result();
            Assert.Null(result.Finish);
            result.Text.Append(part.Text);
            result.Tokens.AddRange(part.Tokens);
            result.Scores.AddRange(part.LogProbs);
            result.Finish = part.Finish;
            result.StopText = part.StopText;
            result.Prompt = part.PromptLogProbs ?? result.Prompt;
            result.Usage = part.Usage;
        }
        return [.. results.Values];
    }

    /// <summary>The trainer's log-probability of each token after the first: one pass, no cache.</summary>
    public static float[] LogProbs(Decoder model, IReadOnlyList<int> tokens)
    {
        using StepScope scope = StepScope.Begin(model.Device, record: false);
        var shape = new Shape(1, tokens.Count - 1);
        return model.LogProbs(new DecoderInput(Tensor.From(model.Device, shape, tokens.Take(tokens.Count - 1).ToArray())), Tensor.From(model.Device, shape, tokens.Skip(1).ToArray())).ToArray();
    }

    /// <summary>The logits behind the last token: one pass, no cache.</summary>
    public static float[] LastLogits(Decoder model, int[] tokens)
    {
        using StepScope scope = StepScope.Begin(model.Device, record: false);
        Tensor hidden = model.Hidden(new DecoderInput(Tensor.From(model.Device, new Shape(1, tokens.Length), tokens)));
        return model.Logits(hidden.Slice(1, tokens.Length - 1, 1).Contiguous()).ToArray();
    }

    public sealed class Result
    {
        public System.Text.StringBuilder Text { get; } = new();
        public List<int> Tokens { get; } = [];
        public List<ScoredToken> Scores { get; } = [];
        public IReadOnlyList<ScoredToken>? Prompt { get; set; }
        public FinishReason? Finish { get; set; }
        public string? StopText { get; set; }
        public GenerationUsage? Usage { get; set; }
        public IEnumerable<float> LogProbs => Scores.Select(score => score.LogProb);
    }
}
