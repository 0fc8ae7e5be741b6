using Athanor.Inference.Constraints;
using Athanor.Inference.Generation;
using Athanor.Inference.Sampling;
using Athanor.Inference.Scheduling;

namespace Athanor.Inference.Running;

/// <summary>
/// Beam search: of all texts one token longer than the beams the likeliest go on, and the ended ones are ranked by the mean log-probability of their tokens. A text that ends counts
/// where it is among the likeliest, as in transformers. The search ends when no beam, however it goes on, can pass the texts that will be given back. Ties go to the earlier beam and the lower id.
/// </summary>
internal sealed class BeamTask(EngineModel model, GenerationRequest request) : TextTask
{
    private readonly AnswerSettings _settings = new(request, model);
    private readonly List<BeamText> _ended = [];
    private readonly uint[] _mask = request.Constraint is null ? [] : new uint[(model.Decoder.Config.VocabularySize + 31) / 32];
    private List<Beam> _beams = [];
    private int _drawn;

    public override int PromptTokens => request.Prompt.Count;

    public override int Drawn => _drawn;

    public override void Start(long order)
    {
        Sequence first = model.Begin(this, request.Prompt, order, request.Adapter, request.CacheSalt, request.Beams, whole: false);
        Sequences.Add(first);
        _beams.Add(new Beam(first, new TokenSampler(request.Sampling with { Seed = 0 }, [.. request.Prompt]), request.Constraint?.Invoke(), null, 0));
    }

    public override void Want(in ScheduledSpan span, int row, List<WantedRow> logits, List<WantedRow> hidden)
    {
        model.Speculation?.Reads();
        int to = span.Sequence.Computed + span.Count;
        if (to == span.Sequence.Tokens.Count && _settings.MaxTokens > 0)
            logits.Add(new WantedRow(span.Sequence, to - 1, row + span.Count - 1));
    }

    public override void TakeLogits(in WantedRow row, Span<float> logits, double logSumExp)
    {
        if (!double.IsFinite(logSumExp))
            throw InferenceException.NoNumbers(row.Position, logSumExp);
        Sequence sequence = row.Sequence;
        Beam beam = _beams.Find(beam => beam.Sequence == sequence)!;
        beam.Constraint?.FillMask(_mask);
        int length = beam.Last?.Length ?? 0;
        ReadOnlySpan<float> adjusted = beam.Sampler.Adjusted(logits[.._settings.Drawable], _mask, length < request.MinTokens ? _settings.BannedEarly : _settings.Banned);
        beam.Next = [];
        // As many as may be needed even where every end token is among the likeliest of every beam.
        foreach (ulong key in SamplerScratch.OfThread.Selection.Largest(adjusted, Math.Max(2, 1 + _settings.Ends.Count) * request.Beams).ToArray())
        {
            int token = TokenSelection.Id(key);
            // What bias and penalties add to a logit they add to the log-probability; what is forbidden is at −∞.
            double sum = beam.Sum + TokenScores.LogProb(logits, logSumExp, token) + ((double)adjusted[token] - logits[token]);
            if (double.IsFinite(sum))
                beam.Next.Add(new BeamStep(beam, token, sum, request.LogProbs is { } top ? TokenScores.Score(logits, logSumExp, token, top) : null));
        }
    }

    public override void Settle(Sequence sequence, Scheduler scheduler)
    {
        Known = sequence.Known ?? 0;
        if (sequence.Pending > 0)
            return;
        if (_settings.MaxTokens == 0)
        {
            for (int i = 0; i < request.Candidates; i++)
                _ended.Add(new BeamText(null, 0, FinishReason.Length));
            Give();
        }
        else if (_beams.TrueForAll(beam => beam.Next is not null))
        {
            Expand(scheduler);
        }
        else
        {
            sequence.Parked = true;
        }
    }

    private void Expand(Scheduler scheduler)
    {
        var going = new List<(BeamStep Step, ITokenConstraint? Constraint)>();
        int rank = 0, taken = 0;
        // The sort is stable: of equal sums the earlier beam's, of a beam's the lower id.
        foreach (BeamStep step in _beams.SelectMany(beam => beam.Next!).OrderByDescending(step => step.Sum))
        {
            if (taken == request.Beams)
                break;
            bool among = rank++ < request.Beams;
            if (_settings.Ends.Contains(step.Token))
            {
                if (among)
                    End(step.Beam.Last, step.Sum, 1, FinishReason.Stop);
                continue;
            }
            taken++;
            ITokenConstraint? constraint = step.Beam.Constraint?.Fork();
            if (constraint is not null && !constraint.TryAccept(step.Token))
                throw new InferenceException($"The constraint allowed the token {step.Token} and then refused it.");
            var last = new BeamToken(step.Token, step.Score, step.Beam.Last, (step.Beam.Last?.Length ?? 0) + 1);
            if (constraint is { IsComplete: true } || Stops(last))
                End(last, step.Sum, 0, FinishReason.Stop);
            else if (last.Length >= _settings.MaxTokens)
                End(last, step.Sum, 0, FinishReason.Length);
            else
                going.Add((step, constraint));
        }
        _drawn += taken;
        if (going.Count == 0 || (_ended.Count >= request.Candidates && going.TrueForAll(beam => Best(beam.Step.Sum) <= _ended[request.Candidates - 1].Mean)))
            Give();
        else
            Follow(going, scheduler);
    }

    // Each step can only lower the sum; a longer text shares it among more tokens.
    private double Best(double sum) => sum < 0 ? sum / _settings.MaxTokens : double.PositiveInfinity;

    private void Follow(List<(BeamStep Step, ITokenConstraint? Constraint)> going, Scheduler scheduler)
    {
        var next = new List<Beam>();
        var used = new HashSet<Beam>();
        // Copies share what is computed, so they are made before any text grows.
        Sequence[] places = [.. going.Select(beam => used.Add(beam.Step.Beam) ? beam.Step.Beam.Sequence : beam.Step.Beam.Sequence.Fork())];
        for (int i = 0; i < going.Count; i++)
        {
            (BeamStep step, ITokenConstraint? constraint) = going[i];
            Sequence place = places[i];
            TokenSampler sampler = step.Beam.Sampler.Fork();
            sampler.Accept(step.Token);
            (place.Slots, place.Parked) = (1, false);
            place.Tokens.Add(step.Token);
            if (place != step.Beam.Sequence)
            {
                Sequences.Add(place);
                scheduler.Join(place);
            }
            next.Add(new Beam(place, sampler, constraint, new BeamToken(step.Token, step.Score, step.Beam.Last, (step.Beam.Last?.Length ?? 0) + 1), step.Sum));
        }
        foreach (Beam beam in _beams.Where(beam => !used.Contains(beam)))
        {
            scheduler.Remove(beam.Sequence);
            Sequences.Remove(beam.Sequence);
        }
        _beams = next;
    }

    private void End(BeamToken? tokens, double sum, int ends, FinishReason finish)
    {
        var text = new BeamText(tokens, sum / ((tokens?.Length ?? 0) + ends), finish);
        int at = _ended.FindIndex(other => other.Mean < text.Mean);
        _ended.Insert(at < 0 ? _ended.Count : at, text);
    }

    private bool Stops(BeamToken last)
    {
        if (request.Stop.Count == 0)
            return false;
        AnswerText text = Text();
        foreach (BeamToken token in last.All())
            text.Append(token.Token);
        return text.StopText is not null;
    }

    private AnswerText Text() => new(_settings.Tokenizer, [.. request.Prompt], request.Stop, request.IncludeStop, request.ShowSpecial);

    private void Give()
    {
        int count = Math.Min(request.Candidates, _ended.Count);
        for (int i = 0; i < count; i++)
        {
            BeamText ended = _ended[i];
            BeamToken[] tokens = [.. ended.Tokens?.All() ?? []];
            AnswerText text = Text();
            string whole = text.Whole(tokens.Select(token => token.Token));
            Writer.TryWrite(new GenerationChunk
            {
                Candidate = i,
                Text = whole,
                Tokens = [.. tokens.Select(token => token.Token)],
                LogProbs = [.. tokens.Select(token => token.Score).OfType<ScoredToken>()],
                Finish = text.StopText is not null ? FinishReason.Stop : ended.Finish,
                StopText = text.StopText,
                Usage = i == count - 1 ? new GenerationUsage(request.Prompt.Count, Known, _drawn) : null,
            });
        }
        if (TryEnd())
            Writer.TryComplete();
    }
}
