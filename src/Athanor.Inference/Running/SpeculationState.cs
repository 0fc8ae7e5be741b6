using System.Diagnostics;
using Athanor.Inference.Speculation;

namespace Athanor.Inference.Running;

/// <summary>Guessing ahead for all texts of an engine: how deep, what it cost, what it gave. Only the engine's thread uses it.</summary>
internal sealed class SpeculationState
{
    private readonly SpeculatorFactory _factory;
    private readonly SpeculationGovernor _governor;
    private readonly List<int> _accepted = [];
    private long _guessing, _guessingBefore;
    private int _asked, _guessers, _askedBefore, _guessersBefore;
    private bool _reads;

    public SpeculationState(EngineOptions options, int treeRows)
    {
        (_factory, TreeRows) = (options.Speculator!, treeRows);
        _governor = new SpeculationGovernor(options.SpeculationDepth);
    }

    /// <summary>Rows of the cache that all trees of a step have together.</summary>
    public int TreeRows { get; }

    /// <summary>How deep the next guesses go.</summary>
    public int Depth => _asked;

    /// <summary>Guesses made, and those that were right.</summary>
    public long Drafted { get; private set; }

    /// <inheritdoc cref="Drafted"/>
    public long Accepted { get; private set; }

    /// <summary>What guesses one text.</summary>
    public ISpeculator Begin(int capacity) => _factory(capacity);

    /// <summary>A step in which something else than single texts is computed says nothing of guessing.</summary>
    public void Reads() => _reads = true;

    /// <summary>A text's guesses were checked.</summary>
    public void Checked(int guesses, int right)
    {
        _accepted.Add(right);
        Drafted += guesses;
        Accepted += right;
    }

    /// <summary>From here on guesses for the next step are made.</summary>
    public void BeginGuesses(int texts)
    {
        (_askedBefore, _guessersBefore, _guessingBefore) = (_asked, _guessers, _guessing);
        (_asked, _guessers, _guessing) = (_governor.Depth(texts), 0, 0);
    }

    /// <summary>Lets a text guess.</summary>
    public void Guess(ISpeculator speculator, in SpeculationPlace place, DraftTree guesses, int most)
    {
        long start = Stopwatch.GetTimestamp();
        guesses.Clear();
        most = Math.Min(most, _asked);
        if (most > 0)
            speculator.Propose(place, guesses, most);
        if (!guesses.IsChain && guesses.Count > TreeRows)
            guesses.Clear();
        _guessers++;
        _guessing += Stopwatch.GetTimestamp() - start;
    }

    /// <summary>The step and the guesses behind it are done.</summary>
    /// <param name="ticks">What both took.</param>
    public void EndStep(long ticks)
    {
        // The guesses that this step checked were made behind the step before.
        if (!_reads && _accepted.Count > 0 && _accepted.Count == _guessersBefore)
            _governor.Measured(_askedBefore, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_accepted), (ticks - _guessing + _guessingBefore) / (double)Stopwatch.Frequency);
        _accepted.Clear();
        _reads = false;
    }
}
