using System.Numerics;

namespace Athanor.Inference.Sampling;

/// <summary>
/// Draws the tokens of one text. A draw depends on the logits, the options, the tokens before it, the seed and the place in the text, and on nothing else: neither
/// on draws that were tried elsewhere nor on other texts. So whatever proposes tokens, drawing at each place and comparing gives the tokens of plain sampling.
/// Not safe for use by two threads at once.
/// </summary>
public sealed class TokenSampler
{
    private readonly SamplingOptions _options;
    private readonly Penalties? _penalties;
    private readonly (int Token, float Bias)[] _bias;
    private readonly double _inverseTemperature;
    private readonly bool _edits;

    /// <summary>A sampler of a text.</summary>
    /// <param name="options">Valid options (<see cref="SamplingOptions.Validate"/>).</param>
    /// <param name="prompt">Tokens that the repetition penalty knows from the beginning.</param>
    /// <param name="candidate">Of several texts of a request the i-th draws with the seed + i.</param>
    public TokenSampler(SamplingOptions options, ReadOnlySpan<int> prompt = default, int candidate = 0)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
        Seed = unchecked((options.Seed ?? Random.Shared.NextInt64()) + candidate);
        _penalties = Penalties.Of(options, prompt);
        _bias = options.LogitBias is null ? [] : [.. options.LogitBias.Select(entry => (entry.Key, entry.Value))];
        _edits = _penalties is not null || _bias.Length > 0;
        // So near to 0 that only equal logits are drawn from; its inverse is still a number.
        _inverseTemperature = 1 / Math.Max(options.Temperature, 1e-30);
    }

    private TokenSampler(TokenSampler other, int candidate)
        : this(other._options, default, 0)
    {
        Seed = unchecked(other.Seed + candidate);
        Position = other.Position;
        _penalties = other._penalties?.Fork();
        _edits = other._edits;
    }

    /// <summary>What decides the draws.</summary>
    public long Seed { get; }

    /// <summary>Tokens taken so far: the place of the next draw.</summary>
    public int Position { get; private set; }

    /// <summary>A sampler at the same place that goes on by itself, with the seed + <paramref name="candidate"/>.</summary>
    public TokenSampler Fork(int candidate = 0) => new(this, candidate);

    /// <summary>Draws the next token and takes it.</summary>
    /// <param name="logits">One for each id that may be drawn; they are not changed.</param>
    /// <param name="allowed">A bit for each id, id i at bit i % 32 of word i / 32; empty: all may come.</param>
    /// <param name="banned">Ids that may not come (end tokens before the least length).</param>
    /// <exception cref="InvalidOperationException">No token may come, or the model's logits are not finite numbers.</exception>
    public int Next(ReadOnlySpan<float> logits, ReadOnlySpan<uint> allowed = default, ReadOnlySpan<int> banned = default)
    {
        int token = Draw(logits, allowed, banned);
        Accept(token);
        return token;
    }

    /// <summary>Takes a token that was chosen elsewhere.</summary>
    public void Accept(int token)
    {
        _penalties?.Add(token);
        Position++;
    }

    /// <summary>Draws the token that stands so many places <paramref name="ahead"/>, with the penalties of here, and takes nothing: what a draft model guesses with.</summary>
    public int Draw(ReadOnlySpan<float> logits, ReadOnlySpan<uint> allowed = default, ReadOnlySpan<int> banned = default, int ahead = 0)
    {
        SamplerScratch scratch = SamplerScratch.OfThread;
        logits = Adjusted(logits, allowed, banned);
        int top = Likeliest(logits);
        float max = logits[top];
        if (!float.IsFinite(max))
            throw new InvalidOperationException(allowed.Length > 0 || banned.Length > 0 || _edits
                ? "No token may come next: the constraint, the bias or the least length forbids all, or the model's logits are not numbers."
                : $"The model's logits are not finite numbers (largest: {max}). Check its weights.");
        if (_options.Temperature == 0)
            return top;
        var noise = new DrawNoise(Seed, Position + ahead);
        if (!TokenFilters.Order(_options, logits.Length))
            return Race(logits, top, noise);
        return Race(new TokenFilters(_options, logits, max, _inverseTemperature, scratch).Apply(), logits, max, noise);
    }

    /// <summary>The likeliest draws of the place so many <paramref name="ahead"/>, likeliest first, if these were its logits; gives how many there are.</summary>
    public int Guess(ReadOnlySpan<float> logits, Span<int> guesses, int ahead)
    {
        // What is drawn stands with all but certainty among so many likeliest tokens and Gumbel numbers.
        const int Considered = 64;
        SamplerScratch scratch = SamplerScratch.OfThread;
        logits = Adjusted(logits, default, default);
        float max = logits[Likeliest(logits)];
        if (!float.IsFinite(max))
            return 0;
        bool draws = _options.Temperature > 0;
        Span<int> ids = draws && TokenFilters.Order(_options, logits.Length)
            ? new TokenFilters(_options, logits, max, _inverseTemperature, scratch).Apply()
            : First(scratch.Selection.Largest(logits, draws ? Considered : guesses.Length), scratch);
        ids = ids[..Math.Min(ids.Length, draws ? Considered : guesses.Length)];
        if (draws)
        {
            var noise = new DrawNoise(Seed, Position + ahead);
            Span<double> scores = stackalloc double[Considered];
            for (int i = 0; i < ids.Length; i++)
                scores[i] = -((logits[ids[i]] - (double)max) * _inverseTemperature + noise.Gumbel(ids[i]));
            scores[..ids.Length].Sort(ids);
        }
        int count = Math.Min(ids.Length, guesses.Length);
        ids[..count].CopyTo(guesses);
        return count;
    }

    private static Span<int> First(ReadOnlySpan<ulong> selected, SamplerScratch scratch)
    {
        Span<int> ids = scratch.Ids(selected.Length);
        for (int i = 0; i < ids.Length; i++)
            ids[i] = TokenSelection.Id(selected[i]);
        return ids;
    }

    /// <summary>The id with the largest number, of equal ones the lowest; NaN is below all.</summary>
    public static int Likeliest(ReadOnlySpan<float> logits)
    {
        int width = Vector<float>.Count, i = 0;
        var most = new Vector<float>(float.NegativeInfinity);
        for (; i + width <= logits.Length; i += width)
        {
            var next = new Vector<float>(logits.Slice(i, width));
            most = Vector.ConditionalSelect(Vector.GreaterThan(next, most), next, most);
        }
        float max = float.NegativeInfinity;
        for (int lane = 0; lane < width; lane++)
            max = Math.Max(max, most[lane]);
        for (; i < logits.Length; i++)
        {
            if (logits[i] > max)
                max = logits[i];
        }
        return Math.Max(0, logits.IndexOf(max));
    }

    /// <summary>Logits behind mask, bias and penalties, good until the thread's next draw; the same where nothing changes them.</summary>
    internal ReadOnlySpan<float> Adjusted(ReadOnlySpan<float> logits, ReadOnlySpan<uint> allowed, ReadOnlySpan<int> banned)
    {
        if (!_edits && allowed.Length == 0 && banned.Length == 0)
            return logits;
        Span<float> edited = SamplerScratch.OfThread.Logits(logits.Length);
        logits.CopyTo(edited);
        Edit(edited, allowed, banned);
        return edited;
    }

    private void Edit(Span<float> logits, ReadOnlySpan<uint> allowed, ReadOnlySpan<int> banned)
    {
        if (allowed.Length > 0)
        {
            if (allowed.Length * 32L < logits.Length)
                throw new ArgumentException($"The mask has {allowed.Length} words for {logits.Length} logits.", nameof(allowed));
            for (int word = 0; word * 32 < logits.Length; word++)
            {
                uint bits = allowed[word];
                if (bits == uint.MaxValue)
                    continue;
                Span<float> part = logits.Slice(word * 32, Math.Min(32, logits.Length - word * 32));
                if (bits == 0)
                {
                    part.Fill(float.NegativeInfinity);
                    continue;
                }
                for (int bit = 0; bit < part.Length; bit++)
                {
                    if ((bits >> bit & 1) == 0)
                        part[bit] = float.NegativeInfinity;
                }
            }
        }
        foreach (int token in banned)
        {
            if ((uint)token < (uint)logits.Length)
                logits[token] = float.NegativeInfinity;
        }
        foreach ((int token, float bias) in _bias)
        {
            if ((uint)token < (uint)logits.Length)
                logits[token] += bias;
        }
        _penalties?.Apply(logits);
    }

    /// <summary>
    /// The token with the largest z / T + Gumbel number. For nearly all tokens an upper bound of the number shows that they cannot be it, so neither a softmax nor a
    /// logarithm is computed for them.
    /// </summary>
    private int Race(ReadOnlySpan<float> logits, int top, DrawNoise noise)
    {
        float max = logits[top], inverse = (float)_inverseTemperature;
        double least = Math.Log(_options.MinP), score = noise.Gumbel(top);
        int best = top, width = Vector<float>.Count, i = 0;
        for (; i + width <= logits.Length; i += width)
        {
            Vector<float> bound = (new Vector<float>(logits.Slice(i, width)) - new Vector<float>(max)) * inverse + noise.Bounds(i);
            if (Vector.GreaterThanAny(bound, new Vector<float>((float)score)))
            {
                for (int id = i; id < i + width; id++)
                    Enter(logits[id], id, ref best, ref score);
            }
        }
        for (; i < logits.Length; i++)
            Enter(logits[i], i, ref best, ref score);
        return best;

        void Enter(float logit, int id, ref int best, ref double score)
        {
            double exponent = (logit - (double)max) * _inverseTemperature;
            if (exponent >= least && exponent + noise.Bound(id) > score)
                Compare(exponent + noise.Gumbel(id), id, ref best, ref score);
        }
    }

    /// <summary>As the other, among a few ids.</summary>
    private int Race(ReadOnlySpan<int> ids, ReadOnlySpan<float> logits, float max, DrawNoise noise)
    {
        int best = ids[0];
        double score = (logits[best] - (double)max) * _inverseTemperature + noise.Gumbel(best);
        foreach (int id in ids[1..])
        {
            double exponent = (logits[id] - (double)max) * _inverseTemperature;
            if (exponent + noise.Bound(id) > score)
                Compare(exponent + noise.Gumbel(id), id, ref best, ref score);
        }
        return best;
    }

    private static void Compare(double value, int id, ref int best, ref double score)
    {
        if (value > score || (value == score && id < best))
            (best, score) = (id, value);
    }
}
