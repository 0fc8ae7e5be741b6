using Athanor.Inference.Generation;
using Athanor.Inference.Running;
using Athanor.Inference.Sampling;
using Athanor.Models;
using Athanor.Models.Configuration;
using Athanor.Tokenizers;
using Athanor.Training.Batches;
using Athanor.Training.Sampling;

namespace Athanor.Cli.Generate;

/// <summary>Texts behind prompts, by an engine: what the verb <c>generate</c> and the samples of recipes have in common.</summary>
internal static class TextWriting
{
    /// <summary>The settings of an engine for a few texts of a model.</summary>
    /// <param name="frame">What begins a document begins another within a text: models of packed documents end theirs by it where they learned no end token.</param>
    /// <param name="ends">More tokens that end a text.</param>
    /// <param name="length">Tokens of the longest prompt and its answer; learned positions bound it.</param>
    public static EngineOptions Settings(Decoder model, DocumentFrame frame, IEnumerable<int> ends, int length, int texts = 1) => new()
    {
        EndTokens = [.. ((int?[])[frame.Begin, frame.End]).OfType<int>().Concat(ends).Distinct()],
        ContextLength = model.Config.Position == PositionKind.Learned ? model.Config.ContextLength : length,
        MaxSequences = texts,
        CacheBytes = 1L << 40, // As much as the texts need.
    };

    /// <summary>The tokens of a prompt as documents begin.</summary>
    /// <exception cref="ArgumentException">It is empty and documents have no begin token.</exception>
    public static int[] Tokens(Tokenizer tokenizer, DocumentFrame frame, string prompt)
    {
        int[] own = tokenizer.Encode(prompt), tokens = frame.Begin is { } begin ? [begin, .. own] : own;
        return tokens.Length > 0 ? tokens : throw new ArgumentException("The prompt is empty and documents have no begin token. Give a prompt.", nameof(prompt));
    }

    /// <summary>The request that settings ask for.</summary>
    public static GenerationRequest Request(IReadOnlyList<int> prompt, SamplingSettings settings) => new()
    {
        Prompt = prompt,
        MaxTokens = settings.MaxTokens,
        Stop = settings.Stop,
        Sampling = new SamplingOptions
        {
            Temperature = settings.Temperature,
            TopK = settings.TopK,
            TopP = settings.TopP,
            MinP = settings.MinP,
            TypicalP = settings.TypicalP,
            RepetitionPenalty = settings.RepetitionPenalty,
            PresencePenalty = settings.PresencePenalty,
            FrequencyPenalty = settings.FrequencyPenalty,
            Seed = settings.Seed,
        },
    };

    /// <summary>Writes a text and tells it on the way.</summary>
    /// <param name="written">Gets the text in parts as it becomes certain.</param>
    public static async Task<WrittenText> Write(IEngine engine, GenerationRequest request, Action<string>? written, CancellationToken cancellation)
    {
        var text = new System.Text.StringBuilder();
        int tokens = 0;
        GenerationChunk last = new();
        await foreach (GenerationChunk part in engine.GenerateAsync(request, cancellation).ConfigureAwait(false))
        {
            text.Append(part.Text);
            tokens += part.Tokens.Count;
            if (part.Text.Length > 0)
                written?.Invoke(part.Text);
            last = part;
        }
        return new WrittenText(text.ToString(), tokens, last.Finish ?? FinishReason.Length, last.StopText, last.Usage ?? new GenerationUsage(request.Prompt.Count, 0, tokens));
    }
}
