using Athanor.Data.Documents;

namespace Athanor.Data.Steps;

/// <summary>
/// One kind of work on one document at a time: it is kept, changed or removed. What becomes of a document depends on the document and the step's settings alone, never on
/// the documents before it, so that workers can share a corpus in any way. A step may keep buffers between documents and serves one worker.
/// </summary>
public abstract class DocumentStep
{
    /// <summary>Names of the numbers that the step computes for each document, kept or not; thresholds can be replayed on them.</summary>
    public virtual IReadOnlyList<string> Signals => [];

    /// <summary>Works on a document.</summary>
    /// <param name="document">The document; a step that changes it puts the new one here.</param>
    /// <param name="signals">Takes the numbers of <see cref="Signals"/>; NaN where one was not computed.</param>
    /// <returns>Why the document is removed, or null where it is kept.</returns>
    public abstract Removal? Apply(ref Document document, Span<float> signals);
}
