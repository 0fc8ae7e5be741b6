using Athanor.Data.Documents;

namespace Athanor.Data.Steps;

/// <summary>A step's name within a chain and what makes it for a worker.</summary>
/// <param name="Name">Unique within the chain: <c>length</c>, <c>length#2</c>.</param>
/// <param name="Make">Makes one for a worker.</param>
internal sealed record PreparedStep(string Name, Func<DocumentStep> Make)
{
    /// <summary>Prepares steps in order; those of the same kind are numbered from the second on.</summary>
    public static IReadOnlyList<PreparedStep> Of(IEnumerable<(string Kind, IStepSource Source)> steps, long seed)
    {
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        var prepared = new List<PreparedStep>();
        foreach ((string kind, IStepSource source) in steps)
        {
            int count = counts[kind] = counts.GetValueOrDefault(kind) + 1;
            prepared.Add(new PreparedStep(count == 1 ? kind : FormattableString.Invariant($"{kind}#{count}"), source.Prepare(seed)));
        }
        return prepared;
    }
}

/// <summary>Steps one after another, as one worker has them.</summary>
internal sealed class StepChain
{
    private readonly DocumentStep[] _steps;
    private readonly int[] _from;

    public StepChain(IReadOnlyList<PreparedStep> steps)
    {
        Names = [.. steps.Select(step => step.Name)];
        _steps = [.. steps.Select(step => step.Make())];
        _from = new int[steps.Count + 1];
        var signals = new List<string>();
        for (int i = 0; i < _steps.Length; i++)
        {
            signals.AddRange(_steps[i].Signals.Select(signal => $"{Names[i]}.{signal}"));
            _from[i + 1] = signals.Count;
        }
        Signals = signals;
    }

    public IReadOnlyList<string> Names { get; }

    /// <summary>Signals of all steps, each behind its step's name: <c>length.characters</c>.</summary>
    public IReadOnlyList<string> Signals { get; }

    /// <summary>Works on a document until a step removes it.</summary>
    /// <param name="document">The document, and then what the steps made of it.</param>
    /// <param name="signals">As many as <see cref="Signals"/>; those of steps that were not reached are NaN.</param>
    /// <param name="step">The step that removed it.</param>
    public Removal? Apply(ref Document document, Span<float> signals, out int step)
    {
        signals.Fill(float.NaN);
        for (step = 0; step < _steps.Length; step++)
        {
            try
            {
                if (_steps[step].Apply(ref document, signals[_from[step].._from[step + 1]]) is { } removal)
                    return removal;
            }
            catch (Exception e) when (e is not OperationCanceledException and not IOException and not OutOfMemoryException)
            {
                throw new InvalidOperationException($"The step '{Names[step]}' failed on the document '{document.Id}': {e.Message}", e);
            }
        }
        return null;
    }
}
