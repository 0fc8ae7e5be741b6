namespace Athanor.Inference.Running;

/// <summary>A request could not be answered to its end: the model gave no numbers, or a step failed.</summary>
public sealed class InferenceException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The logits behind a token are no numbers.</summary>
    internal static InferenceException NoNumbers(int position, double logSumExp) =>
        new($"The model gave no numbers behind token {position}: log Σ exp of the logits is {logSumExp}. Check its weights.");
}
