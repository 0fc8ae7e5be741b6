using System.Runtime.CompilerServices;
using Athanor.Inference.Generation;
using Athanor.Inference.Sampling;
using Athanor.Tokenizers;

namespace Athanor.Serving.Tests.Testing;

/// <summary>
/// An engine without a model: what it says is a function of the prompt's text, the seed and the candidate. It keeps the contract of engines: whole characters,
/// stop texts held back, limits, constraints, cancellation, and it counts what runs.
/// </summary>
internal sealed class ScriptedEngine(Tokenizer tokenizer, Func<string, long, string>? script = null) : IEngine
{
    private int _running, _started, _cancelled;
    private long _prompt, _generated;

    public Tokenizer Tokenizer { get; } = tokenizer;

    public int ContextLength { get; init; } = 4096;

    public int EmbeddingSize => 8;

    public IReadOnlyCollection<string> Adapters { get; init; } = [];

    /// <summary>Pause before each token.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>What must be over before the first token.</summary>
    public Task Prefill { get; init; } = Task.CompletedTask;

    /// <summary>Requests at a time before it is overloaded.</summary>
    public int Most { get; init; } = int.MaxValue;

    /// <summary>Tokens after which it fails; 0 for never.</summary>
    public int FailsAfter { get; init; }

    /// <summary>How long it says that requests wait.</summary>
    public TimeSpan ExpectedWait { get; set; }

    public int Running => Volatile.Read(ref _running);

    public int Started => Volatile.Read(ref _started);

    public int Cancelled => Volatile.Read(ref _cancelled);

    public GenerationRequest? LastRequest { get; private set; }

    public EngineStatus Status => new() { Running = Running, Waiting = 0, ExpectedWait = ExpectedWait, UsedBlocks = Running, TotalBlocks = 64, PromptTokens = _prompt, GeneratedTokens = _generated };

    public async IAsyncEnumerable<GenerationChunk> GenerateAsync(GenerationRequest request, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        if (request.Prompt.Count + request.MaxTokens > ContextLength)
            throw new ArgumentException("more than the context", nameof(request));
        if (Interlocked.Increment(ref _running) > Most)
        {
            Interlocked.Decrement(ref _running);
            throw new EngineOverloadedException("The queue is full.", TimeSpan.FromSeconds(3));
        }
        LastRequest = request;
        Interlocked.Increment(ref _started);
        Interlocked.Add(ref _prompt, request.Prompt.Count);
        bool whole = false;
        try
        {
            await Prefill.WaitAsync(cancellation);
            string prompt = Tokenizer.Decode(request.Prompt.ToArray());
            Candidate[] candidates = [.. Enumerable.Range(0, request.Candidates).Select(i => new Candidate(this, request, i, (script ?? Reversed)(prompt, (request.Sampling.Seed ?? 0) + i)))];
            int generated = 0;
            bool first = true;
            while (candidates.Any(one => !one.IsOver))
            {
                if (Delay > TimeSpan.Zero)
                    await Task.Delay(Delay, cancellation);
                else
                    await Task.Yield();
                cancellation.ThrowIfCancellationRequested();
                foreach (Candidate one in candidates.Where(one => !one.IsOver))
                {
                    GenerationChunk chunk = one.Next();
                    generated += chunk.Tokens.Count;
                    if (FailsAfter > 0 && generated > FailsAfter)
                        throw new InvalidOperationException("secret inner trouble");
                    if (first)
                        chunk = chunk with { PromptLogProbs = request.PromptLogProbs is { } top ? [.. request.Prompt.Skip(1).Select(id => Score(id, top))] : null };
                    first = false;
                    if (candidates.All(other => other.IsOver))
                    {
                        chunk = chunk with { Usage = new GenerationUsage(request.Prompt.Count, request.Prompt.Count / 2, generated) };
                        whole = true;
                    }
                    yield return chunk;
                }
            }
            Interlocked.Add(ref _generated, generated);
        }
        finally
        {
            if (!whole)
                Interlocked.Increment(ref _cancelled);
            Interlocked.Decrement(ref _running);
        }
    }

    public ValueTask<float[]> EmbedAsync(IReadOnlyList<int> tokens, CancellationToken cancellation = default)
    {
        float[] vector = new float[EmbeddingSize];
        foreach (int token in tokens)
            vector[token % EmbeddingSize]++;
        float length = MathF.Sqrt(vector.Sum(value => value * value));
        return ValueTask.FromResult(vector.Select(value => value / length).ToArray());
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public static ScoredToken Score(int token, int top) =>
        new(token, -0.1f * (1 + token % 7), [.. Enumerable.Range(0, top).Select(i => new TokenLogProb((token + i) % 256, -0.1f * (1 + token % 7) - i))]);

    private static string Reversed(string prompt, long seed) => $"{seed}: {new string([.. prompt.Reverse().Take(40)])}";

    private sealed class Candidate
    {
        // What is said where a constraint forbids what the script says: what closes comes first.
        private const string Closers = "\"}]>/:,{[";
        private readonly GenerationRequest _request;
        private readonly int _index;
        private readonly int[] _script;
        private readonly DecodeStream _decoder;
        private readonly Tokenizer _tokenizer;
        private readonly Athanor.Inference.Constraints.ITokenConstraint? _constraint;
        private string _text = "";
        private int _at, _given, _written;

        public Candidate(ScriptedEngine engine, GenerationRequest request, int index, string script)
        {
            (_request, _index, _tokenizer) = (request, index, engine.Tokenizer);
            _script = _tokenizer.Encode(script);
            _decoder = _tokenizer.CreateStream(skipSpecial: !request.ShowSpecial);
            _constraint = request.Constraint?.Invoke();
        }

        public bool IsOver { get; private set; }

        public GenerationChunk Next()
        {
            if (_written == _request.MaxTokens)
                return Finish([], FinishReason.Length, null);
            int? drawn = Draw();
            if (drawn is not { } token)
                return Finish([], FinishReason.Stop, null);
            if (_request.StopTokens.Contains(token))
                return Finish([], FinishReason.Stop, null);
            _written++;
            _text += _decoder.Append(token);
            foreach (string stop in _request.Stop)
            {
                int at = _text.IndexOf(stop, StringComparison.Ordinal);
                if (at >= 0)
                {
                    _text = _text[..(at + (_request.IncludeStop ? stop.Length : 0))];
                    return Finish([token], FinishReason.Stop, stop);
                }
            }
            if (_written == _request.MaxTokens)
                return Finish([token], FinishReason.Length, null);
            int held = 0;
            foreach (string stop in _request.Stop)
            {
                for (int length = 1; length < stop.Length; length++)
                {
                    if (_text.EndsWith(stop[..length], StringComparison.Ordinal))
                        held = Math.Max(held, length);
                }
            }
            return Chunk([token], _text.Length - held);
        }

        private int? Draw()
        {
            int? wanted = _at < _script.Length ? _script[_at++] : _request.IgnoreEnd && _script.Length > 0 ? _script[_at++ % _script.Length] : null;
            if (_constraint is null)
                return wanted;
            if (_constraint.IsComplete || (wanted is null && _constraint.MayEnd))
                return null;
            if (wanted is { } token && _constraint.TryAccept(token))
                return token;
            uint[] mask = new uint[(_tokenizer.VocabularySize + 31) / 32];
            _constraint.FillMask(mask);
            int[] allowed = [.. Enumerable.Range(0, 256).Where(id => (mask[id / 32] >> (id % 32) & 1) != 0)];
            int next = Closers.Select(c => (int)c).Where(allowed.Contains).Append(allowed[0]).First();
            Assert.True(_constraint.TryAccept(next));
            return next;
        }

        private GenerationChunk Finish(int[] tokens, FinishReason reason, string? stop)
        {
            IsOver = true;
            if (stop is null)
                _text += _decoder.Flush();
            return Chunk(tokens, _text.Length) with { Finish = reason, StopText = stop };
        }

        private GenerationChunk Chunk(int[] tokens, int until)
        {
            string text = _text[_given..Math.Max(_given, until)];
            _given += text.Length;
            return new GenerationChunk { Candidate = _index, Text = text, Tokens = tokens, LogProbs = _request.LogProbs is { } top ? [.. tokens.Select(token => Score(token, top))] : [] };
        }
    }
}
