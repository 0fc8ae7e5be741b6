using Athanor.Data.Documents;
using Athanor.Runs.Stages;

namespace Athanor.Data.Stages;

/// <summary>Documents as examples of classes: all of an input are of one, or a metadata field says it.</summary>
internal static class LabelledDocuments
{
    /// <summary>Documents for training with their labels, in the order of the inputs.</summary>
    /// <param name="labels">A label for each input of documents; empty where <paramref name="field"/> says it.</param>
    /// <param name="field">The metadata that holds the label.</param>
    /// <exception cref="InvalidDataException">Labels and inputs do not fit, or a document has no label.</exception>
    public static IEnumerable<(string Label, Document Document)> Read(StageContext context, IReadOnlyList<string> labels, string? field)
    {
        Artifact[] inputs = [.. context.Inputs.Where(input => input.Produces == DataStages.Documents)];
        if (field is null == (labels.Count == 0))
            throw new InvalidDataException("Say what the documents are examples of: labels: a label for each stage in from, in its order; or label_by: the metadata that holds the label.");
        if (field is null && labels.Count != inputs.Length)
            throw new InvalidDataException($"There are {labels.Count} labels for {inputs.Length} stages of documents in from. Write one for each, in the same order; two may be equal.");
        for (int i = 0; i < inputs.Length; i++)
        {
            foreach (Document document in DocumentFile.Read(inputs[i].PathOf(DocumentFile.Name)))
            {
                string label = field is null ? labels[i]
                    : document.Metadata.GetValueOrDefault(field) ?? throw new InvalidDataException($"The document '{document.Id}' has no metadata '{field}' that label_by names.");
                yield return (label, document);
            }
        }
    }
}
