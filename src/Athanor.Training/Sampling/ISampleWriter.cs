using Athanor.Models;
using Athanor.Tokenizers;
using Athanor.Training.Batches;

namespace Athanor.Training.Sampling;

/// <summary>Writes texts with a model as it is at the moment. Training knows nothing of engines; whoever puts the tool together gives it one.</summary>
public interface ISampleWriter
{
    /// <summary>Goes on from each prompt.</summary>
    /// <param name="model">The model, whose weights do not change meanwhile.</param>
    /// <param name="frame">The frame of documents in training: prompts begin the way documents did, and texts end so.</param>
    /// <returns>What was written behind each prompt.</returns>
    /// <exception cref="ArgumentException">A prompt is empty and documents have no begin token, or is longer than the model has positions.</exception>
    IReadOnlyList<string> Write(Decoder model, Tokenizer tokenizer, DocumentFrame frame, IReadOnlyList<string> prompts, SamplingSettings settings, CancellationToken cancellation = default);
}
