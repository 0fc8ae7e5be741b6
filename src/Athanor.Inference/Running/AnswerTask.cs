using Athanor.Inference.Generation;
using Athanor.Inference.Sampling;
using Athanor.Inference.Scheduling;

namespace Athanor.Inference.Running;

/// <summary>
/// Draws the texts of a request. They are one text until the prompt is read, then share its blocks.
/// </summary>
internal sealed class AnswerTask(EngineModel model, GenerationRequest request) : TextTask
{
    private readonly AnswerSettings _settings = new(request, model);
    private readonly List<Answer> _answers = [];
    private readonly List<ScoredToken> _promptScores = [];
    private int _scored;
    private bool _promptGiven, _parted;

    public override int PromptTokens => request.Prompt.Count;

    public override int Drawn => _answers.Sum(answer => answer.Drawn);

    private int Texts => Math.Max(request.Candidates, request.BestOf);

    // Which of the texts are given out is known when all are done.
    private bool Ranks => request.BestOf > request.Candidates;

    public override void Start(long order)
    {
        // One draw of a seed for the request: its texts have this one and those after it.
        SamplingOptions sampling = request.Sampling with { Seed = request.Sampling.Seed ?? Random.Shared.NextInt64() };
        for (int i = 0; i < Texts; i++)
            _answers.Add(new Answer(_settings, new TokenSampler(sampling, [.. request.Prompt], i), i) { Guesses = model.Speculation is { } guessing ? new AnswerGuesses(guessing, model) : null });
        Sequence first = model.Begin(this, request.Prompt, order, request.Adapter, request.CacheSalt, Texts, whole: request.PromptLogProbs is not null);
        Sequences.Add(first);
        _answers[0].Sequence = first;
    }

    public override void Want(in ScheduledSpan span, int row, List<WantedRow> logits, List<WantedRow> hidden)
    {
        Sequence sequence = span.Sequence;
        int from = sequence.Computed, to = from + span.Count;
        for (int i = from; request.PromptLogProbs is not null && i < Math.Min(to, request.Prompt.Count - 1); i++)
        {
            if (i >= _scored)
                logits.Add(new WantedRow(sequence, i, row + i - from));
        }
        int first = sequence.Tokens.Count - 1 - sequence.Drafted;
        if (to <= first || _settings.MaxTokens == 0)
        {
            model.Speculation?.Reads();
            return;
        }
        if (first > from)
            model.Speculation?.Reads();
        Answer answer = AnswerOf(sequence);
        answer.Guesses?.BeginWalk(sequence, to);
        for (int i = first; i < to; i++)
        {
            logits.Add(new WantedRow(sequence, i, row + i - from));
            if (answer.Guesses is { ReadsHidden: true })
                hidden.Add(logits[^1]);
        }
    }

    private Answer AnswerOf(Sequence sequence) => _answers.Find(answer => answer.Sequence == sequence)!;

    public override int Kept(in ScheduledSpan span) =>
        _parted && AnswerOf(span.Sequence).Guesses is { } guesses && span.Sequence.Computed + span.Count > span.Sequence.Tokens.Count - 1 - span.Sequence.Drafted
            ? guesses.Keep(span, model.Runner!) : base.Kept(span);

    public override void TakeHidden(in WantedRow row, ReadOnlySpan<float> hidden) => AnswerOf(row.Sequence).Guesses!.TakeHidden(row.Position, hidden);

    public override void Release()
    {
        foreach (Answer answer in _answers)
            answer.Guesses?.Dispose();
    }

    public override void TakeLogits(in WantedRow row, Span<float> logits, double logSumExp)
    {
        if (request.PromptLogProbs is { } top && row.Position < request.Prompt.Count - 1)
        {
            _promptScores.Add(TokenScores.Score(logits, logSumExp, request.Prompt[row.Position + 1], top));
            _scored++;
            return;
        }
        // The first row behind the prompt is every text's; later ones are one's.
        Sequence sequence = row.Sequence;
        foreach (Answer answer in _answers)
        {
            if (answer.Finish is not null || (answer.Sequence != sequence && _parted) || (_parted && answer.Guesses is { } walk && walk.Position != row.Position))
                continue;
            answer.Next = answer.Draw(logits, logSumExp);
            if (_parted)
                answer.Guesses?.Walk(sequence, answer.Next, goesOn: answer.Finish is null);
        }
    }

    public override void Settle(Sequence sequence, Scheduler scheduler)
    {
        Known = sequence.Known ?? 0;
        if (sequence.Pending > 0)
            return;
        if (!_parted)
            Part(sequence, scheduler);
        foreach (Answer answer in _answers)
        {
            if (answer.Finish is null && answer.Sequence is { Pending: 0 } own)
            {
                own.Tokens.Add(answer.Next);
                answer.Guess(own);
            }
        }
        foreach (Answer answer in _answers.Where(answer => answer.Finish is not null && answer.Sequence is not null).ToList())
        {
            scheduler.Remove(answer.Sequence!);
            Sequences.Remove(answer.Sequence!);
            answer.Sequence = null;
        }
        Give();
    }

    // The prompt is read: from here on each text is computed by itself.
    private void Part(Sequence prompt, Scheduler scheduler)
    {
        _parted = true;
        prompt.Slots = 1;
        foreach (Answer answer in _answers)
        {
            if (_settings.MaxTokens == 0)
                answer.End(FinishReason.Length);
            if (answer.Finish is not null || answer.Sequence is not null)
                continue;
            answer.Sequence = prompt.Fork();
            Sequences.Add(answer.Sequence);
            scheduler.Join(answer.Sequence);
        }
    }

    private void Give()
    {
        bool done = _answers.TrueForAll(answer => answer.Finish is not null);
        if (Ranks && !done)
            return;
        var parts = new List<GenerationChunk>();
        if (Ranks)
        {
            // The likeliest by the mean over their tokens; of equal ones the first drawn.
            int place = 0;
            foreach (Answer answer in _answers.OrderByDescending(answer => answer.LogProbSum / Math.Max(1, answer.Drawn)).Take(request.Candidates))
            {
                answer.Index = place++;
                parts.Add(answer.TakePart());
            }
        }
        else
        {
            foreach (Answer answer in _answers)
            {
                if (answer.HasPart)
                    parts.Add(answer.TakePart());
            }
        }
        for (int i = 0; i < parts.Count; i++)
        {
            bool first = !_promptGiven;
            _promptGiven = true;
            Writer.TryWrite(parts[i] with
            {
                PromptLogProbs = first && request.PromptLogProbs is not null ? _promptScores : null,
                Usage = done && i == parts.Count - 1 ? Usage() : null,
            });
        }
        if (done && TryEnd())
            Writer.TryComplete();
    }

    private GenerationUsage Usage()
    {
        List<AnswerGuesses> guesses = [.. _answers.Select(answer => answer.Guesses).OfType<AnswerGuesses>()];
        var places = new List<SpeculatedPlace>();
        foreach (AnswerGuesses of in guesses)
        {
            int i = 0;
            foreach (SpeculatedPlace place in of.Places)
            {
                if (i == places.Count)
                    places.Add(default);
                places[i] = new SpeculatedPlace(places[i].Proposed + place.Proposed, places[i].Accepted + place.Accepted);
                i++;
            }
        }
        return new GenerationUsage(request.Prompt.Count, Known, Drawn, guesses.Sum(of => of.Drafted), guesses.Sum(of => of.Accepted)) { Speculation = places };
    }
}
