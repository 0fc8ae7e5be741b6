using Athanor.Models;
using Athanor.Models.Layers;
using Athanor.Tensors;

namespace Athanor.Inference.Speculation;

/// <summary>
/// Guesses with a smaller model of the same vocabulary (Leviathan et al. 2023, arXiv 2211.17192; Chen et al. 2023, arXiv 2302.01318). It draws with the numbers that the text itself will be drawn
/// with, so its guess is right with a probability of at least (1 − d)/(1 + d), d being the distance |p − q|/2 of the two distributions, and tokens do not change, which those papers' rule of acceptance
/// (right with 1 − d, but with other numbers) would. One object serves one text.
/// </summary>
public sealed class DraftModel : ISpeculator
{
    // Most tokens of a pass: what a long prompt needs at once is bounded.
    private const int Part = 512;

    private readonly Decoder _model;
    private readonly KeyValueCache _cache;
    private readonly List<int> _read = [];
    private float[] _logits = [];

    /// <summary>A guesser.</summary>
    /// <param name="model">The small model, which is not disposed with the guesser.</param>
    /// <param name="capacity">Most tokens of the text.</param>
    public DraftModel(Decoder model, int capacity)
    {
        ArgumentNullException.ThrowIfNull(model);
        _model = model;
        _cache = new KeyValueCache(model.Device, model.Config, model.DType, 1, Math.Min(capacity, model.Config.ContextLength));
    }

    /// <summary>Makes guessers for an engine.</summary>
    /// <exception cref="ArgumentException">The small model has fewer tokens than the tokenizer.</exception>
    public static SpeculatorFactory Factory(Decoder draft, int vocabulary)
    {
        ArgumentNullException.ThrowIfNull(draft);
        if (draft.Config.VocabularySize < vocabulary)
            throw new ArgumentException($"The draft model has {draft.Config.VocabularySize} tokens, the tokenizer {vocabulary}. Take a draft model of the same tokenizer.", nameof(draft));
        return capacity => new DraftModel(draft, capacity);
    }

    /// <inheritdoc/>
    public bool ReadsHidden => false;

    /// <inheritdoc/>
    public void Propose(in SpeculationPlace place, DraftTree guesses, int most)
    {
        ArgumentNullException.ThrowIfNull(guesses);
        ReadOnlySpan<int> text = place.Tokens;
        // Beyond its context the small model knows nothing.
        most = Math.Min(most, _cache.Capacity - text.Length);
        if (most < 1)
            return;
        Return(text);
        int node = DraftTree.Root;
        for (int ahead = 0; ahead < most; ahead++)
        {
            ReadOnlySpan<float> logits = ahead == 0 ? Read(text[_read.Count..]) : Read(guesses.Tokens[^1..]);
            if (place.Vocabulary > 0 && place.Vocabulary < logits.Length)
                logits = logits[..place.Vocabulary];
            node = guesses.Add(place.Sampler.Draw(logits, ahead: ahead), node);
        }
    }

    /// <summary>Forgets what was read beyond the common beginning, but for the last token of the text, which is read again.</summary>
    private void Return(ReadOnlySpan<int> text)
    {
        int common = 0;
        while (common < _read.Count && common < text.Length - 1 && _read[common] == text[common])
            common++;
        if (common == _read.Count)
            return;
        // A window that has turned cannot go back.
        if (_cache.Length > _cache.Slots)
        {
            common = 0;
            _cache.Clear();
        }
        _cache.Truncate(common);
        _read.RemoveRange(common, _read.Count - common);
    }

    private ReadOnlySpan<float> Read(ReadOnlySpan<int> tokens)
    {
        int vocabulary = _model.Config.VocabularySize;
        if (_logits.Length == 0)
            _logits = new float[vocabulary];
        for (int done = 0; done < tokens.Length; done += Part)
        {
            ReadOnlySpan<int> part = tokens.Slice(done, Math.Min(Part, tokens.Length - done));
            using StepScope scope = StepScope.Begin(_model.Device, record: false);
            Tensor hidden = _model.Hidden(new DecoderInput(Tensor.From(_model.Device, new Shape(1, part.Length), part)), _cache);
            if (done + part.Length == tokens.Length)
                _model.LogitRows(hidden.Slice(1, part.Length - 1, 1).Contiguous(), _logits, default);
        }
        foreach (int token in tokens)
            _read.Add(token);
        return _logits;
    }

    /// <inheritdoc/>
    public void Dispose() => _cache.Dispose();
}
