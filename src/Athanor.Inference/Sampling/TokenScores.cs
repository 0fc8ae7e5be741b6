using Athanor.Inference.Generation;

namespace Athanor.Inference.Sampling;

/// <summary>Log-probabilities of the model itself, before temperature, penalties and masks: to the bit those of the trainer.</summary>
public static class TokenScores
{
    /// <summary>The log-probability of a token.</summary>
    /// <param name="logits">The logits of a place, as <c>Decoder.LogitRows</c> gives them.</param>
    /// <param name="logSumExp">Their log Σ exp, from there.</param>
    public static float LogProb(ReadOnlySpan<float> logits, double logSumExp, int token) => (float)(0 - (logSumExp - logits[token]));

    /// <summary>A token with the <paramref name="top"/> likeliest of its place, of equal ones the lowest id first.</summary>
    public static ScoredToken Score(ReadOnlySpan<float> logits, double logSumExp, int token, int top)
    {
        var likeliest = new TokenLogProb[Math.Min(Math.Max(top, 0), logits.Length)];
        if (likeliest.Length > 0)
        {
            ReadOnlySpan<ulong> first = SamplerScratch.OfThread.Selection.Largest(logits, likeliest.Length);
            for (int i = 0; i < likeliest.Length; i++)
                likeliest[i] = new TokenLogProb(TokenSelection.Id(first[i]), LogProb(logits, logSumExp, TokenSelection.Id(first[i])));
        }
        return new ScoredToken(token, LogProb(logits, logSumExp, token), likeliest);
    }
}
