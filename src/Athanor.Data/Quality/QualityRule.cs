namespace Athanor.Data.Quality;

/// <summary>A bound on a signal: a document whose value lies outside is removed. A value that could not be computed (NaN) violates nothing.</summary>
/// <param name="Signal">The signal, such as <c>datatrove.words</c>; also the rule's name.</param>
/// <param name="Min">The least that is kept.</param>
/// <param name="Max">The most that is kept.</param>
public sealed record QualityRule(string Signal, double? Min = null, double? Max = null)
{
    /// <summary>
    /// The bound that a value violates, or null. Values and bounds are compared in single precision, the precision in which signals are stored, so that a replay decides as the run did.
    /// </summary>
    public double? Violated(float value) => Min is { } min && value < (float)min ? min : Max is { } max && value > (float)max ? max : null;
}
