using Athanor.Models;
using Athanor.Models.Configuration;
using Athanor.Models.Layers;
using Athanor.Tensors;
using Athanor.Tokenizers;
using Athanor.Training.Batches;
using StringBuilder = System.Text.StringBuilder;

namespace Athanor.Training.Sampling;

/// <summary>Writes texts token by token with a cache of keys and values, one text at a time.</summary>
public sealed class TextGenerator
{
    private readonly Decoder _model;
    private readonly Tokenizer _tokenizer;
    private readonly DocumentFrame _frame;
    private readonly int[] _ends;

    /// <summary>A generator.</summary>
    /// <param name="frame">The frame of documents in training: prompts begin the way documents did.</param>
    /// <param name="ends">More tokens that end a text, beside the frame's.</param>
    public TextGenerator(Decoder model, Tokenizer tokenizer, DocumentFrame? frame = null, IReadOnlyCollection<int>? ends = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(tokenizer);
        (_model, _tokenizer, _frame) = (model, tokenizer, frame ?? DocumentFrame.Of(tokenizer.BosId, tokenizer.EosId));
        // A begin token within a text begins another: models of packed documents end theirs by it where they learned no end token.
        _ends = [.. ((int?[])[_frame.Begin, _frame.End]).OfType<int>().Concat(ends ?? []).Distinct()];
    }

    /// <summary>Goes on from a prompt, which may be empty where documents have a begin token.</summary>
    /// <exception cref="ArgumentException">The prompt is empty and documents have no begin token, it holds tokens the model has not, or is longer than the model has positions.</exception>
    public GeneratedText Continue(string prompt, SamplingSettings settings, CancellationToken cancellation = default) => Continue(prompt, settings, null, cancellation);

    /// <summary>Goes on from a prompt and tells what is written on the way.</summary>
    /// <param name="written">Gets the text in parts as it becomes certain; characters come whole, and nothing of a stop text.</param>
    /// <exception cref="ArgumentException">The prompt is empty and documents have no begin token, it holds tokens the model has not, or is longer than the model has positions.</exception>
    public GeneratedText Continue(string prompt, SamplingSettings settings, Action<string>? written, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        ArgumentNullException.ThrowIfNull(settings);
        int[] own = _tokenizer.Encode(prompt), tokens = _frame.Begin is { } begin ? [begin, .. own] : own;
        if (tokens.Length == 0)
            throw new ArgumentException("The prompt is empty and documents have no begin token. Give a prompt.", nameof(prompt));
        var continued = new ContinuedText(_tokenizer, own);
        var stops = new StopTexts(settings.Stop);
        var text = new StringBuilder();
        void Add(string part)
        {
            if (part.Length == 0)
                return;
            text.Append(part);
            written?.Invoke(part);
        }
        (IReadOnlyList<int> ids, EndReason reason) = Continue(_model, tokens, settings, _ends, token =>
        {
            Add(stops.Take(continued.Append(token)));
            return !stops.Found;
        }, _tokenizer.VocabularySize, cancellation);
        if (!stops.Found)
            Add(stops.Take(continued.Rest()));
        Add(stops.Rest());
        return new GeneratedText(tokens.Length, ids, stops.Found ? EndReason.Stop : reason, text.ToString());
    }

    /// <summary>Goes on from prompt tokens until an end token, <see cref="SamplingSettings.MaxTokens"/>, or until it is told to stop.</summary>
    /// <param name="ends">Tokens that end the text; they are not part of it.</param>
    /// <param name="written">Gets each token and says whether to go on.</param>
    /// <param name="vocabulary">Only ids below it are written: an embedding may have more rows than its tokenizer has tokens.</param>
    /// <exception cref="ArgumentException">The prompt holds tokens the model has not, or is longer than the model has positions.</exception>
    public static (IReadOnlyList<int> Tokens, EndReason Reason) Continue(
        Decoder model, ReadOnlySpan<int> prompt, SamplingSettings settings, IReadOnlyCollection<int>? ends = null, Func<int, bool>? written = null, int vocabulary = int.MaxValue, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(settings);
        foreach (int token in prompt)
        {
            if ((uint)token >= (uint)model.Config.VocabularySize)
                throw new ArgumentException($"The prompt holds the token {token}; the model has {model.Config.VocabularySize}. Take the tokenizer that belongs to it.", nameof(prompt));
        }
        int capacity = prompt.Length + settings.MaxTokens;
        if (model.Config.Position == PositionKind.Learned)
            capacity = Math.Min(capacity, model.Config.ContextLength);
        if (prompt.Length > capacity)
            throw new ArgumentException($"The prompt has {prompt.Length} tokens; the model has learned positions for {capacity}. Shorten it.", nameof(prompt));
        using var cache = new KeyValueCache(model.Device, model.Config, model.DType, 1, capacity);
        var sampler = new TokenSampler(settings, prompt);
        var tokens = new List<int>();
        var logits = new float[model.Config.VocabularySize];
        int[] next = prompt.ToArray();
        while (tokens.Count < settings.MaxTokens && cache.Length + next.Length <= capacity)
        {
            cancellation.ThrowIfCancellationRequested();
            using (StepScope.Begin(model.Device, record: false))
            {
                Tensor hidden = model.Hidden(new DecoderInput(Tensor.From(model.Device, new Shape(1, next.Length), next)), cache);
                model.Logits(hidden.Slice(1, next.Length - 1, 1).Contiguous()).CopyTo(logits);
            }
            int token = sampler.Next(logits.AsSpan(0, Math.Min(vocabulary, logits.Length)));
            if (ends?.Contains(token) == true)
                return (tokens, EndReason.End);
            tokens.Add(token);
            if (written?.Invoke(token) == false)
                return (tokens, EndReason.Stop);
            next = [token];
        }
        return (tokens, EndReason.Length);
    }
}
