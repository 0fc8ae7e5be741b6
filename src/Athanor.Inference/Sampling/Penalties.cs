namespace Athanor.Inference.Sampling;

/// <summary>Repetition, presence and frequency penalties of one text.</summary>
internal sealed class Penalties
{
    private readonly float _repetition, _presence, _frequency;
    private readonly Dictionary<int, int> _generated = [];
    private readonly HashSet<int> _prompt = [];

    private Penalties(SamplingOptions options, ReadOnlySpan<int> prompt)
    {
        (_repetition, _presence, _frequency) = ((float)options.RepetitionPenalty, (float)options.PresencePenalty, (float)options.FrequencyPenalty);
        if (_repetition == 1)
            return;
        foreach (int token in prompt)
            _prompt.Add(token);
    }

    private Penalties(Penalties other)
    {
        (_repetition, _presence, _frequency, _prompt) = (other._repetition, other._presence, other._frequency, other._prompt);
        _generated = new Dictionary<int, int>(other._generated);
    }

    /// <summary>The penalties, or null where there are none.</summary>
    public static Penalties? Of(SamplingOptions options, ReadOnlySpan<int> prompt) =>
        options is { RepetitionPenalty: 1, PresencePenalty: 0, FrequencyPenalty: 0 } ? null : new Penalties(options, prompt);

    public Penalties Fork() => new(this);

    public void Add(int token) => _generated[token] = _generated.GetValueOrDefault(token) + 1;

    public void Apply(Span<float> logits)
    {
        foreach (int token in _prompt)
        {
            if (token < logits.Length && !_generated.ContainsKey(token))
                logits[token] = Repeated(logits[token]);
        }
        foreach ((int token, int times) in _generated)
        {
            if (token < logits.Length)
                logits[token] = (_repetition == 1 ? logits[token] : Repeated(logits[token])) - (_presence + times * _frequency);
        }
    }

    private float Repeated(float logit) => logit > 0 ? logit / _repetition : logit * _repetition;
}
