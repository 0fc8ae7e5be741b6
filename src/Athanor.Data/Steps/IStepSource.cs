namespace Athanor.Data.Steps;

/// <summary>The settings of a step: a sealed record that makes the step once for each worker and holds what the workers share.</summary>
public interface IStepSource
{
    /// <summary>Makes the steps' shared parts and returns what makes a step for a worker. Called once a stage, before any work.</summary>
    /// <param name="seed">The recipe's seed.</param>
    /// <exception cref="InvalidDataException">A model or list that the settings name cannot be used; the message says how to mend it.</exception>
    Func<DocumentStep> Prepare(long seed);
}
