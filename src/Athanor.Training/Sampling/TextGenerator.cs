using Athanor.Models;
using Athanor.Models.Layers;
using Athanor.Tensors;
using Athanor.Tokenizers;
using Athanor.Training.Batches;

namespace Athanor.Training.Sampling;

/// <summary>A text that a model wrote.</summary>
/// <param name="Tokens">Generated ids, without the end token.</param>
/// <param name="Ended">Whether the model ended it by its end token.</param>
/// <param name="Text">The decoded text.</param>
public sealed record GeneratedText(IReadOnlyList<int> Tokens, bool Ended, string Text);

/// <summary>Writes texts token by token with a cache of keys and values, one text at a time.</summary>
public sealed class TextGenerator
{
    private readonly Decoder _model;
    private readonly Tokenizer _tokenizer;
    private readonly DocumentFrame _frame;

    /// <summary>A generator.</summary>
    /// <param name="frame">The frame of documents in training: prompts begin the way documents did.</param>
    public TextGenerator(Decoder model, Tokenizer tokenizer, DocumentFrame? frame = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(tokenizer);
        (_model, _tokenizer, _frame) = (model, tokenizer, frame ?? DocumentFrame.Of(tokenizer.BosId, tokenizer.EosId));
    }

    /// <summary>Goes on from a prompt, which may be empty where documents have a begin token.</summary>
    public GeneratedText Continue(string prompt, SamplingSettings settings, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        var tokens = new List<int>();
        if (_frame.Begin is { } begin)
            tokens.Add(begin);
        tokens.AddRange(_tokenizer.Encode(prompt));
        if (tokens.Count == 0)
            throw new ArgumentException("The prompt is empty and documents have no begin token. Give a prompt.", nameof(prompt));
        (IReadOnlyList<int> written, bool ended) = Continue(_model, tokens.ToArray(), settings, _frame.End, cancellation);
        return new GeneratedText(written, ended, _tokenizer.Decode([.. written]));
    }

    /// <summary>Goes on from prompt tokens until the end token or <see cref="SamplingSettings.MaxTokens"/>.</summary>
    public static (IReadOnlyList<int> Tokens, bool Ended) Continue(Decoder model, ReadOnlySpan<int> prompt, SamplingSettings settings, int? end = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(settings);
        int capacity = prompt.Length + settings.MaxTokens;
        if (model.Config.Position == Models.Configuration.PositionKind.Learned)
            capacity = Math.Min(capacity, model.Config.ContextLength);
        using var cache = new KeyValueCache(model.Device, model.Config, model.DType, 1, capacity);
        var sampler = new TokenSampler(settings, prompt);
        var written = new List<int>();
        var logits = new float[model.Config.VocabularySize];
        int[] next = prompt.ToArray();
        while (written.Count < settings.MaxTokens && cache.Length + next.Length <= capacity)
        {
            cancellation.ThrowIfCancellationRequested();
            using (StepScope.Begin(model.Device, record: false))
            {
                Tensor hidden = model.Hidden(new DecoderInput(Tensor.From(model.Device, new Shape(1, next.Length), next)), cache);
                model.Logits(hidden.Slice(1, next.Length - 1, 1).Contiguous()).CopyTo(logits);
            }
            int token = sampler.Next(logits);
            if (token == end)
                return (written, true);
            written.Add(token);
            next = [token];
        }
        return (written, false);
    }
}
