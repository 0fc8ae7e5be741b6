using System.Text;
using Athanor.Inference.Constraints;
using Athanor.Inference.Generation;
using Athanor.Inference.Sampling;
using Athanor.Inference.Scheduling;

namespace Athanor.Inference.Running;

/// <summary>One text that a request draws: its draws, its text, why it ended.</summary>
internal sealed class Answer
{
    private readonly AnswerSettings _settings;
    private readonly TokenSampler _sampler;
    private readonly AnswerText _text;
    private readonly ITokenConstraint? _constraint;
    private readonly StringBuilder _part = new();
    private readonly List<int> _tokens = [];
    private readonly List<ScoredToken> _scores = [];
    private readonly uint[] _mask;
    private bool _ended;

    public Answer(AnswerSettings settings, TokenSampler sampler, int index)
    {
        (_settings, _sampler, Index) = (settings, sampler, index);
        GenerationRequest request = settings.Request;
        _text = new AnswerText(settings.Tokenizer, [.. request.Prompt], request.Stop, request.IncludeStop, request.ShowSpecial);
        _constraint = request.Constraint?.Invoke();
        _mask = _constraint is null ? [] : new uint[(settings.Vocabulary + 31) / 32];
    }

    /// <summary>Which of the request's texts, from 0.</summary>
    public int Index { get; set; }

    /// <summary>Where it is computed; null before its prompt is read.</summary>
    public Sequence? Sequence { get; set; }

    /// <summary>Tokens drawn, end tokens included.</summary>
    public int Drawn { get; private set; }

    /// <summary>The sum of the drawn tokens' log-probabilities.</summary>
    public double LogProbSum { get; private set; }

    /// <summary>Why it ended; null while it goes on.</summary>
    public FinishReason? Finish { get; private set; }

    /// <summary>The token drawn last, which its text takes next.</summary>
    public int Next { get; set; }

    /// <summary>Guesses of how it goes on; null where nothing is guessed.</summary>
    public AnswerGuesses? Guesses { get; init; }

    /// <summary>Guesses what follows the token drawn last.</summary>
    public void Guess(Sequence sequence) => Guesses?.Guess(sequence, _sampler, _settings.Drawable, _settings.MaxTokens - Drawn - 1);

    /// <summary>Whether anything came since the last part.</summary>
    public bool HasPart => _tokens.Count > 0 || _part.Length > 0 || (Finish is not null && !_ended);

    /// <summary>Draws a token from the logits of a place.</summary>
    /// <returns>The token.</returns>
    /// <exception cref="InferenceException">The logits are no numbers.</exception>
    public int Draw(Span<float> logits, double logSumExp)
    {
        if (!double.IsFinite(logSumExp))
            throw InferenceException.NoNumbers(_settings.Request.Prompt.Count + Drawn, logSumExp);
        Span<uint> mask = _mask;
        _constraint?.FillMask(mask);
        GenerationRequest request = _settings.Request;
        int token = _sampler.Next(logits[.._settings.Drawable], mask, Drawn < request.MinTokens ? _settings.BannedEarly : _settings.Banned);
        Drawn++;
        LogProbSum += TokenScores.LogProb(logits, logSumExp, token);
        if (_settings.Ends.Contains(token))
        {
            End(FinishReason.Stop);
            return token;
        }
        _tokens.Add(token);
        if (request.LogProbs is { } top)
            _scores.Add(TokenScores.Score(logits, logSumExp, token, top));
        _part.Append(_text.Append(token));
        if (_constraint is not null && !_constraint.TryAccept(token))
            throw new InferenceException($"The constraint allowed the token {token} and then refused it.");
        if (_text.StopText is not null || _constraint is { IsComplete: true })
            End(FinishReason.Stop);
        else if (Drawn >= _settings.MaxTokens)
            End(FinishReason.Length);
        return token;
    }

    /// <summary>Ends it before a token was drawn.</summary>
    public void End(FinishReason reason)
    {
        _part.Append(_text.Finish());
        Finish = _text.StopText is not null ? FinishReason.Stop : reason;
    }

    /// <summary>What came since the last part.</summary>
    public GenerationChunk TakePart()
    {
        var part = new GenerationChunk { Candidate = Index, Text = _part.ToString(), Tokens = [.. _tokens], LogProbs = [.. _scores], Finish = Finish, StopText = Finish is null ? null : _text.StopText };
        _ended = Finish is not null;
        _part.Clear();
        _tokens.Clear();
        _scores.Clear();
        return part;
    }
}
