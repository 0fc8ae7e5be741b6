using Athanor.Training.Batches;

namespace Athanor.Training.Sampling;

/// <summary>Chooses tokens from logits. Its arrays are used again; one sampler serves one text.</summary>
public sealed class TokenSampler
{
    private readonly SamplingSettings _settings;
    private readonly HashSet<int> _seen;
    private readonly Dictionary<int, int> _generated = [];
    private ulong[] _order = [];
    private double[] _weights = [];
    private ulong _drawn;

    /// <summary>A sampler of a text.</summary>
    /// <param name="prompt">Tokens that the repetition penalty knows from the beginning.</param>
    public TokenSampler(SamplingSettings settings, ReadOnlySpan<int> prompt = default)
    {
        _settings = settings;
        _seen = [.. prompt];
    }

    /// <summary>Chooses the next token.</summary>
    /// <param name="logits">One for each id; changed by the penalties.</param>
    public int Next(Span<float> logits)
    {
        Penalize(logits);
        int token = _settings.Temperature == 0 ? Likeliest(logits) : Draw(logits);
        _seen.Add(token);
        _generated[token] = _generated.GetValueOrDefault(token) + 1;
        return token;
    }

    private void Penalize(Span<float> logits)
    {
        float repetition = (float)_settings.RepetitionPenalty, presence = (float)_settings.PresencePenalty, frequency = (float)_settings.FrequencyPenalty;
        if (repetition != 1)
        {
            foreach (int token in _seen)
                logits[token] = logits[token] > 0 ? logits[token] / repetition : logits[token] * repetition;
        }
        if (presence != 0 || frequency != 0)
        {
            foreach ((int token, int times) in _generated)
                logits[token] -= presence + times * frequency;
        }
    }

    private static int Likeliest(ReadOnlySpan<float> logits)
    {
        int best = 0;
        for (int i = 1; i < logits.Length; i++)
        {
            if (logits[i] > logits[best])
                best = i;
        }
        return best;
    }

    private int Draw(ReadOnlySpan<float> logits)
    {
        if (_order.Length != logits.Length)
            (_order, _weights) = (new ulong[logits.Length], new double[logits.Length]);
        // Descending by logit, ties by id, as one integer each: the order is the same everywhere.
        for (int i = 0; i < _order.Length; i++)
        {
            int bits = BitConverter.SingleToInt32Bits(logits[i]);
            uint ascending = (uint)bits ^ (bits < 0 ? uint.MaxValue : 0x8000_0000);
            _order[i] = (ulong)~ascending << 32 | (uint)i;
        }
        Array.Sort(_order);
        float top = logits[(int)(uint)_order[0]];
        int count = _settings.TopK > 0 ? Math.Min(_settings.TopK, _order.Length) : _order.Length;
        double sum = 0;
        for (int i = 0; i < count; i++)
            sum += _weights[i] = Math.Exp((logits[(int)(uint)_order[i]] - (double)top) / _settings.Temperature);
        if (_settings.TopP < 1)
        {
            double reached = 0;
            for (int i = 0; i < count; i++)
            {
                reached += _weights[i];
                if (reached >= _settings.TopP * sum)
                    count = i + 1;
            }
        }
        while (count > 1 && _weights[count - 1] < _settings.MinP)
            count--;
        sum = 0;
        for (int i = 0; i < count; i++)
            sum += _weights[i];
        double place = (StepSeed.Of((ulong)_settings.Seed, _drawn++, 0) >> 11) * (1.0 / (1UL << 53)) * sum;
        for (int i = 0; i < count; i++)
        {
            place -= _weights[i];
            if (place < 0)
                return (int)(uint)_order[i];
        }
        return (int)(uint)_order[count - 1];
    }
}
