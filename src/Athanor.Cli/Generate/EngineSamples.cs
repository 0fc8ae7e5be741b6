using Athanor.Inference.Running;
using Athanor.Models;
using Athanor.Tokenizers;
using Athanor.Training.Batches;
using Athanor.Training.Sampling;

namespace Athanor.Cli.Generate;

/// <summary>Samples of recipes, written by an engine that lives as long as the writing.</summary>
internal sealed class EngineSamples : ISampleWriter
{
    public IReadOnlyList<string> Write(Decoder model, Tokenizer tokenizer, DocumentFrame frame, IReadOnlyList<string> prompts, SamplingSettings settings, CancellationToken cancellation = default) =>
        Task.Run(() => WriteAll(model, tokenizer, frame, prompts, settings, cancellation), CancellationToken.None).GetAwaiter().GetResult();

    private static async Task<string[]> WriteAll(Decoder model, Tokenizer tokenizer, DocumentFrame frame, IReadOnlyList<string> prompts, SamplingSettings settings, CancellationToken cancellation)
    {
        int[][] tokens = [.. prompts.Select(prompt => TextWriting.Tokens(tokenizer, frame, prompt))];
        var engine = new InferenceEngine(model, tokenizer, TextWriting.Settings(model, frame, [], tokens.Max(prompt => prompt.Length) + settings.MaxTokens, Math.Min(16, prompts.Count)));
        await using (engine.ConfigureAwait(false))
        {
            WrittenText[] texts = await Task.WhenAll(tokens.Select(prompt => TextWriting.Write(engine, TextWriting.Request(prompt, settings), null, cancellation))).ConfigureAwait(false);
            return [.. texts.Select(text => text.Text)];
        }
    }
}
