using Athanor.Data.Documents;
using Athanor.Data.Steps;

namespace Athanor.Benchmarks.Data;

/// <summary>Times a step over a corpus in memory.</summary>
internal static class StepTiming
{
    /// <summary>Adds a contestant that takes every document of a corpus through a step.</summary>
    /// <param name="measure">Where it competes.</param>
    /// <param name="name">Its name.</param>
    /// <param name="corpus">The documents.</param>
    /// <param name="source">The step's settings.</param>
    /// <param name="signals">Ask for the step's signals too.</param>
    public static void Add(Measure measure, string name, DocumentCorpus corpus, IStepSource source, bool signals = false)
    {
        DocumentStep step = source.Prepare(1)();
        var values = new float[signals ? step.Signals.Count : 0];
        measure.Add(name, corpus.Megabytes, _ =>
        {
            foreach (Document document in corpus.Documents)
            {
                Document work = document;
                step.Apply(ref work, values);
            }
        });
    }
}
